/** Clients that hang up in the middle of a streamed answer, and when the model server sees that. */
import { randomInt, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { epochMs, type LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import type { AskedStack } from './stream-client.ts';

/** Where chat completions are asked for, and of whom. */
export interface ModelAddress extends AskedStack {
  model: string;
}

export interface HangUpLoad {
  /** Clients at the same time. */
  streams: number;
  /** How often each asks and hangs up. */
  rounds: number;
  /** Milliseconds after asking, at random from 0, at which it hangs up. */
  longestMs: number;
  /** Milliseconds, at random from 0, before it asks. */
  pauseMs: number;
}

export interface HangUps {
  /** Milliseconds from hanging up until the model server saw its connection closed. */
  delaysMs: number[];
  /** Clients that were gone before the model server was asked, which never was. */
  neverAsked: number;
  /** Answers that nobody cancelled. */
  unheard: number;
}

/** Longer than anybody listens. */
const QUESTION = `say: ${'word '.repeat(500).trim()}`;
const SETTLING_MS = 10_000;

export function doorOf({ url, token }: AskedStack, agent: string): ModelAddress {
  return { url, model: agent, ...(token !== undefined && { token }) };
}

/** `simulator`: address of the model server, which says when its connections were closed. Both clocks are this machine's. */
export async function measureHangUps(address: ModelAddress, simulator: string, load: HangUpLoad): Promise<HangUps> {
  const gone = new Map<string, number>();
  const client = async (): Promise<void> => {
    for (let round = 0; round < load.rounds; round++) {
      await sleep(randomInt(load.pauseMs));
      const name = randomUUID();
      gone.set(name, await hangUp(address, `${QUESTION} ${name}`, randomInt(load.longestMs)));
    }
  };
  await Promise.all(Array.from({ length: load.streams }, client));
  return summary(gone, await settled(simulator, gone));
}

/** Asks, and closes the connection after so many milliseconds; resolves with the moment, as `epochMs` counts. */
function hangUp({ url, token, model }: ModelAddress, content: string, afterMs: number): Promise<number> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  return new Promise((resolve) => {
    const outgoing = request(`${url}/v1/chat/completions`, { method: 'POST', headers, agent: false }, (reply) => {
      reply.on('error', () => {});
      reply.resume();
    });
    outgoing.on('error', () => {});
    outgoing.end(JSON.stringify({ model, messages: [{ role: 'user', content }], stream: true }));
    setTimeout(() => {
      const at = epochMs();
      outgoing.destroy();
      resolve(at);
    }, afterMs);
  });
}

/** What the model server says of these requests when none of them goes on, or when that takes too long. */
async function settled(simulator: string, names: ReadonlyMap<string, number>): Promise<Map<string, LoggedRequest>> {
  const deadline = performance.now() + SETTLING_MS;
  for (;;) {
    await sleep(200);
    const all = (await (await fetch(`${simulator}/simulator/requests`)).json()) as LoggedRequest[];
    const nameOf = (entry: LoggedRequest): string => (entry.messages.at(-1)?.content ?? '').split(' ').at(-1) ?? '';
    const ours = new Map(all.map((entry) => [nameOf(entry), entry] as const).filter(([name]) => names.has(name)));
    if ([...ours.values()].every(({ endedAt }) => endedAt !== null) || performance.now() > deadline) return ours;
  }
}

function summary(gone: ReadonlyMap<string, number>, seen: ReadonlyMap<string, LoggedRequest>): HangUps {
  const hangUps: HangUps = { delaysMs: [], neverAsked: gone.size - seen.size, unheard: 0 };
  for (const [name, { outcome, endedAt }] of seen) {
    if (outcome !== 'cancelled' || endedAt === null) hangUps.unheard++;
    else hangUps.delaysMs.push(endedAt - (gone.get(name) ?? Number.NaN));
  }
  return hangUps;
}
