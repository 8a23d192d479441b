/**
 * From the bytes of a streamed chat completion (server-sent events) to parts: feed bytes as they come, parts come out at once.
 * Pure: it knows no socket and no clock. A stream that ends without `[DONE]` or a finish reason throws.
 */
import { StringDecoder } from 'node:string_decoder';
import { createParser, type ParseError } from 'eventsource-parser';
import { AnswerParts, type AnswerStream, type EmitPart } from './answer-parts.ts';
import type { FinishReason, ServerFigures, Usage } from './backend.ts';
import { type ChatCompletionChunk, readChunk } from './chat-completion-chunk.ts';
import { errorOfEvent } from './error-mapping.ts';
import { BackendError } from './errors.ts';
import { fieldsOf, parseJson } from './json.ts';

/** Characters of an event that has not ended yet; more is not a model's answer. */
const LONGEST_EVENT_CHARACTERS = 1024 * 1024;

export class ChatCompletionStream implements AnswerStream {
  readonly #parts: AnswerParts;
  readonly #decoder = new StringDecoder('utf8');
  readonly #events = createParser({
    maxBufferSize: LONGEST_EVENT_CHARACTERS,
    onEvent: ({ data }) => this.#read(data),
    onError: (error) => this.#malformed(error),
  });
  #finishReason: FinishReason | undefined;
  #usage: Usage | undefined;
  figures: ServerFigures | undefined;

  constructor(emit: EmitPart) {
    this.#parts = new AnswerParts(emit);
  }

  get finished(): boolean {
    return this.#parts.finished;
  }

  feed(bytes: Uint8Array): void {
    if (!this.finished) this.#events.feed(this.#decoder.write(bytes));
  }

  end(): void {
    if (this.finished) return;
    if (this.#finishReason === undefined) {
      throw new BackendError('backend_truncated', 'the stream ended without a finish reason');
    }
    this.#parts.finish(this.#finishReason, this.#usage);
  }

  #read(data: string): void {
    if (this.finished) return;
    if (data === '[DONE]') this.#parts.finish(this.#finishReason ?? 'stop', this.#usage);
    else this.#add(readChunk(data));
  }

  #add(chunk: ChatCompletionChunk): void {
    this.#parts.add(chunk);
    this.#finishReason ??= chunk.finishReason;
    this.#usage = chunk.usage ?? this.#usage;
    // They can come earlier too: the last ones count.
    this.figures = chunk.figures ?? this.figures;
    if (this.#finishReason !== undefined && this.#usage !== undefined) {
      this.#parts.finish(this.#finishReason, this.#usage);
    }
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
