/**
 * When tokens are due. By the clock, so that a late timer makes up for itself and a stream keeps its rate; tokens that are due
 * together are sent together, so that thousands a second do not need as many timers.
 */

export interface Pace {
  /** Milliseconds to the first token. */
  ttftMs: number;
  /** Tokens a second after it; 0: as fast as they are taken. */
  tokensPerSecond: number;
}

/** Timers are not set more often than this once tokens come faster. */
const SHORTEST_TICK_MS = 4;
/** Tokens in one go at most, so that other streams get their turn. */
const LARGEST_BATCH_TOKENS = 32;

/** How many tokens are due after this many milliseconds. */
export function tokensDue(elapsedMs: number, { ttftMs, tokensPerSecond }: Pace): number {
  if (elapsedMs < ttftMs) return 0;
  if (tokensPerSecond === 0) return Number.POSITIVE_INFINITY;
  return 1 + Math.floor(((elapsedMs - ttftMs) * tokensPerSecond) / 1000 + 1e-9);
}

/** Milliseconds until it is worth looking again when this many tokens were sent; 0: at once. */
export function waitMs(elapsedMs: number, sent: number, { ttftMs, tokensPerSecond }: Pace): number {
  if (sent === 0) return Math.max(0, ttftMs - elapsedMs);
  if (tokensPerSecond === 0) return 0;
  const intervalMs = 1000 / tokensPerSecond;
  const untilNextMs = ttftMs + sent * intervalMs - elapsedMs;
  return untilNextMs > 0 && intervalMs < SHORTEST_TICK_MS ? SHORTEST_TICK_MS : Math.max(0, untilNextMs);
}

export interface PacerListener {
  /** Tokens from the first index up to the second are due; false: wait for `resume()`. */
  onDue(from: number, to: number): boolean;
  /** All were sent. */
  onEnd(): void;
}

/** Sends `total` tokens at a pace. */
export class Pacer {
  readonly #pace: Pace;
  readonly #total: number;
  readonly #listener: PacerListener;
  #startedAt = 0;
  #sent = 0;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #paused = false;
  #stopped = false;

  constructor(pace: Pace, total: number, listener: PacerListener) {
    this.#pace = { ...pace };
    this.#total = total;
    this.#listener = listener;
  }

  /** With no time to wait the first tokens are due before this returns. */
  start(): void {
    this.#startedAt = performance.now();
    if (this.#pace.ttftMs === 0) this.#tick();
    else this.#schedule();
  }

  /** Goes on after `onDue` returned false. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }

  readonly #tick = (): void => {
    const from = this.#sent;
    const due = Math.min(this.#total, tokensDue(this.#elapsedMs(), this.#pace), from + LARGEST_BATCH_TOKENS);
    if (due > from) {
      this.#sent = due;
      this.#paused = !this.#listener.onDue(from, due);
    }
    this.#goOn();
  };

  #goOn(): void {
    if (this.#stopped) return;
    if (this.#sent === this.#total && this.#elapsedMs() >= this.#pace.ttftMs) this.#listener.onEnd();
    else if (!this.#paused) this.#schedule();
  }

  #schedule(): void {
    if (this.#stopped) return;
    const milliseconds = waitMs(this.#elapsedMs(), this.#sent, this.#pace);
    if (milliseconds > 0) this.#timer = setTimeout(this.#tick, Math.ceil(milliseconds));
    else this.#immediate = setImmediate(this.#tick);
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }
}
