/** What the benchmark of the policies measures is what it says it measures, and multiagent.md has its table with every policy. */
import { expect, test } from 'vitest';
import { deltasOf, englishText } from '../../../bench/costs/english.ts';
import { policyCases } from '../../../bench/costs/policy-cases.ts';
import { addedDelays, DELTA_MS, deltaCosts } from '../../../bench/costs/policy-costs.ts';
import { BUILT_IN_POLICIES } from '../../../policy/built-in.ts';
import { MULTIAGENT } from '../../documentation/code-blocks.ts';

test('the text is always the same, of the wanted length, in deltas of about four characters', () => {
  const text = englishText(4000);
  expect(text).toHaveLength(4000);
  expect(englishText(200_000).startsWith(text)).toBe(true);
  const deltas = deltasOf(text);
  expect(deltas.join('')).toBe(text);
  expect(text.length / deltas.length).toBeCloseTo(4, 0);
});

test('a delay is the time from a delta to its release', () => {
  const text = englishText(400);
  const onText = () => undefined;
  expect(new Set(addedDelays([], text))).toEqual(new Set([0]));
  expect(new Set(addedDelays([{ name: 'none', holdback: 0, onText }], text))).toEqual(new Set([0]));
  const whole = addedDelays([{ name: 'whole', holdback: 'turn', onText }], text);
  expect(whole).toHaveLength(400);
  expect(whole[0]).toBe(deltasOf(text).length * DELTA_MS);
  expect(whole.at(-1)).toBe(DELTA_MS);
});

test('the deltas at the end of the turn are timed, and a policy that objects is an error', () => {
  const text = englishText(3000);
  const costs = deltaCosts([{ name: 'none', holdback: 0, onText: () => undefined }], text, 2);
  expect(costs.length).toBeGreaterThan(2 * 200);
  expect(costs.length).toBeLessThan(2 * 300);
  const objecting = { name: 'objecting', onText: () => ({ action: 'cut', reason: 'no' }) as const };
  expect(() => deltaCosts([objecting], text, 1)).toThrow('objecting objects');
});

test('every built-in policy is measured, and its row says what it holds back now', () => {
  const cases = policyCases();
  expect(new Set(cases.map(({ policy }) => policy.name))).toEqual(new Set(BUILT_IN_POLICIES.keys()));
  const table = MULTIAGENT.slice(MULTIAGENT.indexOf('<!-- measured: policies -->'));
  for (const { name, holdback } of cases) {
    const row = `| ${name.replace(/^[\w-]+/, '`$&`')} | ${holdback} |`;
    expect(table, 'run: npm run bench:policies -- --write').toContain(row);
  }
});
