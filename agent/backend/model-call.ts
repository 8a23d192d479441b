/**
 * One streamed model call over one connection: request, reply, parts. Aborting closes the socket inside the abort event itself.
 * A reader that lags behind pauses the socket. The connection is always closed, whichever way the call ends.
 */
import type { ClientRequest, IncomingMessage } from 'node:http';
import type { AnswerStream, EmitPart } from './answer-parts.ts';
import type { CallListener, StreamPart } from './backend.ts';
import { type Advise, errorOfReply, errorOfSocket } from './error-mapping.ts';
import { BackendError } from './errors.ts';
import { openRequest, readBody } from './open-request.ts';
import { PartQueue } from './part-queue.ts';
import type { ServerAddress } from './server-address.ts';

/** Parts that may wait for the reader before the socket is paused. */
const HIGH_PARTS = 256;
/** A server that has answered gets this long to close the connection itself. */
const LINGER_MS = 1000;
const ERROR_BODY_BYTES = 64 * 1024;

/** The last part of an answer. */
export type FinishPart = Extract<StreamPart, { type: 'finish' }>;

/** What one kind of server wants and gives. */
export interface CallPlan {
  /** Begins with `/`. */
  path: string;
  /** JSON. */
  body: string;
  /** What the content type of an answer begins with, one of these. */
  contentTypes: readonly string[];
  createStream(emit: EmitPart): AnswerStream;
  /** What a person can do when the server refuses. */
  advise?: Advise;
  /** Bytes that are fed to the stream at once, at most; absent: as they come. */
  readBytes?: number | undefined;
  /** Called when the answer is whole; the finish is passed on after what it returns. */
  beforeFinish?(finish: FinishPart): Promise<void> | undefined;
}

/** Starts the call; the iterator throws BackendError or the signal's reason. */
export function startModelCall(
  address: ServerAddress,
  plan: CallPlan,
  signal: AbortSignal,
  listener: CallListener = {},
): AsyncIterator<StreamPart> {
  return new ModelCall(address, plan, signal, listener).start();
}

class ModelCall {
  readonly #address: ServerAddress;
  readonly #plan: CallPlan;
  readonly #url: URL;
  readonly #signal: AbortSignal;
  readonly #listener: CallListener;
  readonly #queue = new PartQueue({ onLow: () => this.#response?.resume(), onClosed: () => this.#closed() });
  readonly #stream: AnswerStream;
  #last: FinishPart | undefined;
  #request: ClientRequest | undefined;
  #response: IncomingMessage | undefined;

  constructor(address: ServerAddress, plan: CallPlan, signal: AbortSignal, listener: CallListener) {
    this.#listener = listener;
    this.#address = address;
    this.#plan = plan;
    this.#url = address.url(plan.path);
    this.#signal = signal;
    this.#stream = plan.createStream((part) => this.#pass(part));
  }

  start(): PartQueue {
    if (this.#signal.aborted) this.#queue.abort(this.#signal.reason);
    else this.#send(this.#plan.body);
    return this.#queue;
  }

  #pass(part: StreamPart): void {
    if (part.type === 'finish') this.#last = part;
    else this.#queue.push(part);
  }

  #send(body: string): void {
    try {
      this.#listener.onSent?.();
      this.#request = openRequest({ url: this.#url, headers: this.#address.headers(), body });
    } catch (error) {
      this.#queue.fail(new BackendError('backend_refused', `the request cannot be sent: ${String(error)}`));
      return;
    }
    this.#signal.addEventListener('abort', this.#abort, { once: true });
    this.#request.once('response', (response) => this.#receive(response));
    this.#request.on('error', (error) => this.#over(error));
  }

  readonly #abort = (): void => {
    this.#request?.destroy();
    this.#queue.abort(this.#signal.reason);
  };

  #receive(response: IncomingMessage): void {
    this.#response = response;
    if (response.statusCode !== 200 || !this.#isAnswer(contentTypeOf(response))) {
      void this.#refused(response);
      return;
    }
    this.#listener.onAccepted?.();
    response.on('data', (bytes: Buffer) => this.#take(bytes, response));
    response.once('end', () => this.#over());
    response.on('error', (error) => this.#over(error));
  }

  #isAnswer(contentType: string): boolean {
    return this.#plan.contentTypes.some((expected) => contentType.startsWith(expected));
  }

  #take(bytes: Buffer, response: IncomingMessage): void {
    if (this.#stream.finished) return;
    try {
      for (const piece of piecesOf(bytes, this.#plan.readBytes)) this.#feed(piece);
      if (this.#stream.finished) this.#finish();
      else if (this.#queue.size >= HIGH_PARTS) response.pause();
    } catch (error) {
      this.#fail(error);
    }
  }

  #feed(bytes: Buffer): void {
    this.#listener.onRead?.(bytes.length);
    this.#stream.feed(bytes);
  }

  /** A finish reason that had already come makes the answer whole, however the connection ended. */
  #over(broken?: Error): void {
    if (this.#stream.finished) return;
    try {
      this.#stream.end();
      this.#finish();
    } catch (error) {
      this.#fail(broken === undefined ? error : errorOfSocket(broken, this.#url));
    }
  }

  async #refused(response: IncomingMessage): Promise<void> {
    const body = await readBody(response, ERROR_BODY_BYTES);
    const { apiKeyVariable, apiKey } = this.#address;
    const contentType = contentTypeOf(response);
    const { advise } = this.#plan;
    this.#fail(errorOfReply({ status: response.statusCode ?? 0, contentType, body, apiKeyVariable, apiKey, advise }));
  }

  #finish(): void {
    this.#listener.onWhole?.(this.#stream.figures);
    const finish = this.#last;
    const waiting = finish && this.#plan.beforeFinish?.(finish);
    const end = (): void => this.#end(finish);
    if (waiting === undefined) end();
    else void waiting.then(end, end);
    this.#linger();
  }

  #end(finish: FinishPart | undefined): void {
    if (finish !== undefined) this.#queue.push(finish);
    this.#queue.end();
  }

  #linger(): void {
    const request = this.#request;
    const timer = setTimeout(() => request?.destroy(), LINGER_MS).unref();
    request?.once('close', () => clearTimeout(timer));
  }

  #fail(error: unknown): void {
    this.#request?.destroy();
    this.#queue.fail(error);
  }

  #closed(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    if (!this.#stream.finished) this.#request?.destroy();
  }
}

function piecesOf(bytes: Buffer, most = bytes.length): Buffer[] {
  if (bytes.length <= most) return [bytes];
  const count = Math.ceil(bytes.length / most);
  return Array.from({ length: count }, (_, index) => bytes.subarray(index * most, (index + 1) * most));
}

function contentTypeOf(response: IncomingMessage): string {
  return response.headers['content-type'] ?? '';
}
