/**
 * A turn that is being streamed, as the agent keeps it: the whole text until its end is recorded, so that a supervisor that
 * was restarted can ask for any part again. While no supervisor listens the model goes on; nothing is lost.
 */
import type { Backend, CallListener } from './backend/backend.ts';
import { BackendError, type BackendErrorDetails } from './backend/errors.ts';
import type { FromAgent, TurnEnd, TurnStart } from './bus/messages.ts';
import { CallTiming } from './call-timing.ts';
import { type Channel, type Delta, runTurn, type TurnFinish } from './turn.ts';

/** How many of the latest deltas keep the time they were read, to measure a cut. */
const REMEMBERED_READS = 64;

/** A server that has not taken a request by then works for others: a slot that is ours answers with its headers at once. */
const LATE_ACCEPTANCE_MS = 5000;

/** Sends to the supervisor; resolves when it can take more. */
export type Send = (message: FromAgent) => Promise<void> | undefined;

export class OpenTurn {
  readonly id: string;
  readonly #abort = new AbortController();
  readonly #texts = { text: '', reasoning: '' };
  readonly #reads: { end: number; at: number }[] = [];
  readonly #startedAt = performance.now();
  readonly #timing = new CallTiming();
  readonly #send: Send;
  readonly #acceptance: Acceptance;
  readonly #silence: Silence;
  #firstDeltaAt: number | undefined;
  #cutMs: number | undefined;
  #endReached: TurnEnd | undefined;
  /** The supervisor knows all that came before; false from a lost connection to the resume. */
  #inStep = true;

  constructor(command: TurnStart, send: Send, lateAcceptanceMs = LATE_ACCEPTANCE_MS) {
    this.id = command.turn;
    this.#send = send;
    this.#acceptance = new Acceptance((type) => this.#tell({ type, turn: this.id }), lateAcceptanceMs);
    this.#silence = new Silence(command.silenceMs, (error) => this.#abort.abort(error));
  }

  /** Runs to the end and tells it; never throws, every ending is a TurnEnd. */
  async run(backend: Backend | undefined, command: TurnStart): Promise<TurnEnd> {
    this.#endReached = await this.#runToEnd(backend, command);
    if (this.#inStep) void this.#send({ type: 'turn-ended', end: this.#endReached });
    return this.#endReached;
  }

  async #runToEnd(backend: Backend | undefined, command: TurnStart): Promise<TurnEnd> {
    try {
      if (backend === undefined) throw new Error(`this agent knows no backend ${command.backend}`);
      const { model, messages, format } = command;
      const request = { model, messages, format, options: definedOnly(command.options) };
      return this.#finished(await this.#stream(backend, request, command.dropSpace));
    } catch (error) {
      const isCancelled = this.#abort.signal.aborted && !this.#silence.isOver;
      return isCancelled ? this.#end('cancelled') : this.#failed(error);
    }
  }

  async #stream(backend: Backend, request: Parameters<typeof runTurn>[1], dropSpace?: number): Promise<TurnFinish> {
    const acceptance = this.#acceptance;
    acceptance.wait();
    const listener: CallListener = {
      ...this.#timing.listener,
      onAccepted: () => {
        this.#timing.listener.onAccepted();
        acceptance.came();
      },
      onNotice: ({ code, text }) => this.#tell({ type: 'notice', turn: this.id, code, text }),
    };
    const turn = runTurn(backend, request, this.#abort.signal, listener, dropSpace);
    try {
      for (;;) {
        this.#silence.begin();
        const next = await turn.next();
        this.#silence.end();
        if (next.done) return next.value;
        const waiting = this.#add(next.value);
        if (waiting !== undefined) await waiting;
      }
    } finally {
      acceptance.close();
      this.#silence.end();
    }
  }

  /** Tells what is worth nothing later: a supervisor that is not there now does not hear of it. */
  #tell(message: FromAgent): void {
    if (this.#inStep) void this.#send(message);
  }

  #add(delta: Delta): Promise<void> | undefined {
    this.#firstDeltaAt ??= performance.now();
    if (delta.channel === 'text') this.#timing.textCame();
    this.#texts[delta.channel] += delta.text;
    this.#remember(this.#texts[delta.channel].length);
    return this.#inStep ? this.#send({ type: 'delta', turn: this.id, ...delta }) : undefined;
  }

  #remember(end: number): void {
    this.#reads.push({ end, at: performance.now() });
    if (this.#reads.length > REMEMBERED_READS) this.#reads.shift();
  }

  /** Closes the connection to the model now. `offset`: text length at which the supervisor objected. */
  cancel(offset: number | undefined): void {
    // The last one: reasoning that came before the text may have been as long.
    const read = this.#reads.findLast(({ end }) => end === offset);
    this.#abort.abort(new Error('cancelled by the supervisor'));
    if (read !== undefined) this.#cutMs = performance.now() - read.at;
  }

  /** The connection to the supervisor is lost: keep what comes, send nothing until `resume`. */
  fallOutOfStep(): void {
    this.#inStep = false;
  }

  /** Sends again what lies behind these offsets, and the end if it is reached; from now on deltas flow as they come. */
  resume(offsets: { textOffset: number; reasoningOffset: number }): void {
    this.#resend('reasoning', offsets.reasoningOffset);
    this.#resend('text', offsets.textOffset);
    if (this.#endReached !== undefined) void this.#send({ type: 'turn-ended', end: this.#endReached });
    this.#inStep = true;
    this.#acceptance.tellAgain();
  }

  #resend(channel: Channel, offset: number): void {
    const text = this.#texts[channel].slice(offset);
    if (text !== '') void this.#send({ type: 'delta', turn: this.id, channel, offset, text });
  }

  #finished({ reason, usage }: TurnFinish): TurnEnd {
    return { ...this.#end('finished'), finishReason: reason, ...(usage && { usage }) };
  }

  #failed(error: unknown): TurnEnd {
    const errorCode = error instanceof BackendError ? error.code : 'agent_failed';
    const errorMessage = error instanceof Error ? error.message : String(error);
    return { ...this.#end('failed'), errorCode, errorMessage, ...(error instanceof BackendError && factsOf(error)) };
  }

  #end(outcome: TurnEnd['outcome']): TurnEnd {
    const firstDeltaMs = this.#firstDeltaAt === undefined ? undefined : this.#firstDeltaAt - this.#startedAt;
    return {
      turn: this.id,
      outcome,
      textLength: this.#texts.text.length,
      reasoningLength: this.#texts.reasoning.length,
      timing: this.#timing.read(),
      ...(this.#timing.figures && { figures: this.#timing.figures }),
      ...(firstDeltaMs !== undefined && { firstDeltaMs }),
      ...(this.#cutMs !== undefined && { cutMs: this.#cutMs }),
    };
  }
}

function factsOf({ message, told, details }: BackendError): Pick<TurnEnd, 'errorTold' | keyof BackendErrorDetails> {
  return { ...details, ...(told !== message && { errorTold: told }) };
}

/** The time in which nothing comes from the model server; what waits for a slow supervisor is no silence. */
class Silence {
  readonly #longestMs: number | undefined;
  readonly #abort: (error: BackendError) => void;
  #timer: NodeJS.Timeout | undefined;
  isOver = false;

  constructor(longestMs: number | undefined, abort: (error: BackendError) => void) {
    this.#longestMs = longestMs;
    this.#abort = abort;
  }

  begin(): void {
    const milliseconds = this.#longestMs;
    if (milliseconds === undefined) return;
    this.#timer = setTimeout(() => {
      this.isOver = true;
      this.#abort(
        new BackendError('backend_timeout', `nothing came from the model server for ${milliseconds / 1000} s`),
      );
    }, milliseconds);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** Waits for the model server to take a request; says when that takes long, and when it has happened after all. */
class Acceptance {
  readonly #tell: (type: 'turn-waiting' | 'turn-accepted') => void;
  readonly #lateMs: number;
  #timer: NodeJS.Timeout | undefined;
  #isLate = false;

  constructor(tell: (type: 'turn-waiting' | 'turn-accepted') => void, lateMs: number) {
    this.#tell = tell;
    this.#lateMs = lateMs;
  }

  wait(): void {
    this.#timer = setTimeout(() => {
      this.#isLate = true;
      this.#tell('turn-waiting');
    }, this.#lateMs);
  }

  came(): void {
    if (this.#isLate) this.#tell('turn-accepted');
    this.close();
  }

  /** For a supervisor that may not have heard of it. */
  tellAgain(): void {
    if (this.#isLate) this.#tell('turn-waiting');
  }

  /** The call is over: whether it was taken no longer matters. */
  close(): void {
    clearTimeout(this.#timer);
    this.#isLate = false;
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function definedOnly<T extends object>(options: T): Defined<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Defined<T>;
}
