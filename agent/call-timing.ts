/**
 * When the things of one model call happened, on this machine's monotonic clock, and the largest read. Marks cost one look at the clock
 * each; only the first text of many is noted.
 */
import type { CallListener, ServerFigures } from './backend/backend.ts';
import type { TurnEnd } from './bus/messages.ts';

/** Milliseconds on the monotonic clock that all processes and threads of this machine share; its zero means nothing. */
export function machineClockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

export class CallTiming {
  readonly #clockMs = machineClockMs();
  readonly #startedAt = performance.now();
  #sentMs: number | undefined;
  #acceptedMs: number | undefined;
  #firstTextMs: number | undefined;
  #wholeMs: number | undefined;
  #largestReadBytes = 0;
  /** What the server measured, when the answer is whole and it told. */
  figures: ServerFigures | undefined;

  /** To be told of the call. */
  readonly listener = {
    onSent: () => {
      this.#sentMs = this.#now();
    },
    onAccepted: () => {
      this.#acceptedMs = this.#now();
    },
    onRead: (bytes: number) => {
      if (bytes > this.#largestReadBytes) this.#largestReadBytes = bytes;
    },
    onWhole: (figures: ServerFigures | undefined) => {
      this.figures = figures;
      this.#wholeMs = this.#now();
    },
  } satisfies CallListener;

  /** Text that is not empty came. */
  textCame(): void {
    this.#firstTextMs ??= this.#now();
  }

  /** As the turn's end tells it; a call whose answer is not whole ends now. */
  read(): NonNullable<TurnEnd['timing']> {
    const [sentMs, acceptedMs, firstTextMs] = [this.#sentMs, this.#acceptedMs, this.#firstTextMs];
    return {
      clockMs: this.#clockMs,
      ...(sentMs !== undefined && { sentMs }),
      ...(acceptedMs !== undefined && { acceptedMs }),
      ...(firstTextMs !== undefined && { firstTextMs }),
      endMs: this.#wholeMs ?? this.#now(),
      largestReadBytes: this.#largestReadBytes,
    };
  }

  #now(): number {
    return performance.now() - this.#startedAt;
  }
}
