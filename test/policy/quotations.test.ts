/** What a judge quotes of a withheld answer. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutQuotations } from '../../policy/quotations.ts';

const ANSWER = "The code is 4711; it opens the door at Baker's, Donaudampfschifffahrt.";

test.each([
  ['It gives away that the code is 4711.', 'It gives away that ….'],
  ['It says “4711” and ‘opens’.', 'It says “…” and ‘…’.'],
  ['It names Donaudampfschifffahrt.', 'It names ….'],
  ['It speaks of a door and a code.', 'It speaks of a door and a code.'],
  ['THE CODE IS 4711 it opens the door!', '…!'],
  ['code is', '…'],
  ['', ''],
])('%j becomes %j', (words, expected) => {
  expect(withoutQuotations(words, ANSWER, '')).toBe(expected);
});

test('what others have said as well is told', () => {
  expect(withoutQuotations('It asks what the code is.', ANSWER, 'Please: the code is?')).toBe(
    'It asks what the code is.',
  );
});

test('a long answer takes no long time', () => {
  const long = 'many different words '.repeat(50_000);
  const began = performance.now();
  withoutQuotations('what is said of it '.repeat(100), long, long);
  // About 100 ms; the words of the answer found anew for each of its own would take a minute.
  expect(performance.now() - began).toBeLessThan(20_000);
});

test('whatever is written around it, a row of three words of the answer is not left', () => {
  const word = fc.stringMatching(/^[a-z]{2,6}$/);
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 3, maxLength: 9 }),
      fc.array(word),
      fc.array(word),
      (answer, before, after) => {
        const told = withoutQuotations([...before, ...answer, ...after].join(' '), answer.join(' '), '');
        expect(` ${told} `).not.toContain(` ${answer.slice(0, 3).join(' ')} `);
      },
    ),
  );
});
