/**
 * One answer from its arrival to its end: it waits for a slot, reads, generates at its pace, ends. A client that goes
 * away cancels a stream at once. Like a real llama-server it may not notice that the client of a queued or unstreamed request
 * has gone while other streams run: such a request keeps its place, reads its prompt, and ends at its first token or its end.
 */
import type { ServerResponse } from 'node:http';
import { type AnswerPlan, planAnswer } from './answer.ts';
import type { AnswerRequest } from './answer-request.ts';
import type { AnswerSummary, AnswerWriter } from './answer-writer.ts';
import { type Pace, Pacer } from './pacing.ts';
import type { PreparedAnswer } from './prepared-answer.ts';
import { epochMs, type LoggedRequest, type RequestOutcome } from './request-log.ts';
import { answerBySchema } from './schema-answer.ts';
import type { Simulation } from './simulation.ts';
import type { Slot, SlotWork } from './slots.ts';
import { commonTokens } from './tokens.ts';

/** How often the real server asks whether the client of a quiet request is still there. */
const POLL_MS = 1000;

/** What is done in a slot. */
interface Run {
  slot: Slot;
  work: SlotWork;
  pacer: Pacer;
  /** Monotonic milliseconds. */
  since: number;
  firstTokenAt: number | undefined;
}

/** An answer that is ready to be given. */
export interface CompletionTask {
  request: AnswerRequest;
  /** Tokens. */
  prompt: readonly string[];
  answer: PreparedAnswer;
  /** Kept up to date until the end. */
  entry: LoggedRequest;
  response: ServerResponse;
  writer: AnswerWriter;
  /** `in-streams`: only the client of a running stream is missed at once, as llama-server does. */
  missesClient: 'always' | 'in-streams';
}

/** What is said to a request, and which fault it has: its own, or that of the settings. */
export function planCompletion(simulation: Simulation, { messages, seed, schema }: AnswerRequest): AnswerPlan {
  if (schema !== undefined) {
    const text = answerBySchema(schema, messages.at(-1)?.content ?? '');
    return { reasoning: '', text, isScripted: true, fault: simulation.takeFault() };
  }
  const plan = planAnswer(messages, seed ?? simulation.seed);
  return { ...plan, fault: plan.fault ?? simulation.takeFault() };
}

export class Completion {
  readonly #simulation: Simulation;
  readonly #task: CompletionTask;
  #run: Run | undefined;
  #leaveQueue: (() => void) | undefined;
  #poll: NodeJS.Timeout | undefined;

  constructor(simulation: Simulation, task: CompletionTask) {
    this.#simulation = simulation;
    this.#task = task;
    task.response.once('close', () => this.#clientGone()).on('drain', () => this.#run?.pacer.resume());
  }

  /** Takes a slot, now or when one is free. */
  start(): void {
    this.#simulation.track(this);
    const leaveQueue = this.#simulation.slots.acquire(this.#task.prompt, (slot) => this.#begin(slot));
    if (this.#run === undefined) this.#leaveQueue = leaveQueue;
  }

  /** Ends it, whatever its state. */
  cancel(): void {
    this.#end('cancelled');
  }

  #begin(slot: Slot): void {
    const work = this.#workIn(slot);
    const pacer = new Pacer(this.#paceOf(work), this.#task.answer.tokens.length, {
      onDue: (from, to) => this.#send(from, to),
      onEnd: () => this.#finish(),
    });
    slot.work = work;
    this.#run = { slot, work, pacer, since: performance.now(), firstTokenAt: undefined };
    this.#task.entry.outcome = 'running';
    this.#task.writer.begin();
    pacer.start();
  }

  #paceOf({ promptTokens, cachedTokens }: SlotWork): Pace {
    const { ttftMs, tokensPerSecond, promptTokensPerSecond } = this.#simulation.settings;
    const readMs = promptTokensPerSecond === 0 ? 0 : ((promptTokens - cachedTokens) * 1000) / promptTokensPerSecond;
    return { ttftMs: ttftMs + readMs, tokensPerSecond };
  }

  #workIn(slot: Slot): SlotWork {
    const promptTokens = this.#task.prompt.length;
    const cachedTokens = Math.min(commonTokens(slot.cache, this.#task.prompt), promptTokens - 1);
    return { task: this.#task.entry.id, request: this.#task.request, promptTokens, cachedTokens, decoded: 0 };
  }

  #send(from: number, to: number): boolean {
    if (this.#poll !== undefined && this.#task.request.stream) this.cancel();
    if (this.#run === undefined) return false;
    this.#note(this.#run, to);
    return this.#task.writer.write(this.#task.answer.tokens.slice(from, to));
  }

  #note(run: Run, sent: number): void {
    const now = performance.now();
    run.firstTokenAt ??= now;
    run.work.decoded = sent;
    this.#task.entry.firstTokenAt ??= epochMs();
    this.#task.entry.tokensSent = sent;
    if (this.#task.request.stream) this.#simulation.lastStreamedAt = now;
  }

  #finish(): void {
    const kind = this.#task.answer.fault?.kind;
    if (kind === 'hang' || this.#run === undefined) return;
    const summary = this.#summary(this.#run);
    this.#end(kind === undefined ? 'completed' : 'failed');
    if (kind === undefined) this.#deliver(summary);
    else this.#task.writer.breakOff(kind);
  }

  #deliver(summary: AnswerSummary): void {
    this.#simulation.count(summary);
    this.#task.writer.end(summary);
  }

  #summary({ work, since, firstTokenAt = performance.now() }: Run): AnswerSummary {
    const { finishReason, tokens } = this.#task.answer;
    return {
      finishReason,
      promptTokens: work.promptTokens,
      cachedTokens: work.cachedTokens,
      completionTokens: tokens.length + (finishReason === 'stop' ? 1 : 0),
      promptMs: roundMs(firstTokenAt - since),
      predictedMs: roundMs(performance.now() - firstTokenAt),
    };
  }

  #clientGone(): void {
    if (this.#task.entry.endedAt !== null) return;
    const isMissed = this.#task.missesClient === 'always' || (this.#run !== undefined && this.#task.request.stream);
    if (isMissed) this.cancel();
    else this.#poll = setInterval(() => this.#cancelWhenQuiet(), POLL_MS);
  }

  #cancelWhenQuiet(): void {
    if (performance.now() - this.#simulation.lastStreamedAt >= POLL_MS) this.cancel();
  }

  #end(outcome: RequestOutcome): void {
    if (this.#task.entry.endedAt !== null) return;
    this.#task.entry.endedAt = epochMs();
    this.#task.entry.outcome = outcome;
    clearInterval(this.#poll);
    this.#leaveQueue?.();
    this.#simulation.forget(this);
    const run = this.#run;
    this.#run = undefined;
    run?.pacer.stop();
    if (run !== undefined) this.#simulation.slots.release(run.slot, this.#sequence());
  }

  /** Prompt and what was generated: what the slot keeps. */
  #sequence(): string[] {
    const sent = this.#task.answer.tokens.slice(0, this.#task.entry.tokensSent);
    return [...this.#task.prompt, ...sent.map(({ text }) => text)];
  }
}

/** Milliseconds with three decimals, as the server writes them. */
function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
