/** What `--status` says of benchmarks: a line when one is measured, is being stopped, or waits; nothing when all have ended. Pure. */
import { printable } from './printable.ts';
import type { BenchmarkHealth } from './stack-client.ts';

const DOING: Readonly<Record<string, string>> = {
  running: 'is measured',
  stopping: 'is being stopped',
  queued: 'waits',
};

/** At most one line: of the one that is at work, or else of the first in the queue. `benchmarks`: the newest first. */
export function benchmarkLines(benchmarks: readonly BenchmarkHealth[]): string[] {
  const open = benchmarks.filter(({ state }) => Object.hasOwn(DOING, state));
  const told = open.find(({ state }) => state !== 'queued') ?? open.at(-1);
  if (told === undefined) return [];
  const { benchmark, state, done, runs, remaining_ms: left } = told;
  const time = left === undefined ? '' : `, about ${duration(left / 1000)} left`;
  const more = open.length === 1 ? '' : `; ${open.length - 1} more ${open.length === 2 ? 'waits' : 'wait'}`;
  return [
    `benchmark ${printable(benchmark)} ${DOING[state]}: ${done} of ${runs} ${runs === 1 ? 'run' : 'runs'} done${time}${more}`,
  ];
}

function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
