/**
 * How evenly eight agents that always want more share two slots of a model server, when their answers differ tenfold: Jain's index of
 * the time that each had, by the server's own log, over its weight. Prints the figures; exit code 1 when a mark is missed.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import { jainIndex } from './jain-index.ts';
import { type RunningStack, startModelServer, startStack } from './servers.ts';
import { askAgent } from './stream-client.ts';

const WINDOW_MS = 30_000;
/** More chats than slots, so that every agent always has one that waits. */
const CHATS = 3;
const MODEL = { slots: 2, ttftMs: 20, tokensPerSecond: 200 };
const MARK = 0.99;
const WORDS = [10, 100, 20, 80, 40, 60, 10, 100];

async function measure(weights: readonly number[]): Promise<number[]> {
  const server = await startModelServer(MODEL);
  const agents = weights.map((weight, index) => ({ name: `agent${index}`, weight }));
  const file = join(tmpdir(), `interject-sharing-${process.pid}.json`);
  writeFileSync(file, JSON.stringify({ agents }));
  const stack = await startStack(['--config', file, '--backend', server.url, '--policy', 'none']);
  try {
    return await compete(stack, server.url);
  } finally {
    await stack.close();
    await server.close();
    rmSync(file);
  }
}

/** Returns the milliseconds of slots of each agent. */
async function compete(stack: RunningStack, server: string): Promise<number[]> {
  const end = Date.now() + WINDOW_MS;
  const keepAsking = async (agent: number, chat: number): Promise<void> => {
    const question = `say: agent${agent} ${'word '.repeat(WORDS[agent] ?? 10)}`;
    while (Date.now() < end) await askAgent(stack, `agent${agent}`, `c${chat}`, question);
  };
  const chats = Array.from({ length: CHATS }, (_, chat) => chat);
  await Promise.all(WORDS.flatMap((_, agent) => chats.map((chat) => keepAsking(agent, chat))));
  const log = (await (await fetch(`${server}/simulator/requests`)).json()) as LoggedRequest[];
  return WORDS.map((_, agent) =>
    log
      .filter(({ messages }) => messages.at(-1)?.content.startsWith(`say: agent${agent} `))
      .reduce((sum, { started, endedAt }) => sum + Math.max(0, Math.min(endedAt ?? end, end) - started), 0),
  );
}

for (const weights of [
  [1, 1, 1, 1, 1, 1, 1, 1],
  [3, 1, 3, 1, 3, 1, 3, 1],
]) {
  const times = await measure(weights);
  const index = jainIndex(times.map((ms, agent) => ms / (weights[agent] ?? 1)));
  if (index < MARK) process.exitCode = 1;
  console.log(`answers of ${WORDS.join(', ')} words, weights ${weights.join(', ')}`);
  console.log(`  slot time in s: ${times.map((ms) => (ms / 1000).toFixed(2)).join(', ')}`);
  console.log(
    `${index >= MARK ? 'ok  ' : 'MISS'} Jain's index of slot time over weight: ${index.toFixed(4)} (mark: ${MARK})`,
  );
}
