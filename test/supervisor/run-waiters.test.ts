/** Those who wait for a run: they are called at its end, when their time is over, or when they leave. */
import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { RunWaiters } from '../../supervisor/run-waiters.ts';

const FOR_EVER = 2 ** 30;

test('the end of a run wakes all that wait for it, and nobody else', async () => {
  const waiters = new RunWaiters();
  const woken: string[] = [];
  const waits = ['r1', 'r1', 'r2'].map((run) => waiters.wait(run, FOR_EVER).then(() => woken.push(run)));
  waiters.ended('unknown');
  waiters.ended('r1');
  await Promise.all(waits.slice(0, 2));
  expect(woken).toEqual(['r1', 'r1']);
  waiters.ended('r2');
  await waits[2];
  expect(woken).toEqual(['r1', 'r1', 'r2']);
});

test('time is over', async () => {
  const waiters = new RunWaiters();
  await expect(waiters.wait('r', 1)).resolves.toBeUndefined();
  expect(() => waiters.ended('r')).not.toThrow();
});

test('who leaves is woken, also who left before it came; nothing listens any more', async () => {
  const waiters = new RunWaiters();
  const leaving = new AbortController();
  const waiting = waiters.wait('r', FOR_EVER, leaving.signal);
  leaving.abort();
  await waiting;
  await waiters.wait('r', FOR_EVER, leaving.signal);
  expect(getEventListeners(leaving.signal, 'abort')).toEqual([]);
});

test('a wait that ends by itself leaves its signal alone', async () => {
  const waiters = new RunWaiters();
  const { signal } = new AbortController();
  const waiting = waiters.wait('r', FOR_EVER, signal);
  waiters.ended('r');
  await waiting;
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});
