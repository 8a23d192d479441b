import { expect, test } from 'vitest';
import type { BenchmarkView } from '../../../supervisor/service.ts';
import { describeBenchmark, describeBenchmarks, tellBenchmark } from '../../../ui/page/benchmark-words.ts';

const backends = { collector: 'left', insight: 'right' };
const running: BenchmarkView = {
  benchmark: 'b',
  state: 'running',
  backends,
  done: 1,
  runs: 3,
  remaining_ms: 13_200,
  created_at: new Date(2026, 0, 2, 3, 4, 5).getTime(),
  request: { backends, scenario: 'chimera_homo', model: 'gemma3' },
  folder: '/data/benchmarks/b',
  measured: 'run 2, solo a',
  first_seq: 7,
};
const { remaining_ms: _, measured: __, ...rest } = running;
const ended: BenchmarkView = { ...rest, state: 'finished', done: 3, ended_at: running.created_at + 1000 };

test('the line over all benchmarks tells what is not over', () => {
  const queued: BenchmarkView = { ...rest, state: 'queued' };
  expect(describeBenchmarks([])).toBe('Benchmarks');
  expect(describeBenchmarks([ended])).toBe('Benchmarks');
  expect(describeBenchmarks([ended, running])).toBe('Benchmarks (1 running)');
  expect(describeBenchmarks([queued, queued, running])).toBe('Benchmarks (1 running, 2 waiting)');
  expect(describeBenchmarks([queued])).toBe('Benchmarks (1 waiting)');
});

test.each([
  [running, '03:04:05 · left, right · running · 1 of 3 runs · about 14 s left'],
  [{ ...running, remaining_ms: 600_000 }, '03:04:05 · left, right · running · 1 of 3 runs · about 10 min left'],
  [{ ...running, remaining_ms: 9_000_000 }, '03:04:05 · left, right · running · 1 of 3 runs · about 2.5 h left'],
  [ended, '03:04:05 · left, right · finished · 3 of 3 runs'],
  [{ ...ended, backends: { collector: 'one', insight: 'one' } }, '03:04:05 · one · finished · 3 of 3 runs'],
  [{ ...ended, done: 0, runs: 1 }, '03:04:05 · left, right · finished · 0 of 1 run'],
])('a benchmark in a line %#', (benchmark, line) => {
  expect(describeBenchmark(benchmark)).toBe(line);
});

test('what is shown of one while it is measured, and of one that failed', () => {
  const asked = { head: 'Asked for', text: 'chimera_homo · gemma3 · sound design' };
  const files = { head: 'Files', text: '/data/benchmarks/b' };
  expect(tellBenchmark(running)).toEqual([asked, { head: 'Measured last', text: 'run 2, solo a' }, files]);
  const failed: BenchmarkView = { ...ended, state: 'failed', error: 'left is down', measured: 'run 2, solo a' };
  expect(tellBenchmark(failed)).toEqual([asked, { head: 'Failed', text: 'left is down', failed: true }, files]);
});

test('what came of it: each run, what can be concluded and what cannot', () => {
  const result = {
    runs: [
      { run: 1, wall_time_s: 1.234, balance_percent: 99.87, invalid: [], disturbed_calls: 0 },
      { run: 2, invalid: ['timeout: no end after 5 s'], disturbed_calls: 0 },
      { run: 3, wall_time_s: 2, balance_percent: 90, invalid: ['connection: ECONNRESET'], disturbed_calls: 0 },
    ],
    valid_runs: 2,
    disturbed_runs: 0,
    concluded: ['This.', 'That.'],
    not_concluded: ['The other.'],
    warnings: [],
    summary: [],
  };
  expect(tellBenchmark({ ...ended, request: { backends, preset: 'peak', design: 'legacy' }, result })).toEqual([
    { head: 'Asked for', text: 'peak · legacy design' },
    {
      head: 'Runs',
      text: [
        'run 1: 1.23 s for both at once, balance 99.9 %',
        'run 2: invalid (timeout: no end after 5 s)',
        'run 3: 2.00 s for both at once, balance 90.0 %; other parts are invalid (connection: ECONNRESET)',
      ].join('\n'),
      failed: false,
    },
    { head: 'What can be concluded', text: 'This.\nThat.' },
    { head: 'What cannot be concluded', text: 'The other.' },
    { head: 'Files', text: '/data/benchmarks/b' },
  ]);
});
