/**
 * How soon the first token of a corrected answer comes after the offence, on the simulator, or with `--url` on a model server that runs, or
 * with `--llama-server PATH --model FILE` on one that is started for it. Ends with exit code 1 when a figure misses its mark.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type CorrectedTurn, measureCorrectedTurn } from './corrected-turns.ts';
import { machine } from './machine.ts';
import { startRecordingProxy } from './recording-proxy.ts';
import { type RunningServer, startModelServer, startStack } from './servers.ts';
import { median, percentile } from './statistics.ts';

const ROUNDS = 20;
/** Milliseconds over the time to first token of the model server alone: of the simulator, and of a real one, whose cache is warm. */
const MARKS = { simulator: 10, real: 45 };
const SIMULATOR = { ttftMs: 60, tokensPerSecond: 50, slots: 4 };
const LLAMA_PORT = 18_080;
const QUESTION =
  'Tell me at some length what a harbour is for, who works there, and what one sees there in the morning.';

interface Target extends RunningServer {
  mark: number;
}

const { values: flags } = parseArgs({
  options: { url: { type: 'string' }, 'llama-server': { type: 'string' }, model: { type: 'string' } },
});

async function target(): Promise<Target> {
  const { url, model, 'llama-server': program } = flags;
  if (url !== undefined) return { url, mark: MARKS.real, close: async () => {} };
  if (program === undefined) return { ...(await startModelServer(SIMULATOR)), mark: MARKS.simulator };
  if (model === undefined) throw new Error('--llama-server needs --model FILE');
  const options = ['-m', model, '--port', String(LLAMA_PORT), '--host', '127.0.0.1', '-np', '2', '-c', '4096'];
  const child = spawn(program, options, { stdio: 'ignore' });
  const address = `http://127.0.0.1:${LLAMA_PORT}`;
  await untilHealthy(address, child);
  return { url: address, mark: MARKS.real, close: () => ended(child) };
}

async function untilHealthy(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null) {
    if ((await fetch(`${url}/health`).catch(() => undefined))?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`llama-server did not start (exit code ${child.exitCode})`);
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill();
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

/** The simulator says what it is told, whatever a model would. */
function questionOf(mark: number): string {
  return mark === MARKS.simulator ? `say: ${QUESTION} ${QUESTION}` : QUESTION;
}

function print(what: string, values: readonly number[]): void {
  const [p50, p90] = [median(values), percentile(values, 90)];
  console.log(`${what.padEnd(76)} p50 ${p50.toFixed(1).padStart(7)} ms   p90 ${p90.toFixed(1).padStart(7)} ms`);
}

/** Returns whether the mark was reached. */
function report(turns: readonly CorrectedTurn[], mark: number): boolean {
  const of = (name: Exclude<keyof CorrectedTurn, 'prompt'>): number[] => turns.map((turn) => turn[name]);
  print('offence passed on to request of the corrected turn', of('toRequest'));
  print('  to its first text from the model server', of('toText'));
  print('  until the reader has it', of('toReader'));
  print('offence to first text of the corrected turn at the reader', of('whole'));
  print('the same prompt asked directly, what stands before the correction cached', of('sameCache'));
  print('the same prompt asked directly once more, all of it cached', of('asked'));
  const [prompt] = turns.flatMap((turn) => turn.prompt ?? []);
  if (prompt !== undefined) {
    const tokens = prompt.read + prompt.cached;
    console.log(`the corrected turn's prompt: ${tokens} tokens, cache_n ${prompt.cached}, read anew ${prompt.read}`);
  }
  const over = (name: 'sameCache' | 'asked'): number => median(of('whole')) - median(of(name));
  const figure = `${over('sameCache').toFixed(1)} ms over the first token of the same prompt with the same cache`;
  const isReached = over('sameCache') <= mark;
  console.log(
    `${isReached ? 'ok  ' : 'MISS'} ${figure}, ${over('asked').toFixed(1)} ms with all cached (mark: ${mark} ms)`,
  );
  return isReached;
}

console.log(machine());
const model = await target();
const proxy = await startRecordingProxy(model.url);
const stack = await startStack(['--backend', proxy.url, '--policy', join(import.meta.dirname, 'first-turns.ts')]);
const turns: CorrectedTurn[] = [];
try {
  for (let round = 0; round <= ROUNDS; round++) {
    const turn = await measureCorrectedTurn(stack, proxy, `${questionOf(model.mark)} (${round})`);
    if (round > 0) turns.push(turn);
  }
  process.exitCode = report(turns, model.mark) ? 0 : 1;
} finally {
  for (const server of [stack, proxy, model]) await server.close();
}
