/** Which regular expressions may be searched in a stream, and what is said of the others. */
import { expect, test } from 'vitest';
import { boundPattern } from '../../../policy/patterns/bounded-pattern.ts';

const GRIN = '\u{1F600}';
/** As a value: the compiler's target knows no such literals. */
const SETS = 'v';

test.each<[RegExp, number]>([
  [/ERROR/, 5],
  [/error/i, 5],
  [/a{1,5}b/, 6],
  [/\bx\b/, 1],
  [/(?<=a)b/, 1],
  [/a(?=bc)/, 1],
  [/^x/m, 1],
  [/x$/, 1],
  [/[^a-z]|cat/, 3],
  [/\u{1F600}{3}/u, 6],
  [new RegExp(`${GRIN}!`), 3],
  [new RegExp('[\\p{L}--[a-z]]', SETS), 2],
  [/(?<name>ab){2}/g, 4],
  [/sk-[A-Za-z0-9]{20,60}/, 63],
  [/[a-z]{1,64}@[a-z]{1,64}\.com/, 133],
  [/a{1,500}b/, 501],
])('%s is accepted, at most %d units', (expression, longest) => {
  expect(boundPattern(expression).widths.max).toBe(longest);
});

test.each<[RegExp, string]>([
  [/foo.*bar/, '".*" has no greatest length'],
  [/a+/, '"a+" has no greatest length; give it one, for example "a{1,40}"'],
  [/(a+)+$/, 'has no greatest length'],
  [/a{2,}/, 'has no greatest length'],
  [/x(?!a*)/, '"a*" has no greatest length'],
  [/(a)\1/, 'the back-reference "\\1" is not supported'],
  [/a?/, 'it matches the empty text'],
  [/(?=a)/, 'it matches the empty text'],
  [/a|/, 'it matches the empty text'],
  [/a{1,2000}/, 'a match can be 2000 characters long'],
  [/x(?=.{1000})/, 'a match can be 1001 characters long, lookarounds included'],
  [/(a{1,12}){1,12}b/, 'it could try one text in very many ways'],
  [/(a|a){1,25}b/, 'it could try one text in very many ways'],
  [/ab/y, 'the flag "y"'],
  [new RegExp(`[${GRIN}]`), 'half a surrogate pair'],
  [/\uD83D/, 'half a surrogate pair'],
  [new RegExp('[\\q{abc}]', SETS), 'stands for several characters'],
])('%s is refused: %s', (expression, reason) => {
  expect(() => boundPattern(expression)).toThrow(reason);
});
