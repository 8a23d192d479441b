/** The newest events in memory: all of them after a cursor, or none. */
import { expect, test } from 'vitest';
import type { StoredEvent } from '../../supervisor/events.ts';
import { RecentEvents } from '../../supervisor/recent-events.ts';

const event = (seq: number | undefined, characters = 2): StoredEvent => ({
  seq,
  type: 'degraded',
  data: 'x'.repeat(characters),
});
const seqs = (events: readonly StoredEvent[] | undefined) => events?.map(({ seq }) => seq);

test('a cursor gets all that came after it', () => {
  const recent = new RecentEvents(7);
  recent.add([event(8), event(undefined), event(9)]);
  expect(recent.lastSeq).toBe(9);
  expect(seqs(recent.after(7))).toEqual([8, 9]);
  expect(seqs(recent.after(8))).toEqual([9]);
  expect(seqs(recent.after(9))).toEqual([]);
});

test('a cursor before what is kept gets nothing, not a part', () => {
  const recent = new RecentEvents(7);
  expect(recent.after(3)).toBeUndefined();
  expect(seqs(recent.after(7))).toEqual([]);
  recent.add([event(8)]);
  expect(recent.after(6)).toBeUndefined();
});

test.each([
  ['events', 3000, 2],
  ['characters', 40, 500_000],
])('many %s: the oldest are forgotten, the newest stay', (_what, count, characters) => {
  const recent = new RecentEvents(0);
  for (let seq = 1; seq <= count; seq++) recent.add([event(seq, characters)]);
  expect(recent.after(0)).toBeUndefined();
  expect(seqs(recent.after(count - 2))).toEqual([count - 1, count]);
});
