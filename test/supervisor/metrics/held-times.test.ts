/** How long text waits in a gate. */
import { expect, test } from 'vitest';
import { HeldTimes } from '../../../supervisor/metrics/held-times.ts';

test.each<[string, [length: number, released: number, now: number, waited: number | undefined][]]>([
  [
    'what goes through at once waited not at all',
    [
      [5, 5, 0, undefined],
      [9, 9, 10, undefined],
    ],
  ],
  [
    'the oldest part that is released counts',
    [
      [5, 0, 0, undefined],
      [9, 0, 10, undefined],
      [12, 9, 30, 30],
      [12, 12, 35, 5],
    ],
  ],
  [
    'a part that is released by half waits on',
    [
      [5, 2, 0, undefined],
      [9, 4, 10, undefined],
      [9, 9, 20, 20],
    ],
  ],
  [
    'nothing came, nothing went',
    [
      [0, 0, 0, undefined],
      [0, 0, 5, undefined],
    ],
  ],
])('%s', (_, steps) => {
  const times = new HeldTimes();
  for (const [length, released, now, waited] of steps) expect(times.read(length, released, now)).toBe(waited);
});
