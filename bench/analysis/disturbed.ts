/** Runs of a benchmark inside a stack that others disturbed; warm-ups do not count. Pure. */
import type { MetricsFile } from '../results/metrics-file.ts';
import type { ReadFile } from '../results/read.ts';
import type { Figures } from './figures.ts';

export function disturbedRuns(runs: readonly ReadFile<MetricsFile>[]): Figures['disturbed'] {
  return runs.flatMap(({ path: file, content: { schedule } }) => {
    const counted = schedule.filter(({ kind }) => kind !== 'warm_up');
    const calls = counted.filter((call) => call.disturbed_by_turns === true).length;
    return calls === 0 ? [] : [{ file, calls, of: counted.length }];
  });
}
