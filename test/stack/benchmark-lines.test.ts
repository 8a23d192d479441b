import { expect, test } from 'vitest';
import { benchmarkLines } from '../../stack/benchmark-lines.ts';

const queued = { benchmark: 'c', state: 'queued', done: 0, runs: 5 };
const running = { benchmark: 'b', state: 'running', done: 1, runs: 3, remaining_ms: 13_200 };
const ended = { benchmark: 'a', state: 'finished', done: 2, runs: 2 };

test.each([
  [[], []],
  [[ended], []],
  [[{ ...queued, runs: 1 }], ['benchmark c waits: 0 of 1 run done']],
  [[running, ended], ['benchmark b is measured: 1 of 3 runs done, about 14 s left']],
  [[queued, running], ['benchmark b is measured: 1 of 3 runs done, about 14 s left; 1 more waits']],
  [
    [queued, queued, { ...running, remaining_ms: undefined }],
    ['benchmark b is measured: 1 of 3 runs done; 2 more wait'],
  ],
  [[{ ...running, remaining_ms: 600_000 }], ['benchmark b is measured: 1 of 3 runs done, about 10 min left']],
  [[{ ...running, remaining_ms: 9_000_000 }], ['benchmark b is measured: 1 of 3 runs done, about 2.5 h left']],
  [
    [queued, { ...running, state: 'stopping' }],
    ['benchmark b is being stopped: 1 of 3 runs done, about 14 s left; 1 more waits'],
  ],
  // The newest comes first: that one has been waiting longest.
  [[{ ...queued, benchmark: 'd' }, queued], ['benchmark c waits: 0 of 5 runs done; 1 more waits']],
])('%j', (benchmarks, lines) => {
  expect(benchmarkLines(benchmarks)).toEqual(lines);
});
