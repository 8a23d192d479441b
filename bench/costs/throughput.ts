/** Many streams at once through one supervisor, each with a reader of its own; and what the store holds of it afterwards. */
import { join } from 'node:path';
import { openDatabase } from '../../supervisor/store/database.ts';
import { type AskedStack, askAgent } from './stream-client.ts';

export interface ThroughputResult {
  streams: number;
  tokensPerSecond: number;
  /** Pieces of text: streamed by the model, stored as events, seen by the readers. */
  sent: number;
  stored: number;
  seen: number;
}

/** Sends one long message to each of `streams` chats; `agents` share them. */
export async function measureThroughput(
  stack: AskedStack & { folder: string },
  model: string,
  agents: readonly string[],
  streams: number,
  words: number,
): Promise<ThroughputResult> {
  const text = Array.from({ length: words }, (_, index) => `word${index % 10}`).join(' ');
  const before = { sent: await tokensSent(model), stored: storedDeltas(stack.folder) };
  const startedAt = performance.now();
  const asked = Array.from({ length: streams }, (_, index) =>
    askAgent(stack, agents[index % agents.length] ?? '', `throughput ${startedAt} ${index}`, `say: ${text}`),
  );
  const answers = await Promise.all(asked);
  const seconds = (performance.now() - startedAt) / 1000;
  const seen = answers.reduce((sum, { pieces }) => sum + pieces, 0);
  const sent = (await tokensSent(model)) - before.sent;
  return { streams, tokensPerSecond: seen / seconds, sent, stored: storedDeltas(stack.folder) - before.stored, seen };
}

async function tokensSent(model: string): Promise<number> {
  const requests = (await (await fetch(`${model}/simulator/requests`)).json()) as { tokensSent: number }[];
  return requests.reduce((sum, request) => sum + request.tokensSent, 0);
}

function storedDeltas(folder: string): number {
  const database = openDatabase(join(folder, 'interject.db'), { readonly: true });
  const { count } = database.prepare(`select count(*) as count from event where type = 'text-delta'`).get() as {
    count: number;
  };
  database.close();
  return count;
}
