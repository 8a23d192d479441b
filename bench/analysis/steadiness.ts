/** Configurations whose wall times differ from run to run so much that times as such say little. */
import type { ConfigurationFigures } from './rows.ts';

export interface Unsteady {
  name: string;
  /** Of the wall times of its valid runs, percent. */
  cv: number;
}

const STEADY_PERCENT = 20;

/** The least steady first. */
export function steadiness(configurations: readonly ConfigurationFigures[]): Unsteady[] {
  const all = configurations.map(({ name, valid }) => ({ name, cv: valid.wallS?.cv ?? 0 }));
  return all.filter(({ cv }) => cv > STEADY_PERCENT).sort((one, other) => other.cv - one.cv);
}
