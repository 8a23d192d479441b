/** The newest recorded events, kept in memory: most readers begin there, and need no query. Bounded in number and in characters. */
import type { StoredEvent } from './events.ts';

const MOST_EVENTS = 2000;
const MOST_CHARACTERS = 4 * 1024 * 1024;

export class RecentEvents {
  #events: StoredEvent[] = [];
  #characters = 0;
  #lastSeq: number;

  /** `lastSeq`: of the newest event that was recorded before; 0 when there is none. */
  constructor(lastSeq: number) {
    this.#lastSeq = lastSeq;
  }

  /** Seq of the newest event. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Takes committed events in order; what is not recorded is not kept. */
  add(events: readonly StoredEvent[]): void {
    for (const event of events) {
      if (event.seq === undefined) continue;
      this.#events.push(event);
      this.#characters += event.data.length;
      this.#lastSeq = event.seq;
    }
    if (this.#events.length > MOST_EVENTS || this.#characters > MOST_CHARACTERS) this.#forgetHalf();
  }

  /** All events after a cursor, or undefined when some of them are not here any more. */
  after(seq: number): readonly StoredEvent[] | undefined {
    if (seq >= this.#lastSeq) return [];
    const oldest = this.#events[0]?.seq ?? Number.POSITIVE_INFINITY;
    return oldest > seq + 1 ? undefined : this.#events.slice(seq + 1 - oldest);
  }

  /** Forgets the events up to this one. */
  forget(seq: number): void {
    this.#events = this.#events.filter((event) => (event.seq ?? 0) > seq);
    this.#characters = this.#events.reduce((sum, { data }) => sum + data.length, 0);
  }

  #forgetHalf(): void {
    this.#events = this.#events.slice(Math.ceil(this.#events.length / 2));
    this.#characters = this.#events.reduce((sum, { data }) => sum + data.length, 0);
  }
}
