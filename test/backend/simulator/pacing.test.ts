/** When tokens are due, as figures; that a paced stream keeps its rate and its reader's pace. */
import { describe, expect, test } from 'vitest';
import { Pacer, tokensDue, waitMs } from '../../../agent/backend/simulator/pacing.ts';

describe('by the clock', () => {
  test.each([
    [0, 0],
    [59.9, 0],
    [60, 1],
    [69.9, 1],
    [70, 2],
    [160, 11],
    [1060, 101],
  ])('after %d ms at 60 ms and 100 a second: %d', (elapsed, due) => {
    expect(tokensDue(elapsed, { ttftMs: 60, tokensPerSecond: 100 })).toBe(due);
  });

  test('as fast as possible means all', () => {
    expect(tokensDue(59, { ttftMs: 60, tokensPerSecond: 0 })).toBe(0);
    expect(tokensDue(60, { ttftMs: 60, tokensPerSecond: 0 })).toBe(Number.POSITIVE_INFINITY);
  });

  test('waits until the next token is due, in fewer steps when they come fast', () => {
    expect(waitMs(10, 0, { ttftMs: 60, tokensPerSecond: 100 })).toBe(50);
    expect(waitMs(63, 1, { ttftMs: 60, tokensPerSecond: 100 })).toBe(7);
    expect(waitMs(90, 1, { ttftMs: 60, tokensPerSecond: 100 })).toBe(0);
    expect(waitMs(60, 1, { ttftMs: 60, tokensPerSecond: 2000 })).toBe(4);
    expect(waitMs(60, 1, { ttftMs: 60, tokensPerSecond: 0 })).toBe(0);
  });
});

/** Runs a pacer to its end; how long it took and what it sent. */
function run(
  ttftMs: number,
  tokensPerSecond: number,
  total: number,
): Promise<{ batches: [number, number][]; elapsedMs: number }> {
  const startedAt = performance.now();
  const batches: [number, number][] = [];
  return new Promise((resolve) => {
    new Pacer({ ttftMs, tokensPerSecond }, total, {
      onDue: (from, to) => batches.push([from, to]) > 0,
      onEnd: () => resolve({ batches, elapsedMs: performance.now() - startedAt }),
    }).start();
  });
}

describe('running', () => {
  test.each([
    [20, 100, 11],
    [0, 5000, 1000],
    [10, 20_000, 2000],
  ])('%d ms, %d a second, %d tokens: each once, in order, never early', async (ttftMs, tokensPerSecond, total) => {
    const { batches, elapsedMs } = await run(ttftMs, tokensPerSecond, total);
    expect(batches.map(([from]) => from)).toEqual([0, ...batches.slice(0, -1).map(([, to]) => to)]);
    expect(batches.at(-1)?.[1]).toBe(total);
    expect(elapsedMs).toBeGreaterThanOrEqual(ttftMs + ((total - 1) * 1000) / tokensPerSecond - 0.5);
  });

  test('no tokens: the end comes after the time of the first', async () => {
    const { batches, elapsedMs } = await run(15, 100, 0);
    expect(batches).toEqual([]);
    expect(elapsedMs).toBeGreaterThanOrEqual(15);
  });

  test('with no time to wait the first tokens are due at once', () => {
    const sent: number[] = [];
    const pacer = new Pacer({ ttftMs: 0, tokensPerSecond: 0 }, 100, {
      onDue: (_, to) => sent.push(to) > 0,
      onEnd: () => {},
    });
    pacer.start();
    expect(sent).toEqual([32]);
    pacer.stop();
  });

  test('waits for a reader that does not keep up, and can be stopped', async () => {
    let pacer: Pacer | undefined;
    const sent: number[] = [];
    await new Promise<void>((resolve) => {
      pacer = new Pacer({ ttftMs: 0, tokensPerSecond: 0 }, 100, {
        onDue: (_, to) => {
          sent.push(to);
          setImmediate(() => setImmediate(resolve));
          return false;
        },
        onEnd: () => sent.push(-1),
      });
      pacer.start();
    });
    expect(sent).toEqual([32]);
    pacer?.resume();
    pacer?.stop();
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    expect(sent).toEqual([32]);
  });
});
