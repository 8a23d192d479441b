/** The ideal efficiency out of the simulators' own words. */
import { expect, test } from 'vitest';
import type { LoggedRequest } from '../../../agent/backend/simulator/request-log.ts';
import { pairUp } from '../../../bench/costs/dual-ideal.ts';

/** `tokens` of an answer, and how many milliseconds it took. */
function call(tokens: number, took: number): LoggedRequest {
  const times = { started: 1000, firstTokenAt: null, endedAt: 1000 + took };
  return { id: 1, ...times, outcome: 'completed', messages: [], tokensSent: tokens };
}

const PACE = { ttftMs: 100, tokensPerSecond: 10 };

test('alike: 100 % by the pace, and what was kept of it by the logs', () => {
  const [first, ...more] = pairUp(
    [
      [call(11, 1100), call(11, 1100)],
      [call(11, 1000), call(11, 980)],
    ],
    PACE,
  );
  expect(more).toEqual([]);
  expect(first?.configured).toBe(100);
  expect(first?.kept).toBeCloseTo((50 * (2200 + 1980)) / 2200, 9);
});

test('one instance has half as much to say; runs in their order, half a run is none', () => {
  const long = [call(11, 1100), call(11, 1100)];
  const short = [call(1, 100), call(11, 1100)];
  const ideals = pairUp(
    [
      [...long, ...long, call(1, 1)],
      [...long, ...short],
    ],
    PACE,
  );
  expect(ideals.map(({ configured }) => configured)).toEqual([100, (50 * 3400) / 2200]);
});
