/** `repetition`: what counts as going round in circles, and what does not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Policy } from '../../policy/policy.ts';
import { splitting } from '../gate/arbitraries.ts';
import { gateOf, PLACE, play } from '../gate/playing.ts';
import { builtIn } from './built-in-options.ts';

const PHRASE = 'and then we have to look at this again ';
const LINE = 'return nothing;\n';
const tokens = (text: string): string[] => text.match(/\s?\S+|\s/g) ?? [];

test.each([
  ['a phrase', PHRASE.repeat(5), 'the same 8 words 4 times'],
  [
    'a line',
    Array.from({ length: 9 }, (_, index) => `${LINE}this is number ${index}\n`).join(''),
    'the same line 8 times',
  ],
  ['a token', `Well, ${'la'.repeat(60)}`, 'the same characters over and over'],
  ['a character', 'aaaa'.repeat(20), 'the same characters over and over'],
  ['a long row of marks', '!'.repeat(220), 'the same characters over and over'],
])('%s over and over', (_, text, what) => {
  for (const deltas of [[text], tokens(text), text.split('')]) {
    const { ruling } = play(gateOf([builtIn('repetition')]), deltas);
    expect(ruling?.verdict).toMatchObject({
      action: 'interject',
      text: expect.stringContaining('You repeated yourself'),
    });
    if (deltas.length > 1) expect(ruling?.verdict).toMatchObject({ text: expect.stringContaining(what) });
  }
});

test.each([
  ['prose', 'It was the best of times, it was the worst of times, it was the age of wisdom.'],
  ['a rule', `Title\n${'-'.repeat(80)}\n${'='.repeat(80)}\n`],
  ['a table', `| a | b | c |\n|${' --- |'.repeat(20)}\n`],
  ['brackets', '    }\n'.repeat(7)],
  ['white space', ' '.repeat(300)],
])('%s is fine', (_, text) => {
  for (const deltas of [[text], text.split('')])
    expect(play(gateOf([builtIn('repetition')]), deltas).released).toBe(text);
});

test('it can cut instead, and counts as it is told', () => {
  const policy = builtIn('repetition', { action: 'cut', words: 2, repeats: 3 });
  const { ruling, released } = play(gateOf([policy]), tokens('ab cd, ab cd, ab cd, ab cd, ab cd'));
  expect(ruling?.verdict).toEqual({ action: 'cut', reason: 'the answer repeats itself: the same 2 words 3 times' });
  expect(released.length).toBeLessThan('ab cd, ab cd, ab cd, ab cd'.length);
});

test('what lies far back is forgotten', () => {
  const between = (part: number): string => Array.from({ length: 300 }, (_, index) => `w${part}x${index}`).join(' ');
  const text = [0, 1, 2, 3, 4].map((part) => `${PHRASE}${between(part)} `).join('');
  expect(play(gateOf([builtIn('repetition')]), tokens(text)).ruling).toBeUndefined();
});

test.each([[{ words: 1 }], [{ repeats: 1 }], [{ action: 'block' }], [{ word: 3 }]])('%j is refused', (options) => {
  expect(() => builtIn('repetition', options)).toThrow(/^options/);
});

/** The naive answer: all of the window is looked at, its whole words and whole lines. */
function lookedAt(text: string, delta: string, limits: { words: number; repeats: number; lines: number }) {
  if (!/\s/.test(delta)) return undefined;
  const start = Math.max(0, text.length - delta.length - 1500);
  const lines = [...text.matchAll(/[^\n]*\n/g)].filter(({ 0: line, index }) => index + line.search(/\S/) >= start);
  const trimmed = lines.map(([line]) => line.trim()).filter(({ length }) => length >= 12);
  if (trimmed.some((line) => trimmed.filter((other) => other === line).length >= limits.lines)) return 'line';
  const words = [...text.matchAll(/\S+(?=\s)/g)].filter(({ index }) => index >= start).map(([word]) => word);
  const phrases = words.map((_, index) => words.slice(index, index + limits.words));
  const whole = phrases.filter(({ length }) => length === limits.words).map((phrase) => phrase.join(' '));
  const isTooOften = (phrase: string): boolean => occurrences(whole, phrase, limits.words) >= limits.repeats;
  return whole.some((phrase) => /[\p{L}\p{N}]/u.test(phrase) && isTooOften(phrase)) ? 'words' : undefined;
}

/** Those that do not overlap. */
function occurrences(phrases: readonly string[], wanted: string, length: number): number {
  const first = phrases.indexOf(wanted);
  return first < 0 ? 0 : 1 + occurrences(phrases.slice(first + length), wanted, length);
}

function said(policy: Policy, text: string, delta: string): string | undefined {
  const verdict = policy.onText?.({ ...PLACE, text, delta, match: undefined, matches: [] });
  const words = JSON.stringify(verdict ?? '');
  return /the same (line|\d+ words)/.exec(words)?.[1]?.replace(/\d+ /, '');
}

test('read delta by delta, or all at once after a restart, it finds what a look at the whole window finds', () => {
  const word = fc.constantFrom('a', 'b', 'to be', '--', 'the same line', '\u00e9');
  const space = fc.constantFrom(' ', '\n', '  ', '\t', '\n\n ', '\u00a0');
  const long = Array.from({ length: 300 }, (_, index) => index).join('-');
  const far = fc.constantFrom(long, ' '.repeat(400), `${'unlike '.repeat(3)}x${long}`, '\n');
  const piece = fc.oneof(
    { weight: 6, arbitrary: word },
    { weight: 6, arbitrary: space },
    { weight: 1, arbitrary: far },
  );
  const texts = fc.array(piece, { maxLength: 50 }).map((pieces) => pieces.join(''));
  const split = texts.chain((text) => fc.tuple(fc.constant(text), splitting(text)));
  const limits = fc.record({ words: fc.integer({ min: 2, max: 4 }), repeats: fc.integer({ min: 2, max: 4 }) });
  const settings = fc.tuple(limits, fc.integer({ min: 2, max: 4 })).map(([some, lines]) => ({ ...some, lines }));
  fc.assert(
    fc.property(split, settings, ([, deltas], given) => {
      const warm = builtIn('repetition', { ...given, tokens: 90 });
      let text = '';
      for (const delta of deltas.filter((one) => one !== '')) {
        text += delta;
        const expected = lookedAt(text, delta, given);
        expect(said(warm, text, delta)).toBe(expected);
        expect(said(builtIn('repetition', { ...given, tokens: 90 }), text, delta)).toBe(expected);
      }
    }),
    { numRuns: 400 },
  );
});
