/** A reader who does not read holds nobody up, is not buffered for without bound, and misses nothing when it reads again. */
import { expect, test } from 'vitest';
import { startedStack } from './stack-under-test.ts';

/** A token with the longest name there is: as much text for the reader as possible. */
const LONG_TOKEN = ' abcdefghijklmnop';
const TOKENS = 3500;
/** What is kept for a reader is 4 MB; so many answers are more than that. */
const ANSWERS = 12;

test('a reader who sleeps is dropped, comes back with its cursor and gets the rest', async () => {
  const stack = await startedStack();
  const awake = stack.reader();
  const asleep = stack.reader();
  await stack.client.simulate({ ttftMs: 1, tokensPerSecond: 0 });
  await stack.client.ask('assistant', { content: 'say: Good night.' });
  await asleep.next(({ type }) => type === 'run-end');
  asleep.pause();

  const content = `say: ${LONG_TOKEN.repeat(TOKENS).trim()}`;
  const runs = await Promise.all(
    Array.from({ length: ANSWERS }, (_, index) => stack.client.send('analyst', { content, chat: `chat-${index}` })),
  );
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
