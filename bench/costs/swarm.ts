/**
 * What a swarm costs beside plain messages to the same agents, on the stack as a user starts it: a parallel swarm of N agents on N slots
 * against its slowest agent, and what the patterns add to each step. Prints the figures; exit code 1 when a mark is missed.
 */
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import type { RunView } from '../../supervisor/service.ts';
import type { SwarmView } from '../../supervisor/swarms/views.ts';
import { type RunningStack, startModelServer, startStack } from './servers.ts';
import { median, percentile } from './statistics.ts';

const AGENTS = ['a', 'b', 'c', 'd'];
const ROUNDS = 15;
const MODEL = { slots: AGENTS.length, ttftMs: 100, tokensPerSecond: 60 };
const WORDS = 120;
const MARKS = { parallel: 1.02, stepMs: 2 };

async function ask<T>({ url, token }: RunningStack, path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const post = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const reply = await fetch(`${url}${path}`, { headers, ...post });
  if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${await reply.text()}`);
  return (await reply.json()) as T;
}

/** Runs a swarm to its end. */
async function swarm(stack: RunningStack, mode: string, task: string, agents: readonly string[]): Promise<SwarmView> {
  const begun = await ask<SwarmView>(stack, '/swarms', { task, mode, agents });
  let view = begun;
  while (view.state === 'running') view = await ask<SwarmView>(stack, `/swarms/${begun.swarm}?wait=60`);
  if (view.state !== 'finished') throw new Error(`the swarm ended: ${JSON.stringify(view.error)}`);
  return view;
}

/** Milliseconds that the model server worked on each of the newest calls. */
async function modelMs(server: string, calls: number): Promise<number[]> {
  const log = (await (await fetch(`${server}/simulator/requests`)).json()) as LoggedRequest[];
  return log.slice(-calls).map(({ started, endedAt }) => (endedAt ?? Number.NaN) - started);
}

const msOf = ({ created_at, ended_at = Number.NaN }: SwarmView): number => ended_at - created_at;

/** A parallel swarm, and plain messages to all of its agents at once: milliseconds of the whole, and of the slowest agent. */
async function measureParallel(stack: RunningStack, server: string): Promise<{ swarm: number[]; plain: number[] }> {
  const ratios: { swarm: number[]; plain: number[] } = { swarm: [], plain: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const task = `say: ${'word '.repeat(WORDS)}${round}`;
    const whole = msOf(await swarm(stack, 'parallel', task, AGENTS));
    ratios.swarm.push(whole / Math.max(...(await modelMs(server, AGENTS.length))));
    const chat = `plain-${round}`;
    const startedAt = performance.now();
    await Promise.all(AGENTS.map((agent) => ask<RunView>(stack, `/chat/${agent}`, { content: task, chat })));
    const took = performance.now() - startedAt;
    ratios.plain.push(took / Math.max(...(await modelMs(server, AGENTS.length))));
  }
  return ratios;
}

/** What a step of a sequential swarm takes beyond its run, and what a plain message takes beyond the same work of the model: milliseconds. */
async function measureSteps(stack: RunningStack): Promise<{ between: number[]; swarm: number[]; plain: number[] }> {
  const figures: { between: number[]; swarm: number[]; plain: number[] } = { between: [], swarm: [], plain: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const view = await swarm(stack, 'pipeline', 'say: hello', Array(8).fill('a') as string[]);
    const outputs = view.result?.outputs ?? [];
    const inRuns = outputs.reduce((sum, { duration_ms }) => sum + duration_ms, 0);
    figures.between.push((msOf(view) - inRuns) / outputs.length);
    figures.swarm.push(msOf(view) / outputs.length);
    const startedAt = performance.now();
    for (let count = 0; count < outputs.length; count++) {
      await ask<RunView>(stack, '/chat/a', { content: 'say: hello', chat: `step-${round}-${count}` });
    }
    figures.plain.push((performance.now() - startedAt) / outputs.length);
  }
  return figures;
}

function line(what: string, figure: string, isReached: boolean, mark: string): void {
  if (!isReached) process.exitCode = 1;
  console.log(`${isReached ? 'ok  ' : 'MISS'} ${what}: ${figure} (mark: ${mark})`);
}

const server = await startModelServer(MODEL);
const stack = await startStack(['--backend', server.url, '--agents', AGENTS.join(','), '--policy', 'none']);
try {
  const { swarm: ratios, plain } = await measureParallel(stack, server.url);
  const whole = median(ratios);
  const shown = `${whole.toFixed(4)} times the slowest agent (p90 ${percentile(ratios, 90).toFixed(4)})`;
  console.log(`${AGENTS.length} agents on ${MODEL.slots} slots, answers of ${WORDS} words, ${ROUNDS} rounds`);
  console.log(`  plain messages to the same agents: ${median(plain).toFixed(4)} times, seen by their client`);
  line('parallel swarm', shown, whole <= MARKS.parallel, `${MARKS.parallel}`);
} finally {
  await stack.close();
  await server.close();
}

const fast = await startModelServer({ ...MODEL, ttftMs: 5, tokensPerSecond: 0 });
const other = await startStack(['--backend', fast.url, '--agents', 'a', '--policy', 'none']);
try {
  await measureSteps(other);
  const { between, swarm: steps, plain } = await measureSteps(other);
  console.log(`pipelines of 8 steps, ${ROUNDS} rounds`);
  console.log(`  a step ${median(steps).toFixed(2)} ms, a plain message ${median(plain).toFixed(2)} ms`);
  const added = median(between);
  line('added to a step, beyond its run', `${added.toFixed(2)} ms`, added <= MARKS.stepMs, `${MARKS.stepMs} ms`);
} finally {
  await other.close();
  await fast.close();
}
