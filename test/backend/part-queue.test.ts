/** The queue between socket and reader, without either. */
import { expect, test } from 'vitest';
import type { StreamPart } from '../../agent/backend/backend.ts';
import { PartQueue } from '../../agent/backend/part-queue.ts';

const part = (text: string): StreamPart => ({ type: 'text-delta', text });
const done = { done: true, value: undefined };

function queueWithLog(): { queue: PartQueue; log: string[] } {
  const log: string[] = [];
  const queue = new PartQueue({ onLow: () => log.push('low'), onClosed: () => log.push('closed') });
  return { queue, log };
}

test('parts come in order, before and after they are asked for', async () => {
  const { queue, log } = queueWithLog();
  queue.push(part('a'));
  const [first, second] = [queue.next(), queue.next()];
  queue.push(part('b'));
  queue.end();
  expect([await first, await second]).toEqual([
    { done: false, value: part('a') },
    { done: false, value: part('b') },
  ]);
  expect(await queue.next()).toEqual(done);
  expect(await queue.next()).toEqual(done);
  expect(log).toEqual(['closed']);
});

test('a failure comes after the parts before it, once; the first ending stands', async () => {
  const { queue } = queueWithLog();
  queue.push(part('a'));
  queue.fail('broken');
  queue.fail('again');
  queue.end();
  queue.push(part('late'));
  expect(await queue.next()).toEqual({ done: false, value: part('a') });
  await expect(queue.next()).rejects.toBe('broken');
  expect(await queue.next()).toEqual(done);
});

test('an abort comes before the parts, even after an end', async () => {
  const { queue, log } = queueWithLog();
  queue.push(part('a'));
  queue.end();
  queue.abort('enough');
  queue.push(part('late'));
  await expect(queue.next()).rejects.toBe('enough');
  expect(await queue.next()).toEqual(done);
  expect(log).toEqual(['closed']);
});

test('an abort after the reader has seen the end changes nothing', async () => {
  const { queue } = queueWithLog();
  queue.end();
  expect(await queue.next()).toEqual(done);
  queue.abort('enough');
  expect(await queue.next()).toEqual(done);
});

test('a reader that leaves closes the queue and lets waiting reads end', async () => {
  const { queue, log } = queueWithLog();
  const waiting = queue.next();
  expect(await queue.return()).toEqual(done);
  expect(await waiting).toEqual(done);
  expect(log).toEqual(['closed']);
});

test('says when the reader has caught up', async () => {
  const { queue, log } = queueWithLog();
  for (let count = 0; count < 100; count++) queue.push(part(String(count)));
  while (queue.size > 65) await queue.next();
  expect(log).toEqual([]);
  await queue.next();
  expect(log).toEqual(['low']);
});
