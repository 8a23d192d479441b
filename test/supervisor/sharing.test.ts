/**
 * How agents of a real stack share model servers. What is measured is what is shared: the time for which the supervisor gave slots away,
 * until a sum of it is reached. A server's own log would leave out what a busy machine adds to each turn, and a window of time would hold
 * too few turns there; `bench:sharing` measures these, fair-share.test.ts and shared-pool.test.ts hold the shares to 0.999 in simulated time.
 */
import { describe, expect, test } from 'vitest';
import { jainIndex } from '../../bench/costs/jain-index.ts';
import { type RunningStack, startStack } from './running-stack.ts';
import { startOn } from './servers.ts';

const WORDS = 'one two three four five six seven eight nine ten ';
/** Milliseconds of slots that everybody competes for. In order of arrival the index would be 0.69. */
const SHARED_MS = 12_000;

interface Greedy {
  name: string;
  weight: number;
  /** Answers of so many words. */
  words: number;
}

/** Keeps every agent waiting until so much has been shared; returns the milliseconds of slots that each had. */
async function compete(stack: RunningStack, agents: readonly Greedy[]): Promise<number[]> {
  const used = agents.map(() => 0);
  const isOver = (): boolean => used.reduce((sum, ms) => sum + ms, 0) >= SHARED_MS;
  const keepAsking = async ({ name, words }: Greedy, index: number, chat: number): Promise<void> => {
    while (!isOver()) {
      const text = `say: ${name} ${WORDS.repeat(words / 10)}`;
      const { timings } = await stack.wait(await stack.say(text, { agent: name, chat: `c${chat}` }));
      if (!isOver()) used[index] = (used[index] ?? 0) + (timings.total_ms ?? 0) - (timings.queue_ms ?? 0);
    }
  };
  // Three chats, so that there is always one that waits while two slots are used.
  await Promise.all(agents.flatMap((agent, index) => [0, 1, 2].map((chat) => keepAsking(agent, index, chat))));
  return used;
}

const LENGTHS = [10, 100, 20, 80, 40, 60, 10, 100];

describe('eight greedy agents on two slots, answers that differ tenfold', () => {
  test.each([
    ['alike', [1, 1, 1, 1, 1, 1, 1, 1]],
    ['weights of 3 and 1', [3, 1, 3, 1, 3, 1, 3, 1]],
  ])('%s: Jain’s index of slot time over weight is at least 0.9', async (_, weights) => {
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
    const times = await compete(stack, agents);
    expect(jainIndex(times.map((ms, index) => ms / (weights[index] ?? 1)))).toBeGreaterThanOrEqual(0.9);
  });
});

test('eight greedy agents on a pool of two servers, of which one has agents of its own: the index is at least 0.9', async () => {
  const agents = LENGTHS.map((words, index) => ({ name: `agent${index}`, weight: 1, words }));
  const speed = { slots: 1, ttftMs: 0, tokensPerSecond: 300 };
  const { stack } = await startOn(
    { one: speed, two: speed },
    {
      agents: agents.map(({ name }, index) => ({ name, backend: index === 7 ? 'two' : 'both' })),
      pools: { both: ['one', 'two'] },
      policies: [],
    },
  );
  expect(jainIndex(await compete(stack, agents))).toBeGreaterThanOrEqual(0.9);
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
