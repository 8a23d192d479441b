import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutBytes } from '../../swarm/cut-bytes.ts';

test('whatever the text, what is left is its longest beginning of whole characters that fits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), fc.nat(60), (text, bytes) => {
      const characters = [...text];
      const fitting = characters.filter(
        (_, place) => Buffer.byteLength(characters.slice(0, place + 1).join('')) <= bytes,
      );
      expect(cutBytes(text, bytes)).toBe(fitting.join(''));
    }),
  );
});
