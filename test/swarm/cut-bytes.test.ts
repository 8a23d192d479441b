import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutBytes } from '../../swarm/cut-bytes.ts';

/** Of 1, 2, 3 and 4 bytes, with a combining one. */
const texts = fc
  .array(fc.constantFrom('x', '\n', 'é', '\u0301', '€', '😀'), { maxLength: 40 })
  .map((characters) => characters.join(''));

test('whatever the text, what is left is its longest beginning of whole characters that fits', () => {
  fc.assert(
    fc.property(texts, fc.nat(60), (text, bytes) => {
      const characters = [...text];
      const fitting = characters.filter(
        (_, place) => Buffer.byteLength(characters.slice(0, place + 1).join('')) <= bytes,
      );
      expect(cutBytes(text, bytes)).toBe(fitting.join(''));
    }),
  );
});
