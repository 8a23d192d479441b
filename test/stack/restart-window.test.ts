import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addRestart, type CountedRestart, forgiveRestart, RESTART_LIMITS } from '../../stack/restart-window.ts';

const limits = { intensity: 5, periodMs: 30_000, backOffMs: 200, longestBackOffMs: 5000 };

/** Adds restarts at these times, after the gaps that are given; returns what was decided each time. */
function decide(gaps: readonly number[], given = limits) {
  let at = 0;
  let restarts: readonly CountedRestart[] = [];
  return gaps.map((gap, index) => {
    at += gap;
    const decision = addRestart(restarts, { id: String(index), at }, given);
    restarts = decision.restarts;
    return { at, delayMs: decision.delayMs };
  });
}

describe('the restart window', () => {
  it('allows five restarts in thirty seconds, each later than the one before', () => {
    expect(RESTART_LIMITS).toMatchObject({ intensity: 5, periodMs: 30_000 });
    const delays = decide([0, 0, 0, 0, 0, 0]).map(({ delayMs }) => delayMs);
    expect(delays).toEqual([0, 200, 400, 800, 1600, undefined]);
  });

  it('forgets what is older than the period', () => {
    expect(decide([0, 0, 0, 0, 0, 30_000]).at(-1)?.delayMs).toBe(0);
    expect(decide([0, 0, 0, 0, 0, 29_999]).at(-1)?.delayMs).toBeUndefined();
  });

  it('never counts what was forgiven', () => {
    const five = [1, 2, 3, 4, 5].map((id) => ({ id: String(id), at: 0 }));
    expect(addRestart(five, { id: '6', at: 1 }, limits).delayMs).toBeUndefined();
    expect(addRestart(forgiveRestart(five, '3'), { id: '6', at: 1 }, limits).delayMs).toBe(1600);
    expect(forgiveRestart(five, 'another')).toEqual(five);
  });

  const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 40 });
  const anyLimits = fc.record({
    intensity: fc.integer({ min: 0, max: 8 }),
    periodMs: fc.integer({ min: 1, max: 60_000 }),
    backOffMs: fc.integer({ min: 0, max: 1000 }),
    longestBackOffMs: fc.integer({ min: 0, max: 10_000 }),
  });

  it('gives up exactly when a period holds more restarts than allowed', () => {
    fc.assert(
      fc.property(gaps, anyLimits, (given, drawn) => {
        const decisions = decide(given, drawn);
        for (const [index, { at, delayMs }] of decisions.entries()) {
          const inPeriod = decisions.slice(0, index + 1).filter((earlier) => at - earlier.at < drawn.periodMs).length;
          expect(delayMs === undefined).toBe(inPeriod > drawn.intensity);
        }
      }),
    );
  });

  it('waits no longer than it may, and the first time not at all', () => {
    fc.assert(
      fc.property(gaps, anyLimits, (given, drawn) => {
        const delays = decide(given, drawn).map(({ delayMs }) => delayMs);
        for (const delay of delays) expect(delay ?? 0).toBeLessThanOrEqual(drawn.longestBackOffMs);
        if (drawn.intensity > 0) expect(delays[0]).toBe(0);
      }),
    );
  });
});
