/** The gate's promises for any text, any splitting and any set of patterns, against a naive search. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Policy } from '../../policy/policy.ts';
import { wellFormed } from '../../policy/well-formed.ts';
import type { Gate } from '../../supervisor/gate/gate.ts';
import {
  certain,
  endsInsidePair,
  expectedRelease,
  holdback,
  leftmost,
  type Scene,
  scene,
  undecidedLength,
  verdict,
} from './arbitraries.ts';
import { gateOf, listening, objecting, play, searching, selective } from './playing.ts';

const RUNS = { numRuns: 4000 };

/** Policies that object whenever one of their patterns is in the text; every second one looks for itself. */
function objectors({ patterns }: Scene): Policy[] {
  return patterns.map((own, index) => (index % 2 === 0 ? objecting : searching)(`policy-${index}`, own));
}

/** Every beginning of a list, joined. */
function beginnings(list: readonly string[]): string[] {
  return list.map((_, index) => list.slice(0, index + 1).join(''));
}

test('what is released is the text before the leftmost match, however the text is split', () => {
  fc.assert(
    fc.property(scene, ({ text, deltas, patterns }) => {
      const gate = gateOf(objectors({ text, deltas, patterns }));
      const { releases, released, ruling } = play(gate, deltas);
      expect(released).toBe(expectedRelease(text, patterns.flat()));
      expect(beginnings(releases).some(endsInsidePair)).toBe(false);
      expect(ruling?.from).toBe(leftmost(wellFormed(text), patterns.flat()));
      expect(gate.releasedLength).toBe(released.length);
      expect([gate.closed, gate.push('more'), gate.end()]).toEqual([true, { released: '' }, { released: '' }]);
    }),
    RUNS,
  );
});

test('at every moment exactly the undecided end is held back, and a ruling waits for nothing else', () => {
  fc.assert(
    fc.property(scene, (given) => {
      const gate = gateOf(objectors(given));
      for (const [index, read] of beginnings(given.deltas).map(certain).entries()) {
        const ruled = gate.push(given.deltas[index] ?? '').ruling !== undefined;
        expect(momentOf(gate, ruled)).toEqual(expectedMoment(read, given.patterns.flat()));
        if (ruled) break;
      }
    }),
    RUNS,
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

test('a policy may declare patterns that it allows in the end', () => {
  const minds = (pattern: string): boolean => pattern.length > 2;
  fc.assert(
    fc.property(scene, ({ text, deltas, patterns }) => {
      const gate = gateOf(patterns.map((own, index) => selective(`policy-${index}`, own, minds)));
      const minded = patterns.flat().filter(minds);
      const { releases, released, ruling } = play(gate, deltas);
      expect(released).toBe(expectedRelease(text, minded));
      expect(ruling?.from).toBe(leftmost(wellFormed(text), minded));
      expect(beginnings(releases).some(endsInsidePair)).toBe(false);
    }),
    RUNS,
  );
});

test('a gate that resumes goes on as if nothing had happened', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(scene, fc.nat(12), sizes, (given, died, lengths) => {
      const { text, deltas, patterns } = given;
      const before = play(gateOf(objectors(given)), deltas.slice(0, died), false);
      fc.pre(before.ruling === undefined);
      const gate = gateOf(objectors(given), { resumeFrom: before.released });
      expect([gate.releasedLength, gate.heldLength]).toEqual([before.released.length, 0]);
      const after = play(gate, inPieces(text.slice(before.released.length), lengths));
      expect(before.released + after.released).toBe(expectedRelease(text, patterns.flat()));
      expect(after.ruling?.from).toBe(leftmost(wellFormed(text), patterns.flat()));
    }),
    RUNS,
  );
});

function inPieces(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += pieces.at(-1)?.length ?? 1) {
    pieces.push(text.slice(at, at + (lengths[pieces.length % lengths.length] ?? 1)));
  }
  return pieces;
}

test('whoever holds back by count keeps that many characters, whatever the others find', () => {
  fc.assert(
    fc.property(scene, holdback, (given, held) => {
      const gate = gateOf([...objectors(given), listening([], { holdback: held })]);
      const kept = held === 'turn' ? Number.POSITIVE_INFINITY : held;
      const { releases, ruling } = play(gate, given.deltas, false);
      for (const [index, shown] of beginnings(releases).entries()) {
        const read = certain(given.deltas.slice(0, index + 1).join(''));
        expect(shown.length).toBeLessThanOrEqual(Math.max(0, read.length - kept));
      }
      const end = gate.end();
      const all = [...releases, end.released];
      const expected = expectedRelease(given.text, given.patterns.flat());
      const objected = leftmost(wellFormed(given.text), given.patterns.flat()) !== undefined;
      expect((ruling ?? end.ruling) !== undefined).toBe(objected);
      expect(all.join('')).toBe(objected ? expected.slice(0, gate.releasedLength) : expected);
      expect(beginnings(all).some(endsInsidePair)).toBe(false);
    }),
    RUNS,
  );
});

/** What a policy that says anything at any time is made of. */
const caprice = fc.record({
  holdback: fc.option(holdback, { nil: undefined }),
  patterned: fc.boolean(),
  verdicts: fc.array(fc.option(verdict, { nil: undefined, freq: 3 }), { maxLength: 8 }),
  last: fc.option(verdict, { nil: undefined }),
});

test('whatever policies say: what is released is a prefix, in whole pairs, and ends where the ruling says', () => {
  fc.assert(
    fc.property(scene, fc.array(caprice, { maxLength: 3 }), ({ text, deltas, patterns }, caprices) => {
      const gate = gateOf(
        caprices.map(({ holdback: held, patterned, verdicts, last }, index): Policy => {
          const rest = verdicts.values();
          return {
            name: `policy-${index}`,
            ...(held === undefined ? {} : { holdback: held }),
            ...(patterned ? { patterns: patterns[index] ?? ['ab'] } : {}),
            onText: () => rest.next().value,
            onTurnEnd: () => last,
          };
        }),
      );
      const { releases, released, ruling } = play(gate, deltas);
      expect(wellFormed(text).startsWith(released)).toBe(true);
      expect(beginnings(releases).some(endsInsidePair)).toBe(false);
      expect(ruling?.from ?? text.length).toBe(released.length);
      expect(ruling === undefined || ruling.decidedAt >= ruling.from).toBe(true);
      expect([gate.closed, gate.releasedLength]).toEqual([true, released.length]);
    }),
    RUNS,
  );
});
