/** What the gateway does at its limits, and when it closes; each test starts a stack with small limits. */
import { expect, test } from 'vitest';
import type { GatewayLimits } from '../../ui/limits.ts';
import { LONG, type RunningStack, StackClient, type StartStack } from './stack-client.ts';

/** Needs a way to start a stack whose gateway has these limits. */
export function limitsSuite(start: StartStack): void {
  async function withStack(
    limits: Partial<GatewayLimits>,
    work: (client: StackClient, stack: RunningStack) => Promise<void>,
  ) {
    const stack = await start(limits);
    try {
      await work(new StackClient(stack), stack);
    } finally {
      await stack.close();
    }
  }

  test('an answer that takes longer than the wait is asked for at its Location', () =>
    withStack({ waitMs: 50 }, async (client) => {
      const reply = await client.post('/chat/assistant', { content: LONG });
      expect(reply.status).toBe(202);
      expect(reply.headers.location).toBe(`/runs/${reply.body.run}`);
      const now = await client.get(`${reply.headers.location}?wait=0`);
      expect(now.body.status).toBe('running');
      const stopped = await client.post(`${reply.headers.location}/stop`);
      expect(stopped.body.status).toBe('stopped');
    }));

  test('beyond the limit of streams a message is refused and nothing is left behind', () =>
    withStack({ streams: 1 }, async (client) => {
      const stream = await client.events('/events');
      const refused = await client.get('/events');
      expect([refused.status, refused.body.error.code]).toEqual([429, 'too_many_streams']);
      const chat = await client.post('/chat/analyst', { content: 'x' }).set('accept', 'text/event-stream');
      expect([chat.status, chat.body.error.code]).toEqual([429, 'too_many_streams']);
      const history = await client.get('/chat/analyst/history');
      expect(history.body.messages).toEqual([]);
      stream.leave();
    }));

  test('closing ends the streams in order', async () => {
    const stack = await start();
    const stream = await new StackClient(stack).events('/events');
    const rest = stream.rest();
    await stack.close();
    await expect(rest).resolves.toBeInstanceOf(Array);
  });
}
