/** The record of a stream's deltas: what goes in comes out, in two bytes for most. */
import { expect, test } from 'vitest';
import { decodeDeltas, StreamRecord } from '../../supervisor/runs/stream-record.ts';

test('lengths and times come back as they were, short and very long ones', () => {
  const deltas = [
    { length: 1, ms: 0 },
    { length: 127, ms: 127 },
    { length: 128, ms: 300 },
    { length: 1_000_000, ms: 5_000_000_000 },
  ];
  const record = new StreamRecord(0);
  for (const { length, ms } of deltas) record.add(length, ms);
  expect(decodeDeltas(record.encoded())).toEqual(deltas);
});

test('an ordinary delta takes two bytes', () => {
  const record = new StreamRecord(0);
  for (let index = 1; index <= 1000; index++) record.add(4, 30 * index);
  expect(record.encoded()).toHaveLength(2000);
});

test('what was shown before a restart is one delta at time 0', () => {
  const record = new StreamRecord(17);
  record.add(3, 0);
  expect(decodeDeltas(record.encoded())).toEqual([
    { length: 17, ms: 0 },
    { length: 3, ms: 0 },
  ]);
});

test.each([[[128]], [[1]], [[1, 2, 3]]])('bytes that end in the middle are refused: %j', (bytes) => {
  expect(() => decodeDeltas(Uint8Array.from(bytes))).toThrow('ends in the middle');
});
