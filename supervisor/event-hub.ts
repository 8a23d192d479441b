/**
 * Events for readers: first what is recorded after their cursor, then what is committed live, without a gap or a repetition.
 * A reader who is too slow is dropped, not buffered without bound; it comes back with its cursor.
 */
import type { EventScope, StoredEvent } from './events.ts';
import { RecentEvents } from './recent-events.ts';

const PAGE_EVENTS = 500;
const MOST_WAITING_CHARACTERS = 4 * 1024 * 1024;

/** Where recorded events are read from. */
export interface EventSource {
  /** Commits what is open, so that the pages hold nothing that could be undone. */
  flush(): void;
  lastSeq(): number;
  page(scope: EventScope, after: number, limit: number): StoredEvent[];
}

type Batch = readonly StoredEvent[];

export class EventHub {
  readonly #source: EventSource;
  readonly #recent: RecentEvents;
  readonly #readers = new Set<Reader>();

  constructor(source: EventSource) {
    this.#source = source;
    this.#recent = new RecentEvents(source.lastSeq());
  }

  /** Tells all readers of committed events, and of those that are never recorded. */
  publish(events: Batch): void {
    this.#recent.add(events);
    for (const reader of this.#readers) reader.offer(events);
  }

  /** Keeps no copy of an event that was changed in the store, nor of those before it. */
  forget(seq: number): void {
    this.#recent.forget(seq);
  }

  /** See `Supervisor.events`. */
  async *subscribe(scope: EventScope, after: number | undefined, signal: AbortSignal): AsyncGenerator<Batch> {
    this.#source.flush();
    const last = this.#recent.lastSeq;
    if (after !== undefined && after > last) yield [resync(last)];
    const reader = new Reader(scope, signal);
    try {
      yield* this.#catchUp(reader, Math.min(after ?? last, last));
      yield* reader.batches();
    } finally {
      this.#readers.delete(reader);
      reader.close();
    }
  }

  /** Reads up to the newest event, in pages where memory does not reach; in the same tick as the last of it the reader is attached. */
  async *#catchUp(reader: Reader, after: number): AsyncGenerator<Batch, void> {
    for (let cursor = after; !reader.ended; ) {
      const recent = this.#recent.after(cursor);
      const page = recent ?? this.#page(reader.scope, cursor);
      const isLast = recent !== undefined || page.length < PAGE_EVENTS;
      if (isLast) this.#readers.add(reader);
      const wanted = page.filter((event) => isWanted(reader.scope, event));
      if (wanted.length > 0) yield wanted;
      if (isLast) return;
      cursor = page.at(-1)?.seq ?? cursor;
    }
  }

  #page(scope: EventScope, after: number): Batch {
    this.#source.flush();
    return this.#source.page(scope, after, PAGE_EVENTS);
  }
}

class Reader {
  readonly scope: EventScope;
  readonly #signal: AbortSignal;
  #waiting: StoredEvent[] = [];
  #characters = 0;
  #ended: boolean;
  #wake: (() => void) | undefined;

  constructor(scope: EventScope, signal: AbortSignal) {
    this.scope = scope;
    this.#signal = signal;
    this.#ended = signal.aborted;
    signal.addEventListener('abort', this.#end, { once: true });
  }

  /** Gone, or too slow. */
  get ended(): boolean {
    return this.#ended;
  }

  offer(events: Batch): void {
    if (this.#ended) return;
    for (const event of events) {
      if (!isWanted(this.scope, event)) continue;
      this.#waiting.push(event);
      this.#characters += event.data.length;
    }
    if (this.#characters > MOST_WAITING_CHARACTERS) this.#end();
    else if (this.#waiting.length > 0) this.#wake?.();
  }

  async *batches(): AsyncGenerator<Batch> {
    while (!this.#ended) {
      if (this.#waiting.length === 0) await this.#somethingNew();
      const batch = this.#waiting;
      this.#waiting = [];
      this.#characters = 0;
      if (batch.length > 0 && !this.#ended) yield batch;
    }
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }

  readonly #end = (): void => {
    this.#ended = true;
    this.#waiting = [];
    this.#wake?.();
  };

  close(): void {
    this.#signal.removeEventListener('abort', this.#end);
  }
}

/** A scope with a run, a swarm or a benchmark means exactly that; agent and chat also let through what concerns the whole stack. */
function isWanted(scope: EventScope, event: StoredEvent): boolean {
  if (event.seq === undefined && event.run === undefined && event.agent === undefined) return true;
  if (scope.run !== undefined) return event.run === scope.run;
  if (scope.swarm !== undefined) return event.swarm === scope.swarm;
  if (scope.benchmark !== undefined) return event.benchmark === scope.benchmark;
  return fits(scope.agent, event.agent) && fits(scope.chat, event.chat);
}

function fits(wanted: string | undefined, actual: string | undefined): boolean {
  return wanted === undefined || actual === undefined || wanted === actual;
}

function resync(seq: number): StoredEvent {
  return { seq: undefined, type: 'resync', data: JSON.stringify({ type: 'resync', ts: Date.now(), seq }) };
}
