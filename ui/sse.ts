/**
 * Server-sent events: frames, and the streams that are open. A batch of events becomes one string and one write. A reader who does not
 * read is not buffered for: the subscription is not asked for more, and after two heartbeats the stream is dropped. A stream's end never
 * touches a run.
 */
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { InterjectError } from '../supervisor/errors.ts';
import type { StoredEvent } from '../supervisor/events.ts';
import { concernsOf } from './concerns.ts';
import type { GatewayLimits } from './limits.ts';
import type { GatewayLog } from './log.ts';

/** What a stream sends. */
export interface Sending {
  batches: AsyncIterable<readonly StoredEvent[]>;
  /** What goes out first; default: when to connect again. */
  opening?: string;
  /** An event as it goes over the wire; empty: it is left out. Default: `frame`. */
  encode?(event: StoredEvent): string;
  /** Asked after an event was encoded: the stream ends with it. Default: never. */
  isLast?(event: StoredEvent): boolean;
  /** What goes out when the stream has to end before its last event; default: nothing, its reader comes back with a cursor. */
  farewell?: string;
}

const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-store, no-transform',
  'x-accel-buffering': 'no',
};
/** Milliseconds after which a browser connects again, and what opens every stream so that its headers go out at once. */
const OPENING = 'retry: 500\n\n';
const HEARTBEAT = ':\n\n';
/** Bytes that are kept for a reader who is slower than the events. */
const BUFFER_BYTES = 65_536;

/** Made once: an exception of its own for each stream would cost more than sending an event. */
const NOBODY_READS = new Error('nobody reads this stream any more');

/** One event as it goes over the wire; without an `id` line when it is not recorded. */
export function frame(event: StoredEvent): string {
  const id = event.seq === undefined ? '' : `id: ${event.seq}\n`;
  return `${id}event: ${event.type}\ndata: ${event.data}\n\n`;
}

/** One open stream: pushed to from outside, back-pressure by `#room`. */
class EventStream extends Readable {
  readonly #subscription = new AbortController();
  #room: (() => void) | undefined;
  #stuckBeats = 0;
  #ended = false;
  #farewell = '';

  constructor() {
    super({ highWaterMark: BUFFER_BYTES });
    // fastify listens only from the moment it sends; a failure before that must not end the process.
    this.on('error', () => undefined);
  }

  /** Aborts when nobody reads any more. */
  get signal(): AbortSignal {
    return this.#subscription.signal;
  }

  override _read(): void {
    this.#stuckBeats = 0;
    this.#room?.();
    this.#room = undefined;
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#ended = true;
    this.#subscription.abort(NOBODY_READS);
    this.#room?.();
    callback(error);
  }

  /** Sends batches until they end, until the event for which `isLast` is true, or until nobody reads. */
  async pump({
    batches,
    opening = OPENING,
    encode = frame,
    isLast = () => false,
    farewell = '',
  }: Sending): Promise<void> {
    this.#farewell = farewell;
    this.push(opening);
    for await (const batch of batches) {
      if (this.#ended) return;
      const { text, isOver } = encodeAll(batch, encode, isLast);
      if (text !== '' && !this.push(text)) await this.#drained();
      if (isOver) this.#farewell = '';
      if (isOver) break;
    }
    this.end();
  }

  /** What was pushed still goes out, and the farewell of one that is not at its last event. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#farewell !== '') this.push(this.#farewell);
    this.push(null);
    this.#subscription.abort(NOBODY_READS);
  }

  beat(): void {
    if (this.#ended) return;
    if (this.#room === undefined) this.push(HEARTBEAT);
    else if (++this.#stuckBeats > 1) this.destroy();
  }

  #drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }
}

/** All open streams of a gateway. */
export class EventStreams {
  readonly #open = new Set<EventStream>();
  readonly #limits: Pick<GatewayLimits, 'streams' | 'heartbeatMs'>;
  readonly #log: GatewayLog;
  readonly #heartbeat: NodeJS.Timeout;
  #closed = false;

  constructor(limits: Pick<GatewayLimits, 'streams' | 'heartbeatMs'>, log: GatewayLog) {
    this.#limits = limits;
    this.#log = log;
    this.#heartbeat = setInterval(() => this.#beat(), limits.heartbeatMs).unref();
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Answers a request with events. `subscribe` runs only when there is room for the stream; what it throws is the reply's error.
   * The stream ends as it says, or with the subscription.
   * @throws InterjectError too_many_streams, stopping
   */
  async open(
    reply: FastifyReply,
    subscribe: (signal: AbortSignal) => Sending | Promise<Sending>,
  ): Promise<FastifyReply> {
    if (this.#closed) throw new InterjectError('stopping');
    if (this.#open.size >= this.#limits.streams) throw new InterjectError('too_many_streams');
    const stream = new EventStream();
    this.#open.add(stream);
    stream.once('close', () => this.#open.delete(stream));
    const sending = await this.#subscribed(stream, subscribe);
    if (this.#closed) throw new InterjectError('stopping');
    stream.pump(sending).catch((error: unknown) => this.#fail(stream, concernsOf(reply.request), error));
    return reply.headers(HEADERS).send(stream);
  }

  /** Ends every stream now; what was pushed still goes out. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    for (const stream of this.#open) stream.end();
  }

  async #subscribed(stream: EventStream, subscribe: (signal: AbortSignal) => Sending | Promise<Sending>) {
    try {
      return await subscribe(stream.signal);
    } catch (error) {
      stream.destroy();
      throw error;
    }
  }

  #beat(): void {
    for (const stream of this.#open) stream.beat();
  }

  /** The reader sees a broken connection and comes back with its cursor. */
  #fail(stream: EventStream, concerns: object, error: unknown): void {
    if (stream.signal.aborted) return;
    this.#log.error({ ...concerns, err: error }, 'an event stream failed');
    stream.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Up to the last event of a stream. */
function encodeAll(
  batch: readonly StoredEvent[],
  encode: (event: StoredEvent) => string,
  isLast: (event: StoredEvent) => boolean,
): { text: string; isOver: boolean } {
  let text = '';
  for (const event of batch) {
    text += encode(event);
    if (isLast(event)) return { text, isOver: true };
  }
  return { text, isOver: false };
}
