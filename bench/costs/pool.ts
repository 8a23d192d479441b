/**
 * What a pool of two model servers makes of prompt caches: the share of prompt tokens that came from a cache, and the time to the first
 * text, against the same two servers behind a proxy that asks them in turn. Chats whose prompts take long to read, so few that all have
 * a slot, and so many that slots are always wanted. Prints the figures; exit code 1 when a mark is missed.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningServer, type RunningStack, startModelServer, startPipeProxy, startStack } from './servers.ts';
import { median } from './statistics.ts';

const SLOTS = 2;
/** A server keeps more prompts than it works on at a time, as llama-server does in its `--cache-ram`. */
const CACHES = 4;
/** A new prompt takes about 900 ms to read, one in the cache about 100: as a small model on a CPU was seen to do. */
const MODEL = { slots: CACHES, ttftMs: 100, tokensPerSecond: 60, promptTokensPerSecond: 800 };
const PROMPT_WORDS = 600;
const MESSAGES = 6;
/** Of the prompt tokens, after the first message of each chat. */
const MARK = 0.9;

interface Load {
  name: string;
  chats: number;
  /** Of an answer. */
  words: number;
  /** Milliseconds between an answer and the next message. */
  pauseMs: number;
}

const LOADS: readonly Load[] = [
  { name: '3 chats on 4 slots', chats: 3, words: 40, pauseMs: 300 },
  { name: '6 chats on 4 slots, that pause', chats: 6, words: 40, pauseMs: 1000 },
  { name: '6 chats on 4 slots, that pause; long answers', chats: 6, words: 240, pauseMs: 2000 },
  { name: '8 chats on 4 slots, that do not', chats: 8, words: 40, pauseMs: 0 },
];

interface Figures {
  cached: number;
  firstTextMs: number[];
  seconds: number;
}

interface Run {
  usage: { prompt_tokens: number; cached_tokens: number };
  timings: { ttft_ms: number };
}

async function measure(load: Load, isPool: boolean): Promise<Figures> {
  const servers = await Promise.all([startModelServer(MODEL), startModelServer(MODEL)]);
  const proxy = isPool ? undefined : await startPipeProxy(servers.map(({ url }) => url).join(','));
  const file = join(tmpdir(), `interject-pool-${process.pid}.json`);
  writeFileSync(file, JSON.stringify(configuration(servers, proxy)));
  const stack = await startStack(['--config', file, '--policy', 'none']);
  try {
    const startedAt = performance.now();
    const runs = (await Promise.all(Array.from({ length: load.chats }, (_, chat) => talk(stack, chat, load)))).flat();
    const sum = (field: keyof Run['usage']) => runs.reduce((total, { usage }) => total + usage[field], 0);
    return {
      cached: sum('cached_tokens') / sum('prompt_tokens'),
      firstTextMs: runs.map(({ timings }) => timings.ttft_ms),
      seconds: (performance.now() - startedAt) / 1000,
    };
  } finally {
    await stack.close();
    await Promise.all([...servers, ...(proxy === undefined ? [] : [proxy])].map((server) => server.close()));
    rmSync(file);
  }
}

function configuration(servers: readonly RunningServer[], proxy: RunningServer | undefined): object {
  const agents = [{ name: 'assistant', backend: 'fast' }];
  if (proxy !== undefined)
    return { agents, backends: [{ name: 'fast', url: proxy.url, slots: SLOTS * servers.length }] };
  const backends = servers.map(({ url }, index) => ({ name: `gpu${index}`, url, slots: SLOTS }));
  return { agents, backends, pools: { fast: backends.map(({ name }) => name) } };
}

/** Returns the runs but the first, whose prompt nobody can have. */
async function talk(stack: RunningStack, chat: number, { pauseMs, words }: Load): Promise<Run[]> {
  const runs: Run[] = [];
  const first = `chat ${chat} begins ${'with many words '.repeat(PROMPT_WORDS / 3)}`;
  await ask(stack, chat, first);
  for (let message = 1; message < MESSAGES; message++) {
    await new Promise((resolve) => setTimeout(resolve, pauseMs * (0.5 + ((chat + message) % 3) / 2)));
    runs.push(await ask(stack, chat, `say: ${'word '.repeat(words)}`));
  }
  return runs;
}

async function ask({ url, token }: RunningStack, chat: number, content: string): Promise<Run> {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ content, chat: `c${chat}` });
  const reply = await fetch(`${url}/chat/assistant`, { method: 'POST', headers, body });
  if (reply.status !== 200) throw new Error(`${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as Run;
}

for (const load of LOADS) {
  console.log(load.name);
  for (const isPool of [true, false]) {
    const { cached, firstTextMs, seconds } = await measure(load, isPool);
    const isMissed = isPool && load.chats <= SLOTS * 2 && cached < MARK;
    if (isMissed) process.exitCode = 1;
    const mean = firstTextMs.reduce((sum, ms) => sum + ms, 0) / firstTextMs.length;
    console.log(
      `${isMissed ? 'MISS' : 'ok  '} ${isPool ? 'pool       ' : 'round robin'} ${(cached * 100).toFixed(1)} % of prompt tokens from the cache; ` +
        `first text after ${median(firstTextMs).toFixed(0)} ms (median), ${mean.toFixed(0)} ms (mean); all in ${seconds.toFixed(1)} s`,
    );
  }
}
