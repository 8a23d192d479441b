/** Runs of OpenAI's door are runs of their agent: they share its `concurrency` with each other and with its chats. */
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { serveStack } from './served-stack.ts';

test('no more of an agent go on at a time than it has concurrency, through whatever door', async () => {
  const agents = [{ name: 'assistant', concurrency: 2 }, { name: 'analyst' }];
  const { stack, client } = await serveStack({ agents, simulator: { slots: 8, ttftMs: 1, tokensPerSecond: 100 } });
  const { url, token } = client.door;
  const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: token, maxRetries: 0 });
  const content = (who: string): string => `say: ${'word '.repeat(20)}${who}`;
  const asked = (model: string): Promise<unknown> =>
    openai.chat.completions.create({ model, messages: [{ role: 'user', content: content(model) }] });
  await Promise.all([
    ...Array.from({ length: 4 }, () => asked('assistant')),
    ...Array.from({ length: 4 }, () => asked('analyst')),
    ...['a', 'b'].map((chat) => stack.ask(content('assistant'), { chat })),
  ]);
  const most = (who: string): number => mostAtOnce(stack.calls(who));
  expect(stack.calls('assistant')).toHaveLength(6);
  expect(most('assistant')).toBe(2);
  // The other agent was not held up.
  expect(most('analyst')).toBeGreaterThan(2);
});

/** Calls whose answers were being written at the same moment. */
function mostAtOnce(calls: readonly { started: number; endedAt: number | null }[]): number {
  const atOnce = ({ started }: { started: number }): number =>
    calls.filter((other) => other.started <= started && (other.endedAt ?? 0) > started).length;
  return Math.max(...calls.map(atOnce));
}
