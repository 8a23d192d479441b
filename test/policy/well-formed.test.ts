/** Text without half surrogate pairs, and the nearest name to a misspelt one. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearestName } from '../../policy/nearest-name.ts';
import { isWellFormed, wellFormed } from '../../policy/well-formed.ts';

const units = fc.array(fc.constantFrom('a', '\uD83D', '\uDE00', '\uFFFD', '\u0301')).map((list) => list.join(''));

test('lone surrogates become U+FFFD, as in UTF-8, and nothing moves', () => {
  fc.assert(
    fc.property(units, (text) => {
      expect(wellFormed(text)).toBe(Buffer.from(text, 'utf8').toString('utf8'));
      expect(wellFormed(text).length).toBe(text.length);
      expect(isWellFormed(text)).toBe(wellFormed(text) === text);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['polcies', ['policies', 'agents'], 'policies'],
  ['ONTEXT', ['onTurnEnd', 'onText'], 'onText'],
  ['form', ['action', 'from'], 'from'],
  ['temperature', ['text', 'from'], undefined],
  ['anything', [], undefined],
])('%s among %j is %s', (name, known, nearest) => {
  expect(nearestName(name, known)).toBe(nearest);
});
