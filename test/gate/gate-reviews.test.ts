/** Texts that somebody reviews before they are shown: withheld whole until then, whatever else is found in them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Policy, Verdict } from '../../policy/policy.ts';
import { createGate, type Gate } from '../../supervisor/gate/gate.ts';
import { callHook } from '../../supervisor/policies/verdict.ts';
import { splitting } from './arbitraries.ts';
import { objecting, PLACE } from './playing.ts';

const REVIEWER: Policy = { name: 'reviewer', review: async () => undefined };
const MASKS: Policy = {
  name: 'masks',
  patterns: ['secret'],
  onText: ({ matches }) => matches.map(({ from, to }) => ({ action: 'redact', from, to, mask: '*' })),
};

/** What a gate made of a text before, and by, these verdicts of the reviewer. */
function reviewed(deltas: readonly string[], verdicts: readonly Verdict[], others: readonly Policy[] = []) {
  const loaded = [REVIEWER, ...others].map((policy) => ({ name: policy.name, version: '1', policy }));
  const gate: Gate = createGate({ policies: loaded, judge: callHook, place: PLACE });
  const steps = [...deltas.map((delta) => gate.push(delta)), gate.end()];
  const before = steps.map(({ released }) => released).join('');
  const ruling = steps.find((step) => step.ruling)?.ruling;
  const [by] = loaded;
  return { gate, before, ruling, step: () => gate.settle(new Map(by && [[by, verdicts]])) };
}

const pieces = fc.array(fc.constantFrom('a', 'secret', 'se', 'cret', 'ERROR', ' ', '\u{1F600}'), { maxLength: 12 });
const scenes = pieces.map((list) => list.join('')).chain((text) => fc.tuple(fc.constant(text), splitting(text)));

test('nothing is shown before; then all of it, with every mask', () => {
  fc.assert(
    fc.property(scenes, ([text, deltas]) => {
      const { gate, before, step } = reviewed(deltas, [], [MASKS]);
      expect([before, gate.text, gate.withheld()]).toEqual(['', text, text.replaceAll('secret', '*')]);
      expect(step().released).toBe(text.replaceAll('secret', '*'));
      expect([gate.heldLength, step()]).toEqual([0, { released: '' }]);
    }),
  );
});

test('a verdict shows what stands before it, masked, and no more', () => {
  fc.assert(
    fc.property(scenes, fc.nat(40), ([text, deltas], at) => {
      const { step } = reviewed(deltas, [{ action: 'cut', reason: 'r', from: at }], [MASKS]);
      const { released, ruling } = step();
      expect(ruling).toMatchObject({ policy: 'reviewer', verdict: { action: 'cut' } });
      const from = ruling?.from ?? -1;
      expect(from).toBeLessThanOrEqual(Math.min(at, text.length));
      expect(released).not.toContain('secret');
      if (!text.includes('secret')) expect(text.slice(0, from)).toBe(released);
    }),
  );
});

test('without a beginning it withholds all', () => {
  const { step } = reviewed(['abc'], [{ action: 'interject', text: 'Again.' }]);
  expect(step()).toMatchObject({ released: '', ruling: { from: 0 } });
});

test('what another policy objects to meanwhile shows nothing of the text', () => {
  const { before, ruling } = reviewed(['abc ERR', 'OR'], [], [objecting('other', ['ERROR'])]);
  expect([before, ruling?.policy, ruling?.from]).toEqual(['', 'other', 0]);
});

test('nor at the end of the turn, nor by the reviewer itself', () => {
  const atEnd: Policy = { name: 'at-end', onTurnEnd: () => ({ action: 'cut', reason: 'r', from: 2 }) };
  expect(reviewed(['abcd'], [], [atEnd]).before).toBe('');
  const both = { ...REVIEWER, ...objecting('reviewer', ['ERROR']) };
  const gate = createGate({ policies: [{ name: 'a', version: '1', policy: both }], judge: callHook, place: PLACE });
  expect([gate.push('abc ERROR d').released, gate.closed]).toEqual(['', true]);
});

test('its masks join those of others', () => {
  const { step } = reviewed(['a secret b'], [{ action: 'redact', from: 0, to: 4, mask: '#' }], [MASKS]);
  expect(step().released).toBe('# b');
});
