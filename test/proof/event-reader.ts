/**
 * Reads a stack's events as a browser does: it records every one, comes back by itself when the connection is lost, with the id of the
 * last event it has, and never asks for anything twice.
 */
import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { createParser } from 'eventsource-parser';
import type { EventType } from '../../supervisor/events.ts';

/** An event as it came. */
export type SeenEvent = {
  type: EventType;
  ts: number;
  seq?: number;
  run?: string;
  agent?: string;
  chat?: string;
  turn?: number;
  offset?: number;
  text?: string;
  status?: string;
  reason?: string;
} & Record<string, unknown>;

type Wanted = (event: SeenEvent) => boolean;

const COME_BACK_MS = 50;
const LONG_ENOUGH_MS = 60_000;

export interface ReaderOptions {
  /** Asked for every connection: a stack that was started again has another address. */
  url(): string;
  /** What follows `/events?`; default: everything from the beginning. */
  query?: string;
}

export class EventReader {
  /** All events with a seq, in the order in which they came. */
  readonly events: SeenEvent[] = [];
  /** All events without one. */
  readonly notes: SeenEvent[] = [];
  /** How often a stream was opened. */
  connections = 0;
  readonly #options: ReaderOptions;
  readonly #waiting = new Set<() => void>();
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;
  #isClosed = false;
  #isPaused = false;

  /** Opens the stream at once. */
  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Events of one run. */
  of(run: string): SeenEvent[] {
    return this.events.filter((event) => event.run === run);
  }

  /** The first event, recorded or yet to come, that is wanted. @throws Error after 30 s */
  async next(isWanted: Wanted): Promise<SeenEvent> {
    const deadline = performance.now() + LONG_ENOUGH_MS;
    for (;;) {
      const found = this.events.find(isWanted) ?? this.notes.find(isWanted);
      if (found !== undefined) return found;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`an event did not come: ${isWanted}; there were ${this.#summary()}`);
      await this.#somethingNew(left);
    }
  }

  /** Of a run: the first event of a type. */
  nextOf(run: string, type: EventType): Promise<SeenEvent> {
    return this.next((event) => event.run === run && event.type === type);
  }

  /** Stops taking anything from the connection; it stays open. */
  pause(): void {
    this.#isPaused = true;
    this.#response?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#response?.resume();
  }

  close(): void {
    this.#isClosed = true;
    this.#request?.destroy();
  }

  #connect(): void {
    if (this.#isClosed) return;
    const last = this.events.at(-1)?.seq;
    const headers = { accept: 'text/event-stream', ...(last !== undefined && { 'last-event-id': String(last) }) };
    const request = get(`${this.#options.url()}/events?${this.#options.query ?? 'after=0'}`, { headers, agent: false });
    this.#request = request;
    request.on('response', (response) => this.#read(response));
    request.on('error', () => {});
    request.once('close', () => setTimeout(() => this.#connect(), COME_BACK_MS));
  }

  #read(response: IncomingMessage): void {
    this.connections++;
    this.#response = response;
    const parser = createParser({ onEvent: ({ data }) => this.#take(JSON.parse(data) as SeenEvent) });
    response.setEncoding('utf8').on('data', (text: string) => parser.feed(text));
    response.on('error', () => {});
    if (this.#isPaused) response.pause();
  }

  #take(event: SeenEvent): void {
    if (event.seq === undefined || event.type === 'resync') this.notes.push(event);
    else this.events.push(event);
    for (const wake of this.#waiting) wake();
  }

  #somethingNew(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      this.#waiting.add(wake);
    });
  }

  #summary(): string {
    return this.events.map(({ seq, type }) => `${seq} ${type}`).join(', ');
  }
}
