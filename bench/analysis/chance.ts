/** How the analysis draws at random: fixed seed and counts, said in every report, so that the same files give the same figures. */
import { seededRandom } from '../statistics/random.ts';

export const CHANCE = { seed: 114, resamples: 5_000, permutations: 50_000 } as const;

/** A fresh source for each use, so that no figure depends on which others were computed. */
export function freshRandom(): () => number {
  return seededRandom(CHANCE.seed);
}
