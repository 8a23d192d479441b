/**
 * Finds children that have stopped working without ending. Pure: the caller brings the beats and the time. A missing beat counts only
 * when the caller's own timer was on time; after a machine has slept, or was too busy to run init, all start anew.
 */

export interface HeartbeatLimits {
  intervalMs: number;
  /** Intervals in a row without a beat after which a child counts as hung. */
  missed: number;
}

export const HEARTBEAT_LIMITS: HeartbeatLimits = { intervalMs: 2000, missed: 5 };

/** A timer that comes later than this many intervals does not count. */
const ON_TIME = 1.5;

export class HeartbeatWatch {
  readonly #limits: HeartbeatLimits;
  readonly #missed = new Map<string, number>();
  #lastLook: number;

  /** `now`: milliseconds on a clock that only goes forward. */
  constructor(limits: HeartbeatLimits, now: number) {
    this.#limits = limits;
    this.#lastLook = now;
  }

  /** Watches a child from its start, or notes that it is alive. */
  beat(id: string): void {
    this.#missed.set(id, 0);
  }

  forget(id: string): void {
    this.#missed.delete(id);
  }

  /** To be called every interval; returns the children that have been silent for too long. */
  look(now: number): string[] {
    const isOnTime = now - this.#lastLook <= this.#limits.intervalMs * ON_TIME;
    this.#lastLook = now;
    for (const [id, missed] of this.#missed) this.#missed.set(id, isOnTime ? missed + 1 : 0);
    // The interval that has just ended may have begun in the middle of one of the child's.
    return [...this.#missed].filter(([, missed]) => missed > this.#limits.missed).map(([id]) => id);
  }
}
