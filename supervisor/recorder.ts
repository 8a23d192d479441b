/**
 * Record, then tell: everything that happens in one tick of the event loop is committed once, and only then told to readers
 * and callers. When a commit fails nothing of that tick is told, ever; the owner is called to recover.
 */
import { InterjectError } from './errors.ts';
import type { EventData, EventScope, EventType, StoredEvent } from './events.ts';
import type { Store } from './store/store.ts';

export interface RecorderOwner {
  /** Committed events, in order. */
  publish(events: readonly StoredEvent[]): void;
  /** A recorded event is not what it was: no copy of it may be kept. */
  rewritten?(seq: number): void;
  /** The tick's facts are lost; what is in memory no longer fits the store. */
  onFailure(error: Error): void;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

export class Recorder {
  readonly #store: Store;
  readonly #owner: RecorderOwner;
  #open = false;
  #seq: number;
  /** Seqs after this one are given again when their tick is undone: readers count on them to have no gaps. */
  #committedSeq: number;
  #events: StoredEvent[] = [];
  #waiters: Waiter[] = [];

  constructor(store: Store, owner: RecorderOwner) {
    this.#store = store;
    this.#owner = owner;
    this.#seq = store.events.lastSeq();
    this.#committedSeq = this.#seq;
  }

  /** Seq of the newest event, committed or about to be. */
  get lastSeq(): number {
    return this.#seq;
  }

  /**
   * Runs writes in this tick's transaction.
   * @throws InterjectError storage_failed; then everything of this tick is undone
   */
  write<T>(work: () => T): T {
    try {
      this.#begin();
      return work();
    } catch (error) {
      throw this.#fail(error as Error);
    }
  }

  /** Records an event; returns its seq. To be called inside `write`. */
  event<T extends EventType>(type: T, scope: EventScope, data: EventData<T>): number {
    const seq = ++this.#seq;
    const now = Date.now();
    const { agent, chat, run, swarm, benchmark } = scope;
    const event: StoredEvent = {
      seq,
      type,
      ...scope,
      data: JSON.stringify({ seq, type, ts: now, agent, chat, run, swarm, benchmark, ...data }),
    };
    this.#store.events.add(event, now);
    this.#events.push(event);
    return seq;
  }

  /** Changes fields of a recorded event, for readers who come later. To be called inside `write`. */
  rewrite<T extends EventType>(seq: number, fields: Partial<EventData<T>>): void {
    const [event] = this.#store.events.page({}, seq - 1, 1);
    if (event?.seq !== seq) return;
    const data = JSON.stringify({ ...JSON.parse(event.data), ...fields });
    this.#store.events.rewrite(seq, data);
    const untold = this.#events.find((one) => one.seq === seq);
    if (untold !== undefined) untold.data = data;
    this.#owner.rewritten?.(seq);
  }

  /** Tells readers something that is not recorded and has no seq. */
  announce<T extends EventType>(type: T, scope: EventScope, data: EventData<T>): void {
    const { agent, chat, run } = scope;
    const text = JSON.stringify({ type, ts: Date.now(), agent, chat, run, ...data });
    this.#owner.publish([{ seq: undefined, type, ...scope, data: text }]);
  }

  /** Resolves when all that was written so far is committed; rejects when that failed. */
  committed(): Promise<void> {
    if (!this.#open) return Promise.resolve();
    return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** Calls back when all that was written so far is committed, at once if it is; never when that failed. */
  afterCommit(callback: () => void): void {
    if (!this.#open) callback();
    else this.#waiters.push({ resolve: callback, reject: () => {} });
  }

  /** Commits now; for readers who must not see what is not committed yet. False when that failed. */
  flush(): boolean {
    if (!this.#open) return true;
    try {
      this.#store.commit();
    } catch (error) {
      this.#fail(error as Error);
      return false;
    }
    this.#committedSeq = this.#seq;
    const [events, waiters] = this.#take();
    if (events.length > 0) this.#owner.publish(events);
    for (const waiter of waiters) waiter.resolve();
    return true;
  }

  #begin(): void {
    if (this.#open) return;
    this.#store.begin();
    this.#open = true;
    setImmediate(() => this.flush());
  }

  #take(): [StoredEvent[], Waiter[]] {
    const taken: [StoredEvent[], Waiter[]] = [this.#events, this.#waiters];
    this.#open = false;
    this.#events = [];
    this.#waiters = [];
    return taken;
  }

  #fail(cause: Error): InterjectError {
    const [, waiters] = this.#take();
    const error = new InterjectError('storage_failed', cause.message);
    this.#rollback();
    for (const waiter of waiters) waiter.reject(error);
    this.#owner.onFailure(cause);
    return error;
  }

  /** SQLite may have rolled back by itself, and a full disk may refuse even this; the next `begin` tells. */
  #rollback(): void {
    this.#seq = this.#committedSeq;
    try {
      this.#store.rollback();
    } catch (error) {
      this.#owner.onFailure(error as Error);
    }
  }
}
