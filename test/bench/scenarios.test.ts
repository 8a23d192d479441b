/** The scenarios: who gets which options, ids and labels of the original, warnings of its documents. */
import { expect, test } from 'vitest';
import type { ScenarioName } from '../../bench/choices.ts';
import { antiPatterns } from '../../bench/run/anti-patterns.ts';
import { callOptionsOf, scenarioOf } from '../../bench/scenarios.ts';

const ONE = { num_gpu: 80, num_ctx: 512, temperature: 0.8 };

test('a baseline without options beside a chimera', () => {
  expect(scenarioOf('baseline_vs_chimera', ONE, { num_gpu: 7 }).agents).toEqual([
    { id: 'collector', label: 'Baseline Collector', options: {} },
    { id: 'insight', label: 'Chimera Insight', options: ONE },
  ]);
});

test('a chimera without options is told: it is a second baseline', () => {
  expect(scenarioOf('baseline_vs_chimera', {}, ONE).warnings).toEqual([
    expect.stringMatching(/^effectively baseline against baseline: no --chimera-/),
  ]);
  expect(scenarioOf('baseline_vs_chimera', ONE, {}).warnings).toEqual([]);
});

test('two alike', () => {
  const { agents, warnings } = scenarioOf('chimera_homo', ONE, { num_gpu: 7 });
  expect(agents).toEqual([
    { id: 'chimera_a', label: 'Chimera Agent A', options: ONE },
    { id: 'chimera_b', label: 'Chimera Agent B', options: ONE },
  ]);
  expect(warnings).toEqual([]);
});

test('two that differ: what B is not given it has from A', () => {
  const { agents, warnings } = scenarioOf('chimera_hetero', ONE, { num_gpu: 100, num_ctx: 1024 });
  expect(agents[1].options).toEqual({ num_gpu: 100, num_ctx: 1024, temperature: 0.8 });
  expect(warnings).toEqual([]);
});

test.each([[{}], [{ num_gpu: 80 }]])('two that should differ and do not: %j', (second) => {
  expect(scenarioOf('chimera_hetero', ONE, second).warnings).toEqual([
    expect.stringContaining('effectively homogeneous'),
  ]);
});

test('options of a call; what is absent is not sent', () => {
  expect(callOptionsOf({ num_gpu: -1, top_p: 0.9 }, 64, undefined)).toEqual({ numGpu: -1, topP: 0.9, maxTokens: 64 });
});

test.each([
  ['baseline_vs_chimera', { num_gpu: 120 }, 2, /num_gpu 120.*anti-pattern 1/],
  ['chimera_homo', { temperature: 0.6 }, 2, /temperature 0.6.*anti-pattern 2/],
  ['chimera_homo', { num_gpu: 80 }, 1, /one server.*anti-pattern 3/],
  ['chimera_homo', { num_gpu: 60 }, 2, /num_gpu 60.*anti-pattern 4/],
] as [ScenarioName, object, number, RegExp][])(
  '%s %j on %d servers is warned of with its source',
  (name, options, servers, text) => {
    expect(antiPatterns(scenarioOf(name, options, {}), servers)).toEqual([expect.stringMatching(text)]);
  },
);

test('the recommended configuration is not warned of', () => {
  expect(antiPatterns(scenarioOf('chimera_homo', { num_gpu: 80, num_ctx: 2048, temperature: 1 }, {}), 2)).toEqual([]);
});
