/** What the page says of benchmarks, in words: pure functions, so that they can be tested. */
import type { BenchmarkSummary, BenchmarkView } from '../../supervisor/service.ts';
import { time } from './words.ts';

/** The line over all benchmarks. */
export function describeBenchmarks(benchmarks: readonly BenchmarkSummary[]): string {
  const open = benchmarks.filter(({ ended_at }) => ended_at === undefined);
  if (open.length === 0) return 'Benchmarks';
  const waiting = open.filter(({ state }) => state === 'queued').length;
  const counted = [
    [open.length - waiting, 'running'],
    [waiting, 'waiting'],
  ] as const;
  return `Benchmarks (${counted.flatMap(([count, what]) => (count === 0 ? [] : [`${count} ${what}`])).join(', ')})`;
}

/** The line of a benchmark. */
export function describeBenchmark(benchmark: BenchmarkSummary): string {
  const { created_at, backends, state, done, runs, remaining_ms: left } = benchmark;
  const { collector, insight } = backends;
  const where = collector === insight ? collector : `${collector}, ${insight}`;
  const rest = left === undefined ? [] : [`about ${duration(left / 1000)} left`];
  return [time(created_at), where, state, `${done} of ${runs} ${runs === 1 ? 'run' : 'runs'}`, ...rest].join(' · ');
}

/** A part of what is shown of a benchmark that is opened. */
export interface BenchmarkPart {
  head: string;
  text: string;
  /** It says what went wrong. */
  failed?: boolean;
}

/** What is shown of a benchmark that is opened. */
export function tellBenchmark({ request, measured, result, error, folder, ended_at }: BenchmarkView): BenchmarkPart[] {
  const { scenario = 'baseline_vs_chimera', preset, model, design = 'sound' } = request;
  const asked = [preset ?? scenario, ...(model === undefined ? [] : [model]), `${design} design`];
  return [
    { head: 'Asked for', text: asked.join(' · ') },
    ...(measured === undefined || ended_at !== undefined ? [] : [{ head: 'Measured last', text: measured }]),
    ...(error === undefined ? [] : [{ head: 'Failed', text: error, failed: true }]),
    ...(result === undefined ? [] : tellResult(result)),
    { head: 'Files', text: folder },
  ];
}

function tellResult(result: NonNullable<BenchmarkView['result']>): BenchmarkPart[] {
  const { runs, concluded, not_concluded, warnings } = result;
  const lines = runs.map(({ run, wall_time_s: wall, balance_percent: balance, invalid }) => {
    const why = invalid.join('; ');
    if (wall === undefined) return `run ${run}: invalid${why === '' ? '' : ` (${why})`}`;
    const beside = why === '' ? '' : `; other parts are invalid (${why})`;
    const alike = balance === undefined ? '' : `, balance ${balance.toFixed(1)} %`;
    return `run ${run}: ${wall.toFixed(2)} s for both at once${alike}${beside}`;
  });
  const parts = [
    { head: 'Runs', text: lines.join('\n'), failed: result.valid_runs === 0 },
    { head: 'What can be concluded', text: concluded.join('\n') },
    { head: 'What cannot be concluded', text: not_concluded.join('\n') },
    { head: 'Warnings', text: warnings.join('\n') },
  ];
  return parts.filter(({ text }) => text !== '');
}

function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
