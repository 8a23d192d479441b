/**
 * One chat completion from its arrival to its end: it waits for a slot, reads, generates at its pace, ends. A client that goes
 * away cancels a stream at once. Like the real server it does not notice that the client of a queued or unstreamed request
 * has gone while other streams run: such a request keeps its place, reads its prompt, and ends at its first token or its end.
 */
import type { ServerResponse } from 'node:http';
import type { AnswerPlan } from './answer.ts';
import { type AnswerWriter, StreamWriter, WholeWriter } from './answer-writer.ts';
import type { ChatRequest } from './chat-request.ts';
import type { AnswerToken, CompletionSummary } from './completion-body.ts';
import { DEFAULT_AFTER_TOKENS, type Fault } from './faults.ts';
import { Pacer } from './pacing.ts';
import { epochMs, type LoggedRequest, type RequestOutcome } from './request-log.ts';
import type { Simulation } from './simulation.ts';
import type { Slot, SlotWork } from './slots.ts';
import { commonTokens, tokenize } from './tokens.ts';

/** How often the real server asks whether the client of a quiet request is still there. */
const POLL_MS = 1000;

export class Completion {
  readonly #simulation: Simulation;
  readonly #request: ChatRequest;
  readonly #prompt: readonly string[];
  readonly #writer: AnswerWriter;
  readonly #entry: LoggedRequest;
  readonly #tokens: readonly AnswerToken[];
  readonly #finishReason: 'stop' | 'length';
  readonly #fault: Fault | undefined;
  readonly #leaveQueue: () => void;
  #slot: Slot | undefined;
  #work: SlotWork | undefined;
  #pacer: Pacer | undefined;
  #poll: NodeJS.Timeout | undefined;
  #runningSince = 0;
  #firstTokenAt = 0;

  constructor(
    simulation: Simulation,
    request: ChatRequest,
    prompt: readonly string[],
    plan: AnswerPlan,
    response: ServerResponse,
  ) {
    this.#simulation = simulation;
    this.#request = request;
    this.#prompt = prompt;
    this.#fault = plan.fault;
    this.#entry = simulation.log.open(request.messages);
    const all = answerTokens(plan, request.echo);
    const limit = Math.min(limitOf(request.maxTokens), simulation.contextTokens - prompt.length);
    this.#tokens = all.slice(0, limit);
    this.#finishReason = all.length >= limit ? 'length' : 'stop';
    this.#writer = writerFor(simulation, request, this.#entry.id, response);
    response.once('close', () => this.#clientGone()).on('drain', () => this.#pacer?.resume());
    this.#leaveQueue = simulation.slots.acquire(prompt, (slot) => this.#run(slot));
  }

  /** Ends it, whatever its state. */
  cancel(): void {
    this.#end('cancelled');
  }

  get #ended(): boolean {
    return this.#entry.endedAt !== null;
  }

  #run(slot: Slot): void {
    const { promptTokens, cachedTokens } = this.#countPrompt(slot);
    this.#slot = slot;
    this.#work = { task: this.#entry.id, request: this.#request, promptTokens, cachedTokens, decoded: 0 };
    slot.work = this.#work;
    this.#entry.outcome = 'running';
    this.#runningSince = performance.now();
    this.#writer.begin();
    const count = this.#fault === undefined ? this.#tokens.length : (this.#fault.afterTokens ?? DEFAULT_AFTER_TOKENS);
    this.#pacer = new Pacer(this.#simulation.settings, Math.min(count, this.#tokens.length), {
      onDue: (from, to) => this.#send(from, to),
      onEnd: () => this.#finish(),
    });
    this.#pacer.start();
  }

  #countPrompt(slot: Slot): { promptTokens: number; cachedTokens: number } {
    const promptTokens = this.#prompt.length;
    return { promptTokens, cachedTokens: Math.min(commonTokens(slot.cache, this.#prompt), promptTokens - 1) };
  }

  #send(from: number, to: number): boolean {
    if (this.#poll !== undefined && this.#request.stream) {
      this.cancel();
      return false;
    }
    const now = performance.now();
    if (from === 0) this.#firstTokenAt = now;
    this.#entry.firstTokenAt ??= epochMs();
    this.#entry.tokensSent = to;
    if (this.#work !== undefined) this.#work.decoded = to;
    if (this.#request.stream) this.#simulation.lastStreamedAt = now;
    return this.#writer.write(this.#tokens.slice(from, to));
  }

  #finish(): void {
    const kind = this.#fault?.kind;
    if (kind === 'hang') return;
    if (kind === undefined || kind === '503') {
      const summary = this.#summary();
      this.#end('completed');
      this.#count(summary);
      this.#writer.end(summary);
    } else {
      this.#end('failed');
      this.#writer.breakOff(kind);
    }
  }

  #clientGone(): void {
    if (this.#ended) return;
    if (this.#slot !== undefined && this.#request.stream) this.cancel();
    else this.#poll = setInterval(() => this.#cancelWhenQuiet(), POLL_MS);
  }

  #cancelWhenQuiet(): void {
    if (performance.now() - this.#simulation.lastStreamedAt >= POLL_MS) this.cancel();
  }

  #end(outcome: RequestOutcome): void {
    if (this.#ended) return;
    this.#entry.endedAt = epochMs();
    this.#entry.outcome = outcome;
    clearInterval(this.#poll);
    this.#pacer?.stop();
    this.#leaveQueue?.();
    if (this.#slot !== undefined) this.#simulation.slots.release(this.#slot, this.#sequence());
  }

  /** Prompt and what was generated: what the slot keeps. */
  #sequence(): string[] {
    return [...this.#prompt, ...this.#tokens.slice(0, this.#entry.tokensSent).map(({ text }) => text)];
  }

  #summary(): CompletionSummary {
    const now = performance.now();
    const firstTokenAt = this.#firstTokenAt || now;
    return {
      finishReason: this.#finishReason,
      promptTokens: this.#prompt.length,
      cachedTokens: this.#work?.cachedTokens ?? 0,
      completionTokens: this.#tokens.length + (this.#finishReason === 'stop' ? 1 : 0),
      promptMs: roundMs(firstTokenAt - this.#runningSince),
      predictedMs: roundMs(now - firstTokenAt),
    };
  }

  #count({ promptTokens, cachedTokens, completionTokens, promptMs, predictedMs }: CompletionSummary): void {
    const { totals } = this.#simulation;
    totals.promptTokens += promptTokens - cachedTokens;
    totals.cachedTokens += cachedTokens;
    totals.promptMs += promptMs;
    totals.predictedTokens += completionTokens;
    totals.predictedMs += predictedMs;
    totals.longestSequenceTokens = Math.max(totals.longestSequenceTokens, promptTokens + completionTokens);
  }
}

function writerFor(simulation: Simulation, request: ChatRequest, id: number, response: ServerResponse): AnswerWriter {
  const created = Math.floor(Date.now() / 1000);
  const identity = { id: simulation.completionId(id), created, model: simulation.alias };
  return request.stream
    ? new StreamWriter(response, identity, request.includeUsage)
    : new WholeWriter(response, identity);
}

function answerTokens({ reasoning, text }: AnswerPlan, echo: string): AnswerToken[] {
  const thought = tokenize(reasoning).map((token): AnswerToken => ({ channel: 'reasoning_content', text: token }));
  const [first = '', ...said] = tokenize(text);
  const spoken = first === '' ? [] : [echo + first, ...said];
  return [...thought, ...spoken.map((token): AnswerToken => ({ channel: 'content', text: token }))];
}

/** Even 0 gives one token. */
function limitOf(maxTokens: number): number {
  return maxTokens === -1 ? Number.POSITIVE_INFINITY : Math.max(1, maxTokens);
}

/** Milliseconds with three decimals, as the server writes them. */
function roundMs(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}
