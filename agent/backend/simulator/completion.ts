/**
 * One chat completion from its arrival to its end: it waits for a slot, reads, generates at its pace, ends. A client that goes
 * away cancels a stream at once. Like the real server it does not notice that the client of a queued or unstreamed request
 * has gone while other streams run: such a request keeps its place, reads its prompt, and ends at its first token or its end.
 */
import type { ServerResponse } from 'node:http';
import { type AnswerWriter, StreamWriter, WholeWriter } from './answer-writer.ts';
import type { ChatRequest } from './chat-request.ts';
import type { CompletionSummary } from './completion-body.ts';
import { Pacer } from './pacing.ts';
import type { PreparedAnswer } from './prepared-answer.ts';
import { epochMs, type LoggedRequest, type RequestOutcome } from './request-log.ts';
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

export class Completion {
  readonly #simulation: Simulation;
  readonly #request: ChatRequest;
  readonly #prompt: readonly string[];
  readonly #answer: PreparedAnswer;
  readonly #writer: AnswerWriter;
  readonly #entry: LoggedRequest;
  #run: Run | undefined;
  #leaveQueue: (() => void) | undefined;
  #poll: NodeJS.Timeout | undefined;

  constructor(
    simulation: Simulation,
    request: ChatRequest,
    prompt: readonly string[],
    answer: PreparedAnswer,
    response: ServerResponse,
  ) {
    this.#simulation = simulation;
    this.#request = request;
    this.#prompt = prompt;
    this.#answer = answer;
    this.#entry = simulation.log.open(request.messages);
    this.#writer = writerFor(simulation, request, this.#entry.id, response);
    response.once('close', () => this.#clientGone()).on('drain', () => this.#run?.pacer.resume());
  }

  /** Takes a slot, now or when one is free. */
  start(): void {
    this.#simulation.track(this);
    const leaveQueue = this.#simulation.slots.acquire(this.#prompt, (slot) => this.#begin(slot));
    if (this.#run === undefined) this.#leaveQueue = leaveQueue;
  }

  /** Ends it, whatever its state. */
  cancel(): void {
    this.#end('cancelled');
  }

  #begin(slot: Slot): void {
    const pacer = new Pacer(this.#simulation.settings, this.#answer.tokens.length, {
      onDue: (from, to) => this.#send(from, to),
      onEnd: () => this.#finish(),
    });
    slot.work = this.#workIn(slot);
    this.#run = { slot, work: slot.work, pacer, since: performance.now(), firstTokenAt: undefined };
    this.#entry.outcome = 'running';
    this.#writer.begin();
    pacer.start();
  }

  #workIn(slot: Slot): SlotWork {
    const promptTokens = this.#prompt.length;
    const cachedTokens = Math.min(commonTokens(slot.cache, this.#prompt), promptTokens - 1);
    return { task: this.#entry.id, request: this.#request, promptTokens, cachedTokens, decoded: 0 };
  }

  #send(from: number, to: number): boolean {
    if (this.#poll !== undefined && this.#request.stream) this.cancel();
    if (this.#run === undefined) return false;
    this.#note(this.#run, to);
    return this.#writer.write(this.#answer.tokens.slice(from, to));
  }

  #note(run: Run, sent: number): void {
    const now = performance.now();
    run.firstTokenAt ??= now;
    run.work.decoded = sent;
    this.#entry.firstTokenAt ??= epochMs();
    this.#entry.tokensSent = sent;
    if (this.#request.stream) this.#simulation.lastStreamedAt = now;
  }

  #finish(): void {
    const kind = this.#answer.fault?.kind;
    if (kind === 'hang' || this.#run === undefined) return;
    const summary = this.#summary(this.#run);
    this.#end(kind === undefined ? 'completed' : 'failed');
    if (kind === undefined) this.#deliver(summary);
    else this.#writer.breakOff(kind);
  }

  #deliver(summary: CompletionSummary): void {
    this.#simulation.count(summary);
    this.#writer.end(summary);
  }

  #summary({ work, since, firstTokenAt = performance.now() }: Run): CompletionSummary {
    const { finishReason, tokens } = this.#answer;
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
    if (this.#entry.endedAt !== null) return;
    if (this.#run !== undefined && this.#request.stream) this.cancel();
    else this.#poll = setInterval(() => this.#cancelWhenQuiet(), POLL_MS);
  }

  #cancelWhenQuiet(): void {
    if (performance.now() - this.#simulation.lastStreamedAt >= POLL_MS) this.cancel();
  }

  #end(outcome: RequestOutcome): void {
    if (this.#entry.endedAt !== null) return;
    this.#entry.endedAt = epochMs();
    this.#entry.outcome = outcome;
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
    const sent = this.#answer.tokens.slice(0, this.#entry.tokensSent);
    return [...this.#prompt, ...sent.map(({ text }) => text)];
  }
}

function writerFor(simulation: Simulation, request: ChatRequest, id: number, response: ServerResponse): AnswerWriter {
  const created = Math.floor(Date.now() / 1000);
  const identity = { id: simulation.completionId(id), created, model: simulation.alias };
  return request.stream
    ? new StreamWriter(response, identity, request.includeUsage)
    : new WholeWriter(response, identity);
}

/** Milliseconds with three decimals, as the server writes them. */
function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
