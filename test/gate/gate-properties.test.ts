/** The gate's promises for any text, any splitting and any set of patterns, against a naive search. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Policy } from '../../policy/policy.ts';
import { wellFormed } from '../../policy/well-formed.ts';
import type { Gate } from '../../supervisor/gate/gate.ts';
import {
  anyText,
  certain,
  endsInsidePair,
  expectedRelease,
  leftmost,
  patterns,
  splitting,
  undecidedLength,
  verdict,
} from './arbitraries.ts';
import { gateOf, listening, objecting, play, searching } from './playing.ts';

const RUNS = 4000;

/** Policies that object whenever one of their patterns is in the text, each in one of two ways of finding that out. */
const patternPolicies = fc
  .array(fc.tuple(patterns, fc.boolean()), { minLength: 1, maxLength: 3 })
  .map((list) => list.map(([own, looks], index) => (looks ? searching : objecting)(`policy-${index}`, own)));

const splitText = anyText.chain((text) => fc.tuple(fc.constant(text), splitting(text)));

function patternsOf(policies: readonly Policy[]): string[] {
  return policies.flatMap((policy) => policy.patterns ?? []);
}

/** Every beginning of a list, joined. */
function beginnings(list: readonly string[]): string[] {
  return list.map((_, index) => list.slice(0, index + 1).join(''));
}

test('what is released is the text before the leftmost match, however the text is split', () => {
  fc.assert(
    fc.property(patternPolicies, splitText, (policies, [text, deltas]) => {
      const gate = gateOf(policies);
      const { releases, released, ruling } = play(gate, deltas);
      expect(released).toBe(expectedRelease(text, patternsOf(policies)));
      expect(beginnings(releases).some(endsInsidePair)).toBe(false);
      expect(ruling?.from).toBe(leftmost(wellFormed(text), patternsOf(policies)));
      expect(gate.releasedLength).toBe(released.length);
      expect([gate.closed, gate.push('more'), gate.end()]).toEqual([true, { released: '' }, { released: '' }]);
    }),
    { numRuns: RUNS },
  );
});

test('at every moment exactly the undecided end is held back, and a ruling waits for nothing else', () => {
  fc.assert(
    fc.property(patternPolicies, splitText, (policies, [, deltas]) => {
      const gate = gateOf(policies);
      for (const [index, read] of beginnings(deltas).map(certain).entries()) {
        const ruled = gate.push(deltas[index] ?? '').ruling !== undefined;
        expect(momentOf(gate, ruled)).toEqual(expectedMoment(read, patternsOf(policies)));
        if (ruled) break;
      }
    }),
    { numRuns: RUNS },
  );
});

function momentOf(gate: Gate, ruled: boolean) {
  return { ruled, text: gate.text, released: gate.releasedLength, held: gate.heldLength, closed: gate.closed };
}

function expectedMoment(text: string, wanted: readonly string[]) {
  const undecidedFrom = text.length - undecidedLength(text, wanted);
  const start = leftmost(text, wanted) ?? Number.POSITIVE_INFINITY;
  const ruled = start <= undecidedFrom;
  const released = Math.min(start, undecidedFrom);
  return { ruled, text, released, held: text.length - released, closed: ruled };
}

test('a gate that resumes goes on as if nothing had happened', () => {
  const lives = splitText.chain(([text, deltas]) =>
    fc.tuple(
      fc.constant(text),
      fc.constant(deltas),
      fc.nat(deltas.length),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
    ),
  );
  fc.assert(
    fc.property(patternPolicies, lives, (policies, [text, deltas, died, lengths]) => {
      const before = play(gateOf(policies), deltas.slice(0, died), false);
      fc.pre(before.ruling === undefined);
      const gate = gateOf(policies, { resumeFrom: before.released });
      expect(gate.releasedLength).toBe(before.released.length);
      const again: string[] = [];
      for (let at = before.released.length; at < text.length; at += again.at(-1)?.length ?? 0) {
        again.push(text.slice(at, at + (lengths.next().value ?? 1)));
      }
      const after = play(gate, again);
      expect(before.released + after.released).toBe(expectedRelease(text, patternsOf(policies)));
      expect(after.ruling?.from).toBe(leftmost(wellFormed(text), patternsOf(policies)));
    }),
    { numRuns: RUNS },
  );
});

test('whoever holds back by count keeps that many characters, whatever the others find', () => {
  const holdback = fc.oneof(fc.constant('turn' as const), fc.nat(12));
  fc.assert(
    fc.property(patternPolicies, holdback, splitText, (policies, held, [text, deltas]) => {
      const gate = gateOf([...policies, listening([], { holdback: held })]);
      const kept = held === 'turn' ? Number.POSITIVE_INFINITY : held;
      const { releases, ruling } = play(gate, deltas, false);
      for (const [index, shown] of beginnings(releases).entries()) {
        const read = certain(deltas.slice(0, index + 1).join(''));
        expect(shown.length).toBeLessThanOrEqual(Math.max(0, read.length - kept));
      }
      const end = gate.end();
      const released = releases.join('') + end.released;
      const expected = expectedRelease(text, patternsOf(policies));
      const objected = leftmost(wellFormed(text), patternsOf(policies)) !== undefined;
      expect((ruling ?? end.ruling) !== undefined).toBe(objected);
      expect(objected ? expected.slice(0, released.length) : expected).toBe(released);
      expect(beginnings(releases).some(endsInsidePair)).toBe(false);
    }),
    { numRuns: RUNS },
  );
});

/** Policies that say anything at any time. */
const capriciousPolicy = fc
  .record(
    {
      patterns,
      holdback: fc.oneof(fc.constant('turn' as const), fc.nat(12)),
      verdicts: fc.array(fc.option(verdict, { nil: undefined, freq: 3 }), { maxLength: 8 }),
      last: fc.option(verdict, { nil: undefined }),
    },
    { requiredKeys: ['verdicts', 'last'] },
  )
  .map(({ verdicts, last, ...rest }) => {
    let calls = 0;
    const policy: Policy = { name: 'capricious', ...rest, onText: () => verdicts[calls++], onTurnEnd: () => last };
    return policy;
  });

test('whatever policies say: what is released is a prefix, in whole pairs, and ends where the ruling says', () => {
  fc.assert(
    fc.property(fc.array(capriciousPolicy, { maxLength: 3 }), splitText, (policies, [text, deltas]) => {
      const gate = gateOf(policies);
      const { releases, released, ruling } = play(gate, deltas);
      expect(wellFormed(text).startsWith(released)).toBe(true);
      expect(beginnings(releases).some(endsInsidePair)).toBe(false);
      expect(ruling?.from ?? wellFormed(text).length).toBe(released.length);
      expect(ruling === undefined || ruling.decidedAt >= ruling.from).toBe(true);
      expect([gate.closed, gate.releasedLength]).toEqual([true, released.length]);
    }),
    { numRuns: RUNS },
  );
});
