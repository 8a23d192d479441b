/** `repetition`: what counts as going round in circles, and what does not. */
import { expect, test } from 'vitest';
import { gateOf, play } from '../gate/playing.ts';
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
