/** What results leave open, and that a report says so: wide intervals, times that differ, prompts out of a cache, another model. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analyse } from '../../bench/analysis/analysis.ts';
import { markdown } from '../../bench/report/markdown.ts';
import { report } from '../../bench/report/report.ts';
import type { MetricsFile } from '../../bench/results/metrics-file.ts';
import { readResults } from '../../bench/results/read.ts';
import { otherModel } from '../../bench/run/server-report.ts';
import { put } from './published.ts';
import { writeScalingOf, writeSound } from './sound-results.ts';
import { folder } from './two-simulators.ts';

/** Runs of two agents on two servers, changed by number of the run. */
function changed(stretch: readonly number[], change: (run: MetricsFile, number: number) => MetricsFile) {
  const path = folder();
  writeSound(path, { a: 2, b: 2, servers: 'two' }, stretch);
  for (const [at, { path: file, content }] of readResults(path).runs.entries()) {
    put(join(path, file), change(content, at + 1));
  }
  return analyse(readResults(path));
}

const unchanged = (run: MetricsFile): MetricsFile => run;
const textsOf = (sentences: readonly { text: string }[]): string => sentences.map(({ text }) => text).join('\n');

test('an interval that holds gains and losses concludes nothing of the speed-up', () => {
  const { verdict } = changed([1, 1, 1], (run, number) => ({
    ...run,
    measurements: run.measurements.map((one) =>
      one.kind === 'serial' ? { ...one, wall_time_s: one.wall_time_s * number ** 2 } : one,
    ),
  }));
  expect(textsOf(verdict.concluded)).not.toContain('true speed-up');
  expect(textsOf(verdict.notConcluded)).toMatch(
    /Whether running the agents at once gains anything: the true speed-up of 3 blocks is .* lies anywhere in 0\..* is balance, and does not tell it/,
  );
});

test('one block concludes nothing of the speed-up, nor of how much agents slow each other down', () => {
  const { verdict } = changed([1], unchanged);
  expect(textsOf(verdict.concluded)).not.toMatch(/true speed-up|times as long as alone/);
  const open = textsOf(verdict.notConcluded);
  expect(open).toMatch(
    /gains anything: the true speed-up of 1 block is 2\.000, and one block has no interval\. Measure/,
  );
  expect(open).toContain(
    'Whether the other slows an agent down: a took 1.000 times as long as alone (one block: no interval), b took 1.000',
  );
  expect(open).toContain('How much runs differ: every configuration has one run only');
  expect(textsOf([...verdict.concluded, ...verdict.notConcluded])).not.toContain('–)');
});

test('a slowdown is concluded of the agent whose interval tells it', () => {
  const { verdict } = changed([1, 1, 1], (run, number) => ({
    ...run,
    measurements: run.measurements.map((one) => ({
      ...one,
      agents: one.agents.map((agent) => {
        const factor = agent.agent === 'a' ? 1.5 + number / 100 : number / 2;
        return one.kind === 'solo' ? agent : { ...agent, execution_time_s: agent.execution_time_s * factor };
      }),
    })),
  }));
  expect(textsOf(verdict.concluded)).toMatch(/takes this many times as long as alone: a 1\.52\d \(1\.\d+ … 1\.\d+\)\./);
  expect(textsOf(verdict.notConcluded)).toMatch(
    /slows an agent down: b took 0\.9\d+ times .* \(95 %: 0\.\d+ … \d\.\d+\)/,
  );
});

test.each([
  [
    { runtime: 'serial-1kb' },
    'a mutex lets one agent work at a time (--runtime serial).',
    '| serial-1kb | – | – | – | – | – | – |',
  ],
  [
    { settings: { max_concurrent: 1 } },
    'one call was made at a time (--max-concurrent 1).',
    '| – | – | – | – | 1 | – |',
  ],
  [{ settings: { stagger_ms: 300 } }, 'agents began 300 ms after each other', '| – | – | – | – | – | 300 |'],
])('agents that the benchmark itself held back: %j', (given, why, row) => {
  const analysis = changed([1, 1.01, 0.99], (run) => ({ ...run, ...given }));
  expect(textsOf(analysis.verdict.notConcluded)).toContain(`the benchmark itself held them back: ${why}`);
  expect(markdown(report(analysis, undefined))).toContain(row);
  const free = { settings: { max_concurrent: 2, stagger_ms: 0 } };
  const { verdict } = changed([1, 1.01, 0.99], (run) => ({ ...run, ...free }));
  expect(textsOf(verdict.notConcluded)).not.toContain('held them back');
});

test('a curve that explains little names no best number of agents', () => {
  const path = folder();
  const measured = new Map([
    [1, 50],
    [2, 106],
    [4, 100],
    [8, 99],
  ]);
  writeScalingOf(path, [1, 2, 4, 8], (count) => measured.get(count) ?? 0);
  const { verdict, scaling } = analyse(readResults(path));
  expect(scaling[0]?.law?.explained).toBeLessThan(0.8);
  expect(scaling[0]?.law?.peak).toBeGreaterThan(0);
  expect(textsOf(verdict.concluded)).toMatch(/Scaling: σ = \d\.\d+, κ = \d\.\d+\. .*believe the points rather/);
  expect(textsOf(verdict.concluded)).not.toContain('highest');
});

test('a clear gain is concluded', () => {
  const { verdict } = changed([1, 1.01, 0.99], unchanged);
  expect(textsOf(verdict.concluded)).toContain('Running the agents at once is faster: true speed-up 2.000');
  expect(textsOf(verdict.notConcluded)).not.toMatch(/gains anything|Times as such/);
});

test('wall times that differ much from run to run', () => {
  const analysis = changed([1, 2, 1.5], unchanged);
  expect(analysis.steadiness).toEqual([{ name: expect.any(String), cv: expect.closeTo(33.33, 1) }]);
  expect(textsOf(analysis.verdict.notConcluded)).toContain('W differs from run to run by a CV of 33 %.');
});

test('prompts that the server still had', () => {
  const cached = (run: MetricsFile, isCached: (kind: string) => boolean): MetricsFile => ({
    ...run,
    schedule: run.schedule.map((call) => ({
      ...call,
      metrics: {
        ...call.metrics,
        prompt_tokens: 400,
        cached_prompt_tokens: isCached(call.kind) ? 399 : 0,
        prompt_eval_duration_ms: isCached(call.kind) ? 50 : 6000,
      },
    })),
  });
  const some = changed([1, 1], (run) => cached(run, (kind) => kind !== 'solo'));
  expect(some.promptCache).toEqual({ calls: 24, cached: 16, cachedMs: 50, uncachedMs: 6000 });
  expect(textsOf(some.verdict.notConcluded)).toMatch(
    /in 16 of 24 calls the server still had .* \(median 50 ms to read it, instead of 6000 ms\)\. Parts with and without/,
  );
  const all = changed([1, 1], (run) => cached(run, () => true));
  expect(textsOf(all.verdict.notConcluded)).toMatch(/in all calls the server still had/);
  const none = changed([1, 1], (run) => cached(run, () => false));
  expect(textsOf(none.verdict.notConcluded)).not.toContain('still had');
  expect(changed([1, 1], unchanged).promptCache).toBeUndefined();
});

test('one configuration is not ranked against itself', () => {
  const text = markdown(report(changed([1, 1], unchanged), undefined));
  expect(text).not.toMatch(/Top five|Bottom three|Order by mean/);
});

test('a llama-server that has another model than the one that was asked for', () => {
  const facts = { url: 'http://x', protocol: 'openai', kind: 'llama-server', simulated: false } as const;
  expect(otherModel('A', 'gemma3:latest', { ...facts, model: 'mine.gguf' })).toEqual([
    'A: gemma3:latest was asked for; http://x has mine.gguf loaded, and answers with that',
  ]);
  expect(otherModel('A', 'mine.gguf', { ...facts, model: 'mine.gguf' })).toEqual([]);
  expect(otherModel('A', 'mine.gguf', facts)).toEqual([]);
});
