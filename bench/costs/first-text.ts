/**
 * Time to the first text: direct, through the bare pipe proxy, through two of them in a row, and supervised; taken in turn, on the same model
 * server. Two in a row have as many processes on the way as the stack has, and do nothing else. Each client asks,
 * reads the answer to its end and asks again, so that with several clients the others are streaming meanwhile.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { median, percentile } from './statistics.ts';
import { type AskedStack, askAgent, askModel, type StreamedAnswer } from './stream-client.ts';

export interface Addresses {
  model: string;
  proxy: string;
  /** The second of two proxies in a row. */
  chain: string;
  stack: AskedStack;
}

type Way = 'direct' | 'proxy' | 'chain' | 'supervised';
const WAYS: readonly Way[] = ['direct', 'proxy', 'chain', 'supervised'];

export interface FirstTextResult {
  streams: number;
  samples: number;
  /** Milliseconds. */
  p50: Record<Way, number>;
  p99: Record<Way, number>;
  /** What the stack adds at the median over what the bare proxy adds. */
  ratio: number;
  /** What two bare proxies in a row add over what one adds. */
  chainRatio: number;
}

export interface FirstTextLoad {
  /** Clients at the same time. */
  streams: number;
  /** Counted rounds; one more goes before and warms up. */
  rounds: number;
  /** Questions of each client in each round and way. */
  questions: number;
  /** Words of an answer. */
  words: number;
  /** Milliseconds between the first questions of two clients. */
  staggerMs: number;
}

let chats = 0;

function ask(way: Way, addresses: Addresses, question: string): Promise<StreamedAnswer> {
  if (way === 'direct') return askModel(addresses.model, question);
  if (way === 'chain') return askModel(addresses.chain, question);
  if (way === 'proxy') return askModel(addresses.proxy, question);
  return askAgent(addresses.stack, chats % 2 ? 'assistant' : 'analyst', `chat ${chats++}`, question);
}

async function client(way: Way, addresses: Addresses, load: FirstTextLoad, index: number): Promise<number[]> {
  const question = `say: ${'word '.repeat(load.words).trim()}`;
  const times: number[] = [];
  await sleep(index * load.staggerMs);
  for (let count = 0; count < load.questions; count++) {
    times.push((await ask(way, addresses, question)).firstTextMs);
  }
  return times;
}

export async function measureFirstText(addresses: Addresses, load: FirstTextLoad): Promise<FirstTextResult> {
  const times: Record<Way, number[]> = { direct: [], proxy: [], chain: [], supervised: [] };
  for (let round = 0; round <= load.rounds; round++) {
    for (let turn = 0; turn < WAYS.length; turn++) {
      const way = WAYS[(round + turn) % WAYS.length] ?? 'direct';
      const clients = Array.from({ length: load.streams }, (_, index) => client(way, addresses, load, index));
      const measured = (await Promise.all(clients)).flat();
      if (round > 0) times[way].push(...measured);
    }
  }
  return summary(load.streams, times);
}

function summary(streams: number, times: Record<Way, number[]>): FirstTextResult {
  const figures = (p: number): Record<Way, number> => ({
    direct: percentile(times.direct, p),
    proxy: percentile(times.proxy, p),
    chain: percentile(times.chain, p),
    supervised: percentile(times.supervised, p),
  });
  const added = (way: Way): number => median(times[way]) - median(times.direct);
  const ratio = added('supervised') / added('proxy');
  const chainRatio = added('chain') / added('proxy');
  return { streams, samples: times.direct.length, p50: figures(50), p99: figures(99), ratio, chainRatio };
}
