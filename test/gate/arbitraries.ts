/**
 * What the properties of the gate are tried on: texts of few symbols, so that patterns are met often; pairs that share a half,
 * combining characters, lone halves; and the naive answers that the gate is held against.
 */
import fc from 'fast-check';
import type { Verdict } from '../../policy/policy.ts';
import { wellFormed } from '../../policy/well-formed.ts';

/** U+1F600 and U+1F601 share their high surrogate, U+1FA00 shares the low one of U+1F600. */
const WELL_FORMED_SYMBOLS = ['a', 'b', 'c', '\u{1F600}', '\u{1F601}', '\u{1FA00}', 'e\u0301', '\u0301', '\uFFFD'];
const LONE_SURROGATES = ['\uD83D', '\uD83E', '\uDE00'];

const symbol = fc.constantFrom(...WELL_FORMED_SYMBOLS);
const anySymbol = fc.oneof(
  { weight: 5, arbitrary: symbol },
  { weight: 1, arbitrary: fc.constantFrom(...LONE_SURROGATES) },
  { weight: 6, arbitrary: fc.constantFrom('a', 'b') },
);

const denseSymbol = fc.constantFrom('a', 'b');
const stem = fc.oneof(
  fc.string({ unit: symbol, minLength: 2, maxLength: 6 }),
  fc.string({ unit: denseSymbol, minLength: 2, maxLength: 6 }),
);

/** A part of one of the stems, in whole code points; often all of it. */
function partOf(stems: readonly string[]): fc.Arbitrary<string> {
  return fc.tuple(fc.constantFrom(...stems), fc.nat(2), fc.nat(2)).map(([one, before, after]) => {
    const symbols = [...one];
    return symbols.slice(before, Math.max(before + 1, symbols.length - after)).join('');
  });
}

/** Patterns of one policy: stems, parts of them, and parts that go on differently. */
function patternsFrom(stems: readonly string[]): fc.Arbitrary<string[]> {
  const extended = fc.tuple(partOf(stems), symbol).map(([part, next]) => part + next);
  const pattern = fc.oneof(fc.constantFrom(...stems), partOf(stems), extended).filter((one) => one !== '');
  return fc.array(pattern, { minLength: 1, maxLength: 4 });
}

/** Symbols and parts of the stems, so that patterns are begun, met and missed. */
function textFrom(stems: readonly string[]): fc.Arbitrary<string> {
  const pieces = fc.oneof({ weight: 3, arbitrary: anySymbol }, { weight: 1, arbitrary: partOf(stems) });
  return fc.array(pieces, { maxLength: 16 }).map((list) => list.join(''));
}

/** A text, how it is split, and the patterns of one to three policies. */
export interface Scene {
  text: string;
  deltas: string[];
  patterns: string[][];
}

export const scene: fc.Arbitrary<Scene> = fc
  .array(stem, { minLength: 1, maxLength: 3 })
  .chain((stems) =>
    fc
      .tuple(textFrom(stems), fc.array(patternsFrom(stems), { minLength: 1, maxLength: 3 }))
      .chain(([text, patterns]) =>
        fc.record({ text: fc.constant(text), deltas: splitting(text), patterns: fc.constant(patterns) }),
      ),
  );

/** Divides a text at random places, inside surrogate pairs too, sometimes with empty deltas. */
export function splitting(text: string): fc.Arbitrary<string[]> {
  const everywhere = fc.constant(text.split(''));
  const somewhere = fc.array(fc.nat(text.length), { maxLength: 12 }).map((places) => {
    const sorted = [0, ...places.sort((a, b) => a - b), text.length];
    return sorted.slice(1).map((end, index) => text.slice(sorted[index], end));
  });
  return fc.oneof({ weight: 1, arbitrary: everywhere }, { weight: 3, arbitrary: somewhere });
}

/** Start of the leftmost occurrence of any pattern; undefined without one. */
export function leftmost(text: string, wanted: readonly string[]): number | undefined {
  const starts = wanted.map((one) => text.indexOf(one)).filter((start) => start >= 0);
  return starts.length === 0 ? undefined : Math.min(...starts);
}

/** What readers may see of `text` in the end. */
export function expectedRelease(text: string, wanted: readonly string[]): string {
  const whole = wellFormed(text);
  return whole.slice(0, leftmost(whole, wanted) ?? whole.length);
}

/** Length of the longest end of `text` that is a proper prefix of a pattern. */
export function undecidedLength(text: string, wanted: readonly string[]): number {
  const lengths = wanted.flatMap((one) => Array.from({ length: one.length }, (_, length) => length));
  const fitting = lengths.filter((length) =>
    wanted.some((one) => length < one.length && text.endsWith(one.slice(0, length))),
  );
  return Math.max(0, ...fitting);
}

/** What is certain of a text whose next delta is still to come: all but a high surrogate at its end. */
export function certain(text: string): string {
  return wellFormed(/[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text);
}

export function endsInsidePair(text: string): boolean {
  return /[\uD800-\uDBFF]$/.test(text);
}

/** Any verdict, its `from` often where no text is. */
export const verdict: fc.Arbitrary<Verdict> = fc.oneof(
  fc.record(
    { action: fc.constant('interject' as const), text: fc.constant('Again.'), from: fc.nat(50) },
    { requiredKeys: ['action', 'text'] },
  ),
  fc.record(
    { action: fc.constant('cut' as const), reason: fc.constant('Enough.'), from: fc.nat(50) },
    { requiredKeys: ['action', 'reason'] },
  ),
  fc.record({ action: fc.constant('block' as const), reason: fc.constant('No.') }),
);

export const holdback: fc.Arbitrary<number | 'turn'> = fc.oneof(fc.constant('turn' as const), fc.nat(12));
