import { expect, it } from 'vitest';
import { HeartbeatWatch } from '../../stack/heartbeat-watch.ts';

const LIMITS = { intervalMs: 1000, missed: 3 };

/** Looks every interval; returns what was found the last time. */
function look(watch: HeartbeatWatch, times: number, from: number): string[] {
  let found: string[] = [];
  for (let count = 1; count <= times; count++) found = watch.look(from + count * LIMITS.intervalMs);
  return found;
}

it('finds a child that has been silent for too long, and no other', () => {
  const watch = new HeartbeatWatch(LIMITS, 0);
  watch.beat('silent');
  watch.beat('alive');
  watch.beat('gone');
  watch.forget('gone');
  expect(look(watch, 3, 0)).toEqual([]);
  watch.beat('alive');
  expect(look(watch, 1, 3000)).toEqual(['silent']);
  watch.beat('silent');
  expect(look(watch, 1, 4000)).toEqual([]);
});

it('does not count while the machine slept', () => {
  const watch = new HeartbeatWatch(LIMITS, 0);
  watch.beat('child');
  expect(look(watch, 3, 0)).toEqual([]);
  // An hour later: the child had no more time to beat than the timer had to come.
  expect(watch.look(3_603_000)).toEqual([]);
  expect(look(watch, 3, 3_603_000)).toEqual([]);
  expect(look(watch, 1, 3_606_000)).toEqual(['child']);
});
