/** How agents share a model server, as its own log says. */
import { describe, expect, test } from 'vitest';
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import { jainIndex } from '../../bench/costs/jain-index.ts';
import { type RunningStack, startStack } from './running-stack.ts';
import { startOn } from './servers.ts';

const WORDS = 'one two three four five six seven eight nine ten ';
/** Milliseconds that everybody competes. In order of arrival the index would be 0.69; `bench:sharing` holds a real stack to 0.99. */
const WINDOW_MS = 6000;

interface Greedy {
  name: string;
  weight: number;
  /** Answers of so many words. */
  words: number;
}

/** Keeps every agent waiting until the window is over; returns the milliseconds of slots that each had in it. `calls`: all there were. */
async function compete(
  calls: () => readonly LoggedRequest[],
  stack: RunningStack,
  agents: readonly Greedy[],
): Promise<number[]> {
  const end = Date.now() + WINDOW_MS;
  const keepAsking = async ({ name, words }: Greedy, chat: number): Promise<void> => {
    while (Date.now() < end) {
      const text = `say: ${name} ${WORDS.repeat(words / 10)}`;
      await stack.wait(await stack.say(text, { agent: name, chat: `c${chat}` }));
    }
  };
  // Three chats, so that there is always one that waits while two slots are used.
  await Promise.all(agents.flatMap((agent) => [0, 1, 2].map((chat) => keepAsking(agent, chat))));
  return agents.map(({ name }) =>
    calls()
      .filter(({ messages }) => messages.at(-1)?.content.startsWith(`say: ${name} `))
      .reduce((sum, { started, endedAt }) => sum + Math.max(0, Math.min(endedAt ?? end, end) - started), 0),
  );
}

const LENGTHS = [10, 100, 20, 80, 40, 60, 10, 100];

describe('eight greedy agents on two slots, answers that differ tenfold', () => {
  test.each([
    ['alike', [1, 1, 1, 1, 1, 1, 1, 1]],
    ['weights of 3 and 1', [3, 1, 3, 1, 3, 1, 3, 1]],
  ])('%s: Jain’s index of slot time over weight is at least 0.85', async (_, weights) => {
    const agents = weights.map((weight, index) => ({
      name: `agent${index}`,
      weight,
      words: LENGTHS[index] ?? 10,
    }));
    const stack = await startStack({
      agents: agents.map(({ name, weight }) => ({ name, weight })),
      policies: [],
      simulator: { slots: 2, ttftMs: 0, tokensPerSecond: 300 },
    });
    const times = await compete(() => stack.calls(), stack, agents);
    expect(jainIndex(times.map((ms, index) => ms / (weights[index] ?? 1)))).toBeGreaterThanOrEqual(0.85);
  });
});

test('eight greedy agents on a pool of two servers, of which one has agents of its own: the index is at least 0.85', async () => {
  const agents = LENGTHS.map((words, index) => ({ name: `agent${index}`, weight: 1, words }));
  const speed = { slots: 1, ttftMs: 0, tokensPerSecond: 300 };
  const { servers, stack } = await startOn(
    { one: speed, two: speed },
    {
      agents: agents.map(({ name }, index) => ({ name, backend: index === 7 ? 'two' : 'both' })),
      pools: { both: ['one', 'two'] },
      policies: [],
    },
  );
  const calls = () => ['one', 'two'].flatMap((name) => servers.get(name).requests());
  expect(jainIndex(await compete(calls, stack, agents))).toBeGreaterThanOrEqual(0.85);
});

test('a message to an agent of a higher priority waits for one turn at most, however many others wait', async () => {
  const agents = [{ name: 'chat' }, { name: 'batch', priority: 'low' as const }];
  const stack = await startStack({ agents, policies: [], simulator: { slots: 1, ttftMs: 0, tokensPerSecond: 200 } });
  const batch = await Promise.all(
    Array.from({ length: 50 }, (_, index) => stack.say(`say: ${WORDS}`, { agent: 'batch', chat: `c${index}` })),
  );
  await stack.event(batch[1] ?? '', 'text-delta');
  const lone = await stack.say('say: hello', { agent: 'chat' });
  const started = stack.calls().length;
  expect((await stack.wait(lone)).content).toBe('hello');
  const order = stack.calls().map(({ messages }) => messages.at(-1)?.content);
  expect(order.indexOf('say: hello')).toBeLessThanOrEqual(started);
  await Promise.all(batch.map((run) => stack.supervisor.stopRun(run)));
});
