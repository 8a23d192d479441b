/** A reader who does not read holds nobody up, is not buffered for without bound, and misses nothing when it reads again. */
import { expect, test } from 'vitest';
import { words } from './messages.ts';
import { startedStack } from './stack-under-test.ts';

const TOKENS = 3500;
const ANSWERS = 16;
/** Every event holds the name of its chat. 4 MB are kept for a reader, the system keeps some more: this makes 14 MB of events. */
const LONG_NAME = 'x'.repeat(90);

test('a reader who sleeps is dropped, comes back with its cursor and gets the rest', async () => {
  const stack = await startedStack();
  const awake = stack.reader();
  const asleep = stack.reader();
  await stack.client.simulate({ ttftMs: 1, tokensPerSecond: 0 });
  await stack.client.ask('assistant', { content: 'say: Good night.' });
  await asleep.next(({ type }) => type === 'run-end');
  asleep.pause();

  const content = `say: ${words(TOKENS)}`;
  const chats = Array.from({ length: ANSWERS }, (_, index) => `${LONG_NAME}${index}`);
  const runs = await Promise.all(chats.map((chat) => stack.client.send('analyst', { content, chat })));
  for (const run of runs) {
    expect((await stack.client.ended(run)).status).toBe('answered');
    await awake.nextOf(run, 'run-end');
  }
  expect(asleep.events.length).toBeLessThan(awake.events.length);
  expect(awake.connections).toBe(1);

  asleep.resume();
  for (const run of runs) await asleep.nextOf(run, 'run-end');
  expect(asleep.connections).toBeGreaterThan(1);
  const last = Math.min(asleep.events.length, awake.events.length);
  expect(asleep.events.slice(0, last)).toEqual(awake.events.slice(0, last));
});
