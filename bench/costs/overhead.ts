/**
 * What supervision costs, measured on the stack as a user starts it, side by side with the model server itself and with a bare pipe
 * proxy. Prints machine, versions and figures; ends with exit code 1 when a figure misses its mark or anything was lost.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CutsResult, measureCuts } from './cuts.ts';
import { type FirstTextResult, measureFirstText } from './first-text.ts';
import { machine } from './machine.ts';
import { agentStartsMs, type Memory, memoryOf } from './processes.ts';
import { type RunningStack, startModelServer, startPipeProxy, startStack } from './servers.ts';
import { median, percentile } from './statistics.ts';
import { measureThroughput, type ThroughputResult } from './throughput.ts';

const ROUNDS = 5;
const MODEL = { slots: 64, ttftMs: 5, tokensPerSecond: 100 };
const ONE_STREAM = { streams: 1, rounds: ROUNDS, questions: 40, words: 4, staggerMs: 0 };
const SIXTEEN_STREAMS = { streams: 16, rounds: ROUNDS, questions: 6, words: 30, staggerMs: 20 };
const MARKS = {
  ratioOne: 2.5,
  ratioSixteen: 1.6,
  cutP50: 1,
  cutP99: 5,
  privateMb: 14,
  pssMb: 16,
  agentReadyMs: 200,
  tokens: 15_000,
  readyMs: 2000,
};

const misses: string[] = [];

function line(what: string, figure: string, isReached: boolean, mark: string): void {
  if (!isReached) misses.push(what);
  console.log(`${isReached ? 'ok  ' : 'MISS'} ${what}: ${figure} (mark: ${mark})`);
}

function printMachine(): void {
  console.log(machine());
  console.log('All processes share the cores: model server, agents, supervisor, and this one with all its readers.\n');
}

function printFirstText(result: FirstTextResult, mark: number): void {
  const { streams, samples, p50, p99, ratio, chainRatio } = result;
  const times = (row: FirstTextResult['p50']): string =>
    `direct ${row.direct.toFixed(2)}, proxy ${row.proxy.toFixed(2)}, two proxies ${row.chain.toFixed(2)}, supervised ${row.supervised.toFixed(2)} ms`;
  console.log(`first text, ${streams} stream(s), ${samples} samples each: p50 ${times(p50)}; p99 ${times(p99)}`);
  const added = `${(p50.supervised - p50.direct).toFixed(2)} ms against ${(p50.proxy - p50.direct).toFixed(2)} ms`;
  console.log(`     two bare proxies in a row add ${chainRatio.toFixed(2)} times what one adds`);
  line(
    `added to the first text, ${streams} stream(s)`,
    `${ratio.toFixed(2)} times (${added})`,
    ratio <= mark,
    `${mark} times`,
  );
}

function printCuts({ cutMs, flaggedShown }: CutsResult): void {
  const [p50, p99] = [percentile(cutMs, 50), percentile(cutMs, 99)];
  const reached = p50 <= MARKS.cutP50 && p99 <= MARKS.cutP99;
  line(
    `offending delta read to upstream closed, ${cutMs.length} cuts`,
    `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
    reached,
    'p50 1 ms, p99 5 ms',
  );
  line('flagged characters shown', String(flaggedShown), flaggedShown === 0, '0');
}

/** Right after the work garbage is still there; a few seconds later the heap has shrunk. */
async function printAgentMemory(stack: RunningStack): Promise<void> {
  const largest = (): number => Math.max(...memoryOfAgents(stack).map(({ privateMb }) => privateMb));
  const atOnce = largest();
  await sleep(10_000);
  const settled = largest();
  const figure = `${settled.toFixed(1)} MB (${atOnce.toFixed(1)} MB right after its last answer)`;
  line('private memory of an agent, 10 s after this work', figure, settled <= MARKS.privateMb, `${MARKS.privateMb} MB`);
}

function memoryOfAgents(stack: RunningStack): Memory[] {
  return stack
    .processes()
    .filter(({ kind }) => kind === 'agent')
    .map(({ pid }) => memoryOf(pid));
}

function printThroughput({ streams, tokensPerSecond, sent, stored, seen }: ThroughputResult): void {
  const figure = `${Math.round(tokensPerSecond)} tokens/s; sent ${sent}, stored ${stored}, seen ${seen}`;
  line(
    `supervised throughput, ${streams} streams and readers`,
    figure,
    tokensPerSecond >= MARKS.tokens,
    `${MARKS.tokens}`,
  );
  line('nothing dropped', `${sent} = ${stored} = ${seen}`, sent === stored && stored === seen, 'all equal');
}

async function withTwoAgents(): Promise<void> {
  const model = await startModelServer(MODEL);
  const proxy = await startPipeProxy(model.url);
  const chain = await startPipeProxy(proxy.url);
  const stack = await startStack(['--backend', model.url]);
  const addresses = { model: model.url, proxy: proxy.url, chain: chain.url, stack };
  console.log(`model: first token after ${MODEL.ttftMs} ms, then ${MODEL.tokensPerSecond} tokens/s for each stream`);
  printFirstText(await measureFirstText(addresses, ONE_STREAM), MARKS.ratioOne);
  printFirstText(await measureFirstText(addresses, SIXTEEN_STREAMS), MARKS.ratioSixteen);
  printCuts(await measureCuts(stack, 100));
  await printAgentMemory(stack);
  for (const server of [stack, chain, proxy, model]) await server.close();
}

async function withSixteenAgents(): Promise<void> {
  const agents = Array.from({ length: 16 }, (_, index) => `agent-${index + 1}`);
  const model = await startModelServer({ slots: 64, ttftMs: 0, tokensPerSecond: 0 });
  const stack = await startStack(['--backend', model.url, '--agents', agents.join(',')]);
  const pssMb = median(memoryOfAgents(stack).map((memory) => memory.pssMb));
  line('PSS of an agent, 16 agents', `${pssMb.toFixed(1)} MB`, pssMb <= MARKS.pssMb, `${MARKS.pssMb} MB`);
  await measureThroughput(stack, model.url, agents, 64, 200);
  printThroughput(await measureThroughput(stack, model.url, agents, 64, 2000));
  for (const server of [stack, model]) await server.close();
}

async function starts(): Promise<void> {
  const readyMs: number[] = [];
  const agentMs: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const stack = await startStack([]);
    if (round > 0) readyMs.push(stack.readyMs);
    if (round > 0) agentMs.push(...agentStartsMs(stack.folder));
    await stack.close();
  }
  line(
    'fork of an agent to ready, median',
    `${median(agentMs).toFixed(0)} ms`,
    median(agentMs) <= MARKS.agentReadyMs,
    `${MARKS.agentReadyMs} ms`,
  );
  line(
    'npx tsx run.ts to /readyz, warm, median',
    `${median(readyMs).toFixed(0)} ms`,
    median(readyMs) <= MARKS.readyMs,
    `${MARKS.readyMs} ms`,
  );
}

printMachine();
await starts();
await withTwoAgents();
await withSixteenAgents();
console.log(misses.length === 0 ? '\nEvery mark was reached.' : `\nMissed: ${misses.join('; ')}`);
process.exitCode = misses.length === 0 ? 0 : 1;
