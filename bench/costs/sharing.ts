/**
 * How evenly eight agents that always want more share two slots, of one model server or of a pool of two, when their answers differ
 * tenfold: Jain's index of the time that each had, by the servers' own logs, over its weight. Prints the figures; exit code 1 when a mark is missed.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import { jainIndex } from './jain-index.ts';
import { type RunningServer, type RunningStack, startModelServer, startStack } from './servers.ts';
import { askAgent } from './stream-client.ts';

const WINDOW_MS = 30_000;
/** More chats than slots, so that every agent always has one that waits. */
const CHATS = 3;
const SLOTS = 2;
const MODEL = { ttftMs: 20, tokensPerSecond: 200 };
const MARK = 0.99;
const WORDS = [10, 100, 20, 80, 40, 60, 10, 100];

async function measure(weights: readonly number[], members: number): Promise<number[]> {
  const started = Array.from({ length: members }, () => startModelServer({ ...MODEL, slots: SLOTS / members }));
  const servers = await Promise.all(started);
  const backends = servers.map(({ url }, index) => ({ name: `gpu${index}`, url }));
  const agents = weights.map((weight, index) => ({ name: `agent${index}`, weight, backend: 'all' }));
  const pools = { all: backends.map(({ name }) => name) };
  const file = join(tmpdir(), `interject-sharing-${process.pid}.json`);
  writeFileSync(file, JSON.stringify({ agents, backends, pools }));
  const stack = await startStack(['--config', file, '--policy', 'none']);
  try {
    return await compete(stack, servers);
  } finally {
    await stack.close();
    await Promise.all(servers.map((server) => server.close()));
    rmSync(file);
  }
}

/** Returns the milliseconds of slots of each agent. */
async function compete(stack: RunningStack, servers: readonly RunningServer[]): Promise<number[]> {
  const end = Date.now() + WINDOW_MS;
  const keepAsking = async (agent: number, chat: number): Promise<void> => {
    const question = `say: agent${agent} ${'word '.repeat(WORDS[agent] ?? 10)}`;
    while (Date.now() < end) await askAgent(stack, `agent${agent}`, `c${chat}`, question);
  };
  const chats = Array.from({ length: CHATS }, (_, chat) => chat);
  await Promise.all(WORDS.flatMap((_, agent) => chats.map((chat) => keepAsking(agent, chat))));
  const logs = servers.map(async ({ url }) => (await fetch(`${url}/simulator/requests`)).json());
  const log = ((await Promise.all(logs)) as LoggedRequest[][]).flat();
  return WORDS.map((_, agent) =>
    log
      .filter(({ messages }) => messages.at(-1)?.content.startsWith(`say: agent${agent} `))
      .reduce((sum, { started, endedAt }) => sum + Math.max(0, Math.min(endedAt ?? end, end) - started), 0),
  );
}

const ALIKE = [1, 1, 1, 1, 1, 1, 1, 1];
for (const [weights, members] of [
  [ALIKE, 1],
  [[3, 1, 3, 1, 3, 1, 3, 1], 1],
  [ALIKE, 2],
] as const) {
  const times = await measure(weights, members);
  const index = jainIndex(times.map((ms, agent) => ms / (weights[agent] ?? 1)));
  if (index < MARK) process.exitCode = 1;
  console.log(
    `answers of ${WORDS.join(', ')} words, weights ${weights.join(', ')}, ${members === 1 ? 'one server' : `a pool of ${members}`}`,
  );
  console.log(`  slot time in s: ${times.map((ms) => (ms / 1000).toFixed(2)).join(', ')}`);
  console.log(
    `${index >= MARK ? 'ok  ' : 'MISS'} Jain's index of slot time over weight: ${index.toFixed(4)} (mark: ${MARK})`,
  );
}
