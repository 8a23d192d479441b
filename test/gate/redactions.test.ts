/** What the gate makes of redactions: rule by rule, and for any text, any splitting and any spans. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Policy, RedactVerdict } from '../../policy/policy.ts';
import { wellFormed } from '../../policy/well-formed.ts';
import type { Gate } from '../../supervisor/gate/gate.ts';
import { endsInsidePair, leftmost, type Scene, scene } from './arbitraries.ts';
import { gateOf, judging, listening, objecting, play } from './playing.ts';

const redact = (from: number, to: number, mask = '#', more: Partial<RedactVerdict> = {}): RedactVerdict => ({
  ...{ action: 'redact', from, to, mask },
  ...more,
});

/** Masks every occurrence of its words; it holds back enough to see them whole. */
function masking(name: string, words: readonly string[], mask: string): Policy {
  const longest = Math.max(...words.map(({ length }) => length));
  const find = ({ text }: { text: string }) => occurrences(text, words).map(([from, to]) => redact(from, to, mask));
  return { name, holdback: longest, onText: find };
}

function occurrences(text: string, words: readonly string[]): [number, number][] {
  return Array.from(text, (_, index) => index)
    .concat(Array.from({ length: text.length }, (_, index) => index))
    .filter((at, index, all) => all.indexOf(at) === index)
    .flatMap((at) =>
      words.filter((word) => text.startsWith(word, at)).map((word): [number, number] => [at, at + word.length]),
    );
}

/** The naive answer: overlapping occurrences are one, each is its mask. */
function expectedMasked(text: string, words: readonly string[], mask: string, end = text.length): string {
  let [shown, at] = ['', 0];
  const spans: [number, number][] = [];
  for (const [from, to] of occurrences(text, words).sort(([a], [b]) => a - b)) {
    const last = spans.at(-1);
    if (last !== undefined && from < last[1]) last[1] = Math.max(last[1], to);
    else spans.push([from, to]);
  }
  for (const [from, to] of spans.filter(([start]) => start < end)) {
    shown += text.slice(at, from) + mask;
    at = Math.min(to, end);
  }
  return shown + text.slice(at, end);
}

/** Whole words of a scene: a span inside a pair would be widened, which another test is about. */
function wordsOf(given: Scene, index: number): string[] {
  return given.patterns[index] ?? ['ab'];
}

const isWhole = (word: string): boolean => wellFormed(word) === word;
const RUNS = { numRuns: 3000 };

describe('whatever the splitting', () => {
  test('what is released is the text with exactly the spans masked', () => {
    fc.assert(
      fc.property(scene, (given) => {
        const words = wordsOf(given, 0).filter(isWhole);
        fc.pre(words.length > 0);
        const gate = gateOf([masking('mask', words, '<*>')]);
        const { releases, released } = play(gate, given.deltas);
        expect(released).toBe(expectedMasked(wellFormed(given.text), words, '<*>'));
        expect(releases.some((_, index) => endsInsidePair(releases.slice(0, index + 1).join('')))).toBe(false);
        expect([gate.releasedLength, gate.heldLength]).toEqual([given.text.length, 0]);
      }),
      RUNS,
    );
  });

  test('a policy that cuts where a word begins clips what is masked there', () => {
    fc.assert(
      fc.property(scene, (given) => {
        const words = wordsOf(given, 0).filter(isWhole);
        const cutters = wordsOf(given, 1);
        fc.pre(words.length > 0);
        const gate = gateOf([masking('mask', words, '<*>'), objecting('cutter', cutters)]);
        const { released, ruling } = play(gate, given.deltas);
        const text = wellFormed(given.text);
        const cut = leftmost(text, cutters);
        // What the masking policy still held back is withheld with the rest.
        const whole = expectedMasked(text, words, '<*>', cut);
        if (cut === undefined) expect(released).toBe(whole);
        else expect(whole.startsWith(released)).toBe(true);
        expect(ruling?.from ?? text.length).toBe(gate.releasedLength);
      }),
      RUNS,
    );
  });

  test('no character of a span is released, also when policies redact at random; masks are told where they stand', () => {
    const span = fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 9 }), fc.constantFrom('', '#', '<*>'));
    fc.assert(
      fc.property(scene, fc.array(fc.array(span, { maxLength: 3 }), { maxLength: 12 }), (given, script) => {
        const rest = script.values();
        const say = () => rest.next().value?.map(([from, length, mask]) => redact(from, from + length, mask));
        const gate = gateOf([{ name: 'random', holdback: 3, onText: say, onTurnEnd: say }]);
        expect(unmasked(gate, given.deltas)).toBe(wellFormed(given.text));
      }),
      RUNS,
    );
  });
});

/** What was released with every mask, where it is said to stand, replaced by what it is said to stand for. */
function unmasked(gate: Gate, deltas: readonly string[]): string {
  let raw = '';
  for (const step of [...deltas.map((delta) => () => gate.push(delta)), () => gate.end()]) {
    const { released, redactions = [] } = step();
    let at = 0;
    for (const { at: place, mask, from, to } of redactions) {
      raw += released.slice(at, place);
      expect([released.slice(place, place + mask.length), raw.length]).toEqual([mask, from]);
      raw += gate.text.slice(from, to);
      at = place + mask.length;
    }
    raw += released.slice(at);
    expect(raw.length).toBe(gate.releasedLength);
  }
  return raw;
}

describe('a span', () => {
  const always = (...verdicts: RedactVerdict[]): Policy => ({ name: 'a', holdback: 0, onText: () => verdicts });

  test('that overlaps others is one with them, with the mask of the earliest, and secret if one of them is', () => {
    const spans = [redact(4, 6, 'late', { isSecret: true }), redact(1, 3, 'early'), redact(2, 5, 'middle')];
    const { redactions } = gateOf([always(...spans)]).push('0123456789');
    expect(redactions).toEqual([
      { policy: 'a', version: 'a-v1', reason: 'redacted', mask: 'early', isSecret: true, from: 1, to: 6, at: 1 },
    ]);
  });

  test('that begins where another one does: the policy that comes first in the configuration counts', () => {
    const [one, other] = [always(redact(1, 3, 'one')), { ...always(redact(1, 5, 'other')), name: 'b' }];
    expect(gateOf([one, other]).push('0123456789').released).toBe('0one56789');
    expect(gateOf([other, one]).push('0123456789').released).toBe('0other56789');
  });

  test('beside another one stays apart', () => {
    expect(gateOf([always(redact(1, 3), redact(3, 5))]).push('0123456').released).toBe('0##56');
  });

  test('that touches the end of what was read waits, and may grow', () => {
    const gate = gateOf([{ name: 'a', holdback: 0, onText: ({ text }) => redact(2, text.replace(/ .*/, '').length) }]);
    expect(['abcd', 'ef', ' gh'].map((delta) => gate.push(delta).released)).toEqual(['ab', '', '# gh']);
  });

  test('is released when the turn ends, and a verdict at the end counts', () => {
    const gate = gateOf([{ name: 'a', holdback: 'turn', onTurnEnd: () => redact(2, 99) }]);
    expect(play(gate, ['abcd', 'ef'])).toMatchObject({ releases: ['', '', 'ab#'] });
  });

  test('that lies before what is released is nothing, and one that begins there is clipped', () => {
    const gate = gateOf([{ name: 'a', holdback: 0, onText: ({ text }) => (text === 'ab' ? undefined : redact(0, 4)) }]);
    expect(['ab', 'cdef', 'gh'].map((delta) => gate.push(delta).released)).toEqual(['ab', '#ef', 'gh']);
  });

  test('is widened to whole characters', () => {
    expect(gateOf([always(redact(2, 4))]).push('a\u{1F600}\u{1F601}b').released).toBe('a#b');
  });

  test('in which a cut lies is masked up to there; the rest of it stays masked in what is withheld', () => {
    const cut: Policy = judging('cut', () => true, { action: 'cut', reason: 'Enough.', from: 4 }, { holdback: 0 });
    const gate = gateOf([always(redact(2, 6)), cut]);
    expect(gate.push('0123456789')).toMatchObject({ released: '01#', ruling: { from: 4 }, redactions: [{ to: 4 }] });
    expect(gate.withheld()).toBe('#6789');
  });

  test('is judged by all policies as the model wrote it', () => {
    const seen: Parameters<typeof listening>[0] = [];
    gateOf([always(redact(1, 3)), listening(seen)]).push('01234');
    expect(seen.map(({ text }) => text)).toEqual(['01234']);
  });

  test('does not keep a block from coming at once', () => {
    const block = judging('block', (text) => text.length > 4, { action: 'block', reason: 'No.' }, { holdback: 0 });
    const gate = gateOf([always(redact(1, 4)), block]);
    expect(gate.push('0123')).toEqual({ released: '0' });
    expect(gate.push('45')).toMatchObject({ released: '', ruling: { from: 1 } });
  });
});
