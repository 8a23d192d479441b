/** Time to the first text: direct, through the bare pipe proxy, and supervised; taken in turn, on the same model server. */
import { median, percentile } from './statistics.ts';
import { type AskedStack, askAgent, askModel, type StreamedAnswer } from './stream-client.ts';

export interface Addresses {
  model: string;
  proxy: string;
  stack: AskedStack;
}

export type Way = 'direct' | 'proxy' | 'supervised';
const WAYS: readonly Way[] = ['direct', 'proxy', 'supervised'];

export interface FirstTextResult {
  streams: number;
  samples: number;
  /** Milliseconds. */
  p50: Record<Way, number>;
  p99: Record<Way, number>;
  /** What the stack adds at the median over what the bare proxy adds. */
  ratio: number;
}

const QUESTION = 'say: The quick answer is here.';
let chats = 0;

/** One batch of `streams` concurrent requests. */
function ask(way: Way, addresses: Addresses, streams: number): Promise<StreamedAnswer[]> {
  const one = (): Promise<StreamedAnswer> => {
    if (way === 'direct') return askModel(addresses.model, QUESTION);
    if (way === 'proxy') return askModel(addresses.proxy, QUESTION);
    return askAgent(addresses.stack, chats % 2 ? 'assistant' : 'analyst', `chat ${chats++}`, QUESTION);
  };
  return Promise.all(Array.from({ length: streams }, one));
}

/** `batches`: of each way in each round. The first round warms up and does not count. */
export async function measureFirstText(
  addresses: Addresses,
  streams: number,
  rounds: number,
  batches: number,
): Promise<FirstTextResult> {
  const times: Record<Way, number[]> = { direct: [], proxy: [], supervised: [] };
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < WAYS.length; turn++) {
      const way = WAYS[(round + turn) % WAYS.length] ?? 'direct';
      for (let batch = 0; batch < batches; batch++) {
        const answers = await ask(way, addresses, streams);
        if (round > 0) times[way].push(...answers.map(({ firstTextMs }) => firstTextMs));
      }
    }
  }
  const figures = (p: number): Record<Way, number> => ({
    direct: percentile(times.direct, p),
    proxy: percentile(times.proxy, p),
    supervised: percentile(times.supervised, p),
  });
  const added = (way: Way): number => median(times[way]) - median(times.direct);
  const ratio = added('supervised') / added('proxy');
  return { streams, samples: times.direct.length, p50: figures(50), p99: figures(99), ratio };
}
