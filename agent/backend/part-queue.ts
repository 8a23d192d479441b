/**
 * Parts on their way from a socket to one reader: a push wakes a waiting reader directly, so that a part costs one promise and
 * no more. Parts pushed before a failure are still read; an abort drops them. Bounded by its owner through `size` and `onLow`.
 */
import type { StreamPart } from './backend.ts';

export interface PartQueueListener {
  /** The reader has caught up: the source may go on. */
  onLow(): void;
  /** The reader has seen the end, or went away: nothing more will be read. */
  onClosed(): void;
}

interface Reader {
  resolve(result: IteratorResult<StreamPart, undefined>): void;
  reject(reason: unknown): void;
}

type Ending = { reason: unknown } | 'done';

const LOW_PARTS = 64;

export class PartQueue implements AsyncIterator<StreamPart, undefined> {
  readonly #listener: PartQueueListener;
  readonly #readers: Reader[] = [];
  #parts: StreamPart[] = [];
  #ending: Ending | undefined;
  #closed = false;

  constructor(listener: PartQueueListener) {
    this.#listener = listener;
  }

  /** Parts that wait for the reader. */
  get size(): number {
    return this.#parts.length;
  }

  /** Ignored after an ending. */
  push(part: StreamPart): void {
    if (this.#ending !== undefined) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#parts.push(part);
    else reader.resolve({ done: false, value: part });
  }

  /** Nothing follows. The first ending stands. */
  end(): void {
    this.#endWith('done');
  }

  /** Nothing follows, because of this error. */
  fail(reason: unknown): void {
    this.#endWith({ reason });
  }

  /** The reader gets this reason next, whatever waits. */
  abort(reason: unknown): void {
    if (this.#closed) return;
    this.#parts = [];
    this.#ending = { reason };
    this.#settleReaders();
  }

  next(): Promise<IteratorResult<StreamPart, undefined>> {
    const part = this.#parts.shift();
    if (part === undefined) return this.#wait();
    if (this.#parts.length === LOW_PARTS) this.#listener.onLow();
    return Promise.resolve({ done: false, value: part });
  }

  /** The reader stops early. */
  return(): Promise<IteratorResult<StreamPart, undefined>> {
    this.#parts = [];
    this.#ending = 'done';
    this.#settleReaders();
    this.#close();
    return Promise.resolve({ done: true, value: undefined });
  }

  #wait(): Promise<IteratorResult<StreamPart, undefined>> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      if (this.#ending !== undefined) this.#settleReaders();
    });
  }

  #endWith(ending: Ending): void {
    this.#ending ??= ending;
    if (this.#parts.length === 0) this.#settleReaders();
  }

  /** Tells the first waiting reader how it ended and every other one that it did; an error is told once. */
  #settleReaders(): void {
    for (const reader of this.#readers.splice(0)) {
      const ending = this.#ending;
      this.#ending = 'done';
      if (ending === undefined || ending === 'done') reader.resolve({ done: true, value: undefined });
      else reader.reject(ending.reason);
      this.#close();
    }
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.onClosed();
  }
}
