/**
 * One message and the events of its run, each once and in order, whatever happens to connections in between. A message carries a key, so
 * it can be sent again without being asked twice; a stream that breaks goes on after the last event that was seen.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { EventData, EventType } from '../../../supervisor/events.ts';
import type { RunView } from '../../../supervisor/service.ts';
import { Failure, messageOf } from '../../failure.ts';
import { errorOf, type StackAccess, StackError } from './stack-access.ts';

/** An event as it comes over the stream. */
export type RunEvent = { [T in EventType]: { type: T; seq?: number; run?: string } & EventData<T> }[EventType];

export interface Message {
  agent: string;
  chat: string;
  content: string;
}

interface Pauses {
  /** Between two attempts to connect again. */
  retryMs: number;
  /** Without any connection for so long, it is given up. */
  giveUpMs: number;
}

const PAUSES: Pauses = { retryMs: 250, giveUpMs: 60_000 };

/**
 * Sends the message and yields the events of its run; the last one is `run-end`. Leaving the loop, or aborting, does not stop the run.
 * @throws StackError when the message is refused
 * @throws Failure when the stack has ended, or cannot be reached for a minute
 */
export async function* runEvents(
  stack: StackAccess,
  message: Message,
  signal: AbortSignal,
  pauses = PAUSES,
): AsyncGenerator<RunEvent, void> {
  const reader = new RunReader(stack, message, signal, () => outage.isOver());
  const outage = new Outage(stack, reader, pauses.giveUpMs);
  while (!reader.hasEnded) {
    try {
      yield* reader.read();
    } catch (error) {
      if (signal.aborted || isFinal(error, reader.isAccepted)) throw error;
      outage.goesOn(error);
    }
    if (!reader.hasEnded) await sleep(pauses.retryMs, undefined, { signal });
  }
}

/** What trying again does not change. A run that was accepted goes on, even when there are too many readers just now. */
function isFinal(error: unknown, isAccepted: boolean): boolean {
  if (error instanceof Failure) return true;
  if (!(error instanceof StackError)) return false;
  if (isAccepted && error.status === 429) return false;
  return error.status < 500 || error.code === 'storage_failed';
}

/** The time without a connection: a supervisor that restarts is back soon, a stack that has ended is not. */
class Outage {
  readonly #stack: StackAccess;
  readonly #reader: RunReader;
  readonly #longestMs: number;
  #since: number | undefined;

  constructor(stack: StackAccess, reader: RunReader, longestMs: number) {
    this.#stack = stack;
    this.#reader = reader;
    this.#longestMs = longestMs;
  }

  isOver(): void {
    this.#since = undefined;
  }

  /** @throws Failure when it makes no sense to wait any longer */
  goesOn(error: unknown): void {
    this.#since ??= performance.now();
    if (!this.#stack.isRunning()) throw new Failure(ended(this.#reader));
    if (performance.now() - this.#since > this.#longestMs) throw new Failure(unreachable(this.#stack, error));
  }
}

function ended({ isAccepted }: RunReader): string {
  const message = isAccepted
    ? 'The message is kept: it is answered after the next start.'
    : 'The message was not accepted.';
  return `The stack has ended. ${message}`;
}

function unreachable({ url }: StackAccess, error: unknown): string {
  return `The stack at ${url} does not answer (${messageOf(error)}). See --status.`;
}

/** Where the reading of a run is. */
class RunReader {
  readonly #stack: StackAccess;
  readonly #message: Message & { key: string };
  readonly #signal: AbortSignal;
  readonly #onOpen: () => void;
  #run: string | undefined;
  #seq = 0;
  #hasEnded = false;

  /** @param onOpen the stack answers */
  constructor(stack: StackAccess, message: Message, signal: AbortSignal, onOpen: () => void) {
    this.#stack = stack;
    this.#message = { ...message, key: randomUUID() };
    this.#signal = signal;
    this.#onOpen = onOpen;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Whether the stack has acknowledged the message. */
  get isAccepted(): boolean {
    return this.#run !== undefined;
  }

  /** The events that are new, until the run or the connection ends. @throws StackError, or the failure of the connection */
  async *read(): AsyncGenerator<RunEvent, void> {
    const response = await this.#open();
    if (!response.ok) throw await errorOf(response);
    this.#onOpen();
    if (response.body === null) throw new Error('the reply has no body');
    const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
    for await (const { data } of events) {
      const event = JSON.parse(data) as RunEvent;
      if (event.type === 'resync') yield* this.#afterGap(event.seq ?? this.#seq);
      else if (event.seq === undefined || event.seq > this.#seq) yield this.#note(event);
      if (this.#hasEnded) return;
    }
  }

  #open(): Promise<Response> {
    const headers = { accept: 'text/event-stream' };
    if (this.#run !== undefined) {
      const path = `/events?run=${encodeURIComponent(this.#run)}&after=${this.#seq}`;
      const position = { ...headers, 'last-event-id': String(this.#seq) };
      return this.#stack.fetch(path, { headers: position, signal: this.#signal });
    }
    const { agent, ...body } = this.#message;
    return this.#stack.fetch(`/chat/${encodeURIComponent(agent)}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: this.#signal,
    });
  }

  #note(event: RunEvent): RunEvent {
    this.#run ??= event.run;
    this.#seq = event.seq ?? this.#seq;
    if (event.type === 'run-end') this.#hasEnded = true;
    return event;
  }

  /** Events were lost: what a run that has ended came to is asked for. */
  async *#afterGap(seq: number): AsyncGenerator<RunEvent, void> {
    if (this.#run === undefined) return;
    this.#seq = seq;
    const { status, reason, content } = await this.#stack.ask<RunView>(`/runs/${encodeURIComponent(this.#run)}`);
    if (status === 'queued' || status === 'running') return;
    const turn = Number.MAX_SAFE_INTEGER;
    if (content !== '') yield { type: 'turn-end', turn, text: content, reason: 'stop' };
    yield this.#note({ type: 'run-end', status, ...(reason !== undefined && { reason }) });
  }
}
