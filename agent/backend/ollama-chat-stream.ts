/**
 * From the bytes of Ollama's streamed answer (JSON, one object a line) to parts: feed bytes as they come, parts come out at once.
 * Pure: it knows no socket and no clock. A stream that ends without a line that is `done` throws.
 */
import { StringDecoder } from 'node:string_decoder';
import { AnswerParts, type AnswerStream, type EmitPart } from './answer-parts.ts';
import type { ServerFigures } from './backend.ts';
import { BackendError } from './errors.ts';
import { parseJson } from './json.ts';
import { notALine, readLine } from './ollama-chat-line.ts';

/** Characters of a line that has not ended yet; more is not a model's answer. */
const LONGEST_LINE_CHARACTERS = 1024 * 1024;

export class OllamaChatStream implements AnswerStream {
  readonly #parts: AnswerParts;
  readonly #decoder = new StringDecoder('utf8');
  #rest = '';
  /** A line that is no part of an answer, as long as nothing else came. */
  #strange: string | undefined;
  #begun = false;
  figures: ServerFigures | undefined;

  constructor(emit: EmitPart) {
    this.#parts = new AnswerParts(emit);
  }

  get finished(): boolean {
    return this.#parts.finished;
  }

  feed(bytes: Uint8Array): void {
    const lines = this.#decoder.write(bytes).split('\n');
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
    if (this.#rest.length > LONGEST_LINE_CHARACTERS) {
      throw new BackendError(
        'backend_garbage',
        `a line of the stream is longer than ${LONGEST_LINE_CHARACTERS} characters`,
      );
    }
  }

  /** The last line needs no line end, if it is whole. */
  end(): void {
    if (parseJson(this.#rest) !== undefined) this.#read(this.#rest);
    if (this.finished) return;
    if (this.#strange !== undefined && !this.#begun) throw notALine(this.#strange);
    throw new BackendError('backend_truncated', 'the stream ended without a line that is done');
  }

  #read(text: string): void {
    if (this.finished || text.trim() === '') return;
    const line = readLine(text);
    if (line === undefined) {
      this.#strange ??= text;
      return;
    }
    this.#begun = true;
    this.#parts.add(line);
    if (line.finish === undefined) return;
    this.figures = line.figures;
    this.#parts.finish(line.finish.reason, line.finish.usage);
  }
}
