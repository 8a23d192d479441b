/** Recommended tiers: only from true speed-ups, and only where their intervals tell configurations apart. */
import { holm, unpairedRatio } from '../statistics/comparison.ts';
import { centre } from './parts.ts';
import type { SoundFigures } from './sound.ts';

export interface Tiers {
  /** Best first; empty: none can be recommended, and `why`. */
  tiers: { tier: number; configurations: string[] }[];
  why: string;
}

const ALPHA = 0.05;
/** A true speed-up that is smaller by less than this is no reason to prefer another, however certain. */
const MATTERS = 0.99;

/** `sound`: undefined when nothing was measured but concurrent runs. */
export function tiers(sound: SoundFigures | undefined): Tiers {
  const samples = (sound?.configurations ?? [])
    .map(({ name, blockSpeedups }) => ({ name, speedups: blockSpeedups }))
    .filter(({ speedups }) => speedups.length > 0)
    .sort((one, other) => (centre(other.speedups) ?? 0) - (centre(one.speedups) ?? 0));
  const [best, ...others] = samples;
  if (best === undefined)
    return none('no true speed-up was measured: efficiency shows balance, which is no reason to prefer one');
  if (others.length === 0) {
    const isOnly = sound?.configurations.length === 1;
    return none(
      isOnly
        ? 'there is one configuration only, and nothing to prefer it to'
        : `${best.name} is the only configuration with a valid true speed-up, and there is nothing to prefer it to`,
    );
  }
  if (samples.some(({ speedups }) => speedups.length < 2))
    return none('a configuration has one block only: no interval');
  const ratios = others.map(({ speedups }) => unpairedRatio(best.speedups, speedups));
  const ps = holm(ratios.map((compared) => compared?.p));
  const worse = others.filter((_, at) => (ps[at] ?? 1) < ALPHA && (ratios[at]?.ratio ?? 1) < MATTERS);
  if (worse.length === 0)
    return none(`no configuration is told apart from the best (${best.name}) by more than 1 % at 95 %, after Holm`);
  const alike = others.filter((one) => !worse.includes(one));
  const names = (of: readonly { name: string }[]): string[] => of.map(({ name }) => name);
  return {
    tiers: [
      { tier: 1, configurations: names([best, ...alike]) },
      { tier: 2, configurations: names(worse) },
    ],
    why: "Tier 1: the best true speed-up and all that are not told apart from it; tier 2: worse by more than 1 %, at 95 % (Welch's t on logarithms, Holm)",
  };
}

function none(why: string): Tiers {
  return { tiers: [], why };
}
