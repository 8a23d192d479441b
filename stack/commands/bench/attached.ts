/** `bench` with backends of a running stack: the stack measures, this shows how far it is and what came of it. Ctrl-C stops it. */
import { randomUUID } from 'node:crypto';
import { type BenchmarkRequest, benchmarkRequestSchema } from '../../../bench/request.ts';
import type { BenchmarkView } from '../../../supervisor/benchmarks/views.ts';
import { EndingSignals } from '../../ending-signals.ts';
import { EXIT, Failure, usageFailure } from '../../failure.ts';
import { flagOf, type GivenOptions } from '../../options.ts';
import { printable } from '../../printable.ts';
import { say } from '../../terminal.ts';
import { attachToRunning } from '../attach.ts';
import { type StackAccess, StackError } from '../chat/stack-access.ts';
import { askAgain, type EventOf, eventsOf } from '../stack-events.ts';
import type { BenchOptions } from './options.ts';
import { type Display, openDisplay } from './progress.ts';
import { optionsUnder } from './settings.ts';

/** Flags that have no meaning there, with the reason. */
const NOT_THERE: Partial<Record<keyof BenchOptions, string>> = {
  collectorOllamaUrl: 'a stack is told the names of its backends',
  insightOllamaUrl: 'a stack is told the names of its backends',
  outputDir: 'the files go into the data folder of the stack',
  corpus: 'a stack measures with the corpus that it makes',
  maxConcurrent: 'a slot would be kept from others meanwhile',
  unloadBetween: 'others use these servers too',
  resume: 'a stack goes on by itself',
};
const SECONDS_PER_QUESTION = 3;
/** Milliseconds for which the end of a benchmark that was stopped is waited for. */
const STOPPED_MS = 60_000;

/** Returns the exit code. @throws Failure */
export async function runInStack(words: readonly string[], own: BenchOptions, given: GivenOptions): Promise<number> {
  if (words.length > 0) throw usageFailure(`bench run takes no ${words[0]}. See bench --help.`);
  const request = requestOf(own);
  const signals = new EndingSignals();
  const leaving = new AbortController();
  void signals.first.then(() => leaving.abort());
  void signals.impatience.then(() => process.exit(EXIT.interrupted));
  const display = await openDisplay();
  try {
    const stack = await attachToRunning(given, (line) => display.note(line), leaving.signal);
    const view = await followed(stack, request, display, leaving.signal);
    display.hide();
    const code = print(view);
    return leaving.signal.aborted ? interruption(signals) : code;
  } catch (error) {
    if (leaving.signal.aborted) return interruption(signals);
    throw error instanceof StackError ? new Failure(`The stack refuses: ${error.message}`) : error;
  } finally {
    display.hide();
    signals.close();
  }
}

function interruption({ received }: EndingSignals): number {
  return received === 'SIGINT' ? EXIT.interrupted : EXIT.failed;
}

/** @throws Failure (exit code 2) that names the flag */
function requestOf(own: BenchOptions): BenchmarkRequest {
  const { collectorBackend: collector, insightBackend: insight, staggerMs } = own;
  if (collector === undefined || insight === undefined) {
    throw usageFailure(
      '--collector-backend and --insight-backend go together; the same name twice is one server for both.',
    );
  }
  for (const [name, why] of Object.entries(NOT_THERE)) {
    const value = own[name as keyof BenchOptions];
    if (value !== undefined && value !== false)
      throw usageFailure(`${flagOf(name)}: not with backends of a stack: ${why}.`);
  }
  if (staggerMs > 0)
    throw usageFailure('--stagger-ms: not with backends of a stack: a slot would be kept from others.');
  const request = {
    backends: { collector, insight },
    ...{ scenario: own.scenario, preset: own.preset, model: own.model, runs: own.runs },
    ...{ chimera: optionsUnder('chimera', own), chimera2: optionsUnder('chimera2', own) },
    ...{ workload: own.workload, num_predict: own.numPredict, seed: own.seed, runtime: own.runtime },
    ...{ design: own.design, warmup: own.warmup, timeout_s: own.timeout },
  };
  const checked = benchmarkRequestSchema.safeParse(JSON.parse(JSON.stringify(request)));
  if (checked.success) return checked.data;
  const reasons = checked.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw usageFailure(`${reasons.join('; ')}. See bench --help.`);
}

/** The benchmark when it has ended. */
async function followed(
  stack: StackAccess,
  request: BenchmarkRequest,
  display: Display,
  signal: AbortSignal,
): Promise<BenchmarkView> {
  const order = { ...request, key: randomUUID() };
  const { benchmark: id, first_seq, state } = await askAgain<BenchmarkView>(stack, signal, '/benchmarks', order);
  display.note(`benchmark ${id} in the stack at ${stack.url}; chats go first`);
  if (state === 'queued') display.note('another benchmark goes before it');
  try {
    const watch = new Watch(display);
    for await (const event of eventsOf(stack, { kind: 'benchmark', id }, first_seq - 1, signal)) watch.tell(event);
    return await askAgain<BenchmarkView>(stack, signal, `/benchmarks/${id}`);
  } catch (error) {
    if (!signal.aborted) throw error;
    return await stopped(stack, id, display);
  }
}

/** Stops it and waits for what it leaves. @throws Failure the stack does not answer; then it goes on */
async function stopped(stack: StackAccess, id: string, display: Display): Promise<BenchmarkView> {
  display.hide();
  const unanswered = new Failure(`The stack does not answer; benchmark ${id} goes on.`);
  let view = await stack.ask<BenchmarkView>(`/benchmarks/${id}/stop`, {}).catch(() => undefined);
  if (view === undefined) {
    display.note(unanswered.message);
    throw unanswered;
  }
  display.note(`benchmark ${id} is being stopped; what was measured is kept`);
  const patience = AbortSignal.timeout(STOPPED_MS);
  while (view.ended_at === undefined && !patience.aborted) {
    view = await askAgain<BenchmarkView>(stack, patience, `/benchmarks/${id}?wait=${SECONDS_PER_QUESTION}`);
  }
  return view;
}

/** Shows how far it is. */
class Watch {
  readonly #display: Display;
  #elapsedMs = 0;

  constructor(display: Display) {
    this.#display = display;
  }

  tell(event: EventOf<'benchmark'>): void {
    if (event.type !== 'benchmark-progress') return;
    const { what, ms = 0, remaining_ms: left, note } = event;
    if (note !== undefined) this.#display.note(note);
    if (what === undefined) return;
    this.#elapsedMs += ms;
    const fraction = left === undefined ? 0 : this.#elapsedMs / Math.max(1, this.#elapsedMs + left);
    this.#display.ended(what, ms / 1000, { fraction, secondsLeft: left === undefined ? undefined : left / 1000 });
  }
}

/** Returns the exit code. */
function print({ state, result, error, folder }: BenchmarkView): number {
  for (const line of result?.summary ?? [`Files: ${folder}`]) say(printable(line));
  for (const warning of result?.warnings ?? []) say(printable(`Warning: ${warning}.`));
  if (result !== undefined && result.disturbed_runs > 0) {
    say(`${result.disturbed_runs} of ${result.runs.length} runs were disturbed by others on the same server or GPU.`);
  }
  if (state === 'failed') throw new Failure(`The benchmark failed: ${error ?? 'no reason given'}`);
  return (result?.valid_runs ?? 0) > 0 ? EXIT.ok : EXIT.failed;
}
