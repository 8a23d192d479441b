/** How long prompts are taken to be, and what counting them teaches. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Learned } from '../../../supervisor/context/learned.ts';
import { learnedScale, roughTokens } from '../../../supervisor/context/token-estimate.ts';

const tokensIn = (content: string): number => roughTokens([{ role: 'user', content }]) - roughTokens([]) - 8;

test('three letters of Latin text are a token, a Chinese character is one', () => {
  expect(tokensIn('a'.repeat(300))).toBe(100);
  expect(tokensIn('模型'.repeat(50))).toBe(100);
  expect(roughTokens([])).toBe(0);
});

test('a count above the estimate counts at once, one below it by half', () => {
  expect(learnedScale(1, 1000, 1500)).toBe(1.5);
  const once = learnedScale(1, 1000, 750);
  expect(once).toBeCloseTo(0.875);
  const often = Array.from({ length: 30 }).reduce<number>((scale) => learnedScale(scale, 1000, 750), 1);
  expect(often).toBeCloseTo(0.75, 2);
});

test('a short prompt teaches nothing, nor does a server that does not count; no count leads far astray', () => {
  expect([learnedScale(1, 20, 400), learnedScale(1, 1000, 0)]).toEqual([1, 1]);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(100_000), fc.nat(1_000_000)), { maxLength: 20 }), (counts) => {
      const scale = counts.reduce((before, [rough, counted]) => learnedScale(before, rough, counted), 1);
      expect(scale).toBeGreaterThanOrEqual(0.5);
      expect(scale).toBeLessThanOrEqual(4);
    }),
  );
});

test('what is learned is about one model on one backend; but for the scale it holds while the server stays up', () => {
  let timesUp = 1;
  const learned = new Learned(() => timesUp);
  const [one, other] = [
    { backend: 'b', model: 'one' },
    { backend: 'b', model: 'other' },
  ];
  learned.counted(one, 1000, 2000);
  learned.sinceUp(one).context = 2048;
  expect([learned.scale(one), learned.scale(other)]).toEqual([2, 1]);
  expect([learned.sinceUp(one).context, learned.sinceUp(other).context]).toEqual([2048, undefined]);
  timesUp = 2;
  expect([learned.scale(one), learned.sinceUp(one).context]).toEqual([2, undefined]);
});
