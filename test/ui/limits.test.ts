/** What the gateway does at its limits, and when it closes. */
import { expect, test } from 'vitest';
import { serveStack } from './served-stack.ts';
import { LONG } from './stack-client.ts';

test('an answer that takes longer than the wait is asked for at its Location', async () => {
  const { client } = await serveStack({ limits: { waitMs: 50 } });
  const reply = await client.post('/chat/assistant', { content: LONG });
  expect(reply.status).toBe(202);
  expect(reply.headers.location).toBe(`/runs/${reply.body.run}`);
  const now = await client.get(`${reply.headers.location}?wait=0`);
  expect(now.body.status).toBe('running');
  const stopped = await client.post(`${reply.headers.location}/stop`);
  expect(stopped.body.status).toBe('stopped');
});

test('beyond the limit of streams a message is refused and nothing is left behind', async () => {
  const { client } = await serveStack({ limits: { streams: 1 } });
  const stream = await client.events('/events');
  const refused = await client.get('/events');
  expect([refused.status, refused.body.error.code]).toEqual([429, 'too_many_streams']);
  const chat = await client.post('/chat/analyst', { content: 'x' }).set('accept', 'text/event-stream');
  expect([chat.status, chat.body.error.code]).toEqual([429, 'too_many_streams']);
  const history = await client.get('/chat/analyst/history');
  expect(history.body.messages).toEqual([]);
  stream.leave();
});

test('closing ends the streams in order, in mid-answer too; the run goes on', async () => {
  const { client, close, stack } = await serveStack();
  const stream = await client.events('/events?after=0');
  const { run, stream: answer } = await client.startLong('main');
  await stream.next('text-delta');
  const rests = Promise.all([stream.rest(), answer.rest()]);
  await close();
  for (const rest of await rests) expect(rest.every(({ type }) => type === 'text-delta')).toBe(true);
  expect(stack.supervisor.run(run).status).toBe('running');
});
