/**
 * From the bytes of a streamed chat completion to parts: feed bytes as they come, parts come out at once. Pure: it knows no
 * socket and no clock. Promises: texts are not empty and hold whole characters; `finish` comes once and last; a stream that ends
 * without `[DONE]` or a finish reason throws.
 */
import { StringDecoder } from 'node:string_decoder';
import { createParser, type ParseError } from 'eventsource-parser';
import type { FinishReason, StreamPart, Usage } from './backend.ts';
import { type ChatCompletionChunk, readChunk } from './chat-completion-chunk.ts';
import { errorOfEvent } from './error-mapping.ts';
import { BackendError } from './errors.ts';
import { fieldsOf, parseJson } from './json.ts';
import { WholeCharacters } from './whole-characters.ts';

/** Characters of an event that has not ended yet; more is not a model's answer. */
const LONGEST_EVENT_CHARACTERS = 1024 * 1024;

export class ChatCompletionStream {
  readonly #emit: (part: StreamPart) => void;
  readonly #decoder = new StringDecoder('utf8');
  readonly #text = new WholeCharacters();
  readonly #reasoning = new WholeCharacters();
  readonly #events = createParser({
    maxBufferSize: LONGEST_EVENT_CHARACTERS,
    onEvent: ({ data }) => this.#read(data),
    onError: (error) => this.#malformed(error),
  });
  #finishReason: FinishReason | undefined;
  #usage: Usage | undefined;
  #finished = false;

  constructor(emit: (part: StreamPart) => void) {
    this.#emit = emit;
  }

  /** `finish` was emitted; whatever still comes is ignored. */
  get finished(): boolean {
    return this.#finished;
  }

  /**
   * Takes bytes cut anywhere. After an error it must not be fed again.
   * @throws BackendError
   */
  feed(bytes: Uint8Array): void {
    if (!this.#finished) this.#events.feed(this.#decoder.write(bytes));
  }

  /**
   * No more bytes will come.
   * @throws BackendError backend_truncated
   */
  end(): void {
    if (this.#finished) return;
    if (this.#finishReason === undefined) {
      throw new BackendError('backend_truncated', 'the stream ended without a finish reason');
    }
    this.#finish(this.#finishReason);
  }

  #read(data: string): void {
    if (this.#finished) return;
    if (data === '[DONE]') this.#finish(this.#finishReason ?? 'stop');
    else this.#add(readChunk(data));
  }

  #add(chunk: ChatCompletionChunk): void {
    this.#pass('reasoning-delta', this.#reasoning.take(chunk.reasoning));
    this.#pass('text-delta', this.#text.take(chunk.text));
    this.#finishReason ??= chunk.finishReason;
    this.#usage = chunk.usage ?? this.#usage;
    if (this.#finishReason !== undefined && this.#usage !== undefined) this.#finish(this.#finishReason);
  }

  #pass(type: 'text-delta' | 'reasoning-delta', text: string): void {
    if (text !== '') this.#emit({ type, text });
  }

  #finish(reason: FinishReason): void {
    this.#pass('reasoning-delta', this.#reasoning.end());
    this.#pass('text-delta', this.#text.end());
    this.#finished = true;
    this.#emit({ type: 'finish', reason, usage: this.#usage });
  }

  /** Unknown fields are ignored, as the format wants it, but some servers report an error in a field `error:`. */
  #malformed({ type, field, value }: ParseError): void {
    if (type === 'max-buffer-size-exceeded') {
      throw new BackendError(
        'backend_garbage',
        `an event of the stream is longer than ${LONGEST_EVENT_CHARACTERS} characters`,
      );
    }
    if (type === 'unknown-field' && field === 'error') throw errorOfEvent(reportedIn(value ?? ''));
  }
}

function reportedIn(value: string): unknown {
  const parsed = parseJson(value);
  return fieldsOf(parsed).error ?? parsed ?? value;
}
