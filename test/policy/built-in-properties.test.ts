/** What holds for every built-in policy, alone and in any set, whatever the text and however it is split. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Policy } from '../../policy/policy.ts';
import { wellFormed } from '../../policy/well-formed.ts';
import { splitting } from '../gate/arbitraries.ts';
import { gateOf, PLACE, play } from '../gate/playing.ts';
import { builtIn, everyBuiltIn } from './built-in-options.ts';

const PIECES = [
  'a',
  'b',
  'c',
  ' ',
  '\n',
  'ERROR',
  'ERR',
  'b c',
  'é',
  'слово ',
  '\u{1F600}',
  '{"a":1}',
  'the same words ',
  '\uD83D',
];
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 24 }).map((pieces) => pieces.join(''));
const scene = text.chain((whole) => fc.record({ text: fc.constant(whole), deltas: splitting(whole) }));
const TIGHT = { run: { turns: 2, tokens: 2, ms: 900 }, chat: { turns: 2, tokens: 2, ms: 900 } };
const NOTHING = { turns: 0, tokens: 0, ms: 0 };
const spent = fc.constantFrom(TIGHT, { run: NOTHING, chat: NOTHING });

function check(policies: readonly Policy[], whole: string, deltas: readonly string[], place: typeof PLACE): void {
  const outcome = play(gateOf(policies, { place }), deltas);
  const read = wellFormed(whole);
  expect(read.startsWith(outcome.released)).toBe(true);
  if (outcome.ruling === undefined) expect(outcome.released).toBe(read);
  else expect(outcome.ruling.from).toBe(outcome.released.length);
  expect(play(gateOf(policies, { place }), deltas)).toEqual(outcome);
}

test.each(everyBuiltIn().map((policy, index) => [`${policy.name} ${index}`, policy] as const))(
  '%s alone: prefixes, deterministic, nothing lost without a ruling',
  (_name, policy) => {
    fc.assert(
      fc.property(scene, spent, ({ text: whole, deltas }, used) =>
        check([policy], whole, deltas, { ...PLACE, spent: used } as typeof PLACE),
      ),
      { numRuns: 200 },
    );
  },
);

test('random sets of them', () => {
  const sets = fc.uniqueArray(fc.constantFrom(...everyBuiltIn()), {
    minLength: 2,
    maxLength: 6,
    selector: ({ name }) => name,
  });
  fc.assert(
    fc.property(scene, spent, sets, ({ text: whole, deltas }, used, policies) =>
      check(policies, whole, deltas, { ...PLACE, spent: used } as typeof PLACE),
    ),
    { numRuns: 300 },
  );
});

test('with off-topic nothing of a forbidden word is shown, however the text is split', () => {
  const policy = builtIn('off-topic', { forbidden: ['abc', 'b c'] });
  const forbidden = /(?<![\p{L}\p{M}\p{N}_])(abc|b\sc)(?![\p{L}\p{M}\p{N}_])/iu;
  const words = fc.array(fc.constantFrom('abc', 'ABC', 'b c', 'b', 'c', ' ', 'x', '\n'), { maxLength: 16 });
  const scenes = words.map((list) => list.join('')).chain((whole) => fc.tuple(fc.constant(whole), splitting(whole)));
  fc.assert(
    fc.property(scenes, ([whole, deltas]) => {
      const { released, ruling } = play(gateOf([policy]), deltas);
      expect(ruling !== undefined).toBe(forbidden.test(whole));
      const found = forbidden.exec(whole);
      expect(found === null ? released === whole : released.length <= found.index + 2).toBe(true);
    }),
    { numRuns: 500 },
  );
});
