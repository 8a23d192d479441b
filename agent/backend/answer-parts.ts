/**
 * The parts of one answer as a stream parser makes them: texts are not empty and hold whole characters, `finish` comes once and
 * last. Pure.
 */
import type { FinishReason, ServerFigures, StreamPart, Usage } from './backend.ts';
import { WholeCharacters } from './whole-characters.ts';

/** From the bytes of a reply to parts; what a model call needs of the parser of any format. */
export interface AnswerStream {
  /** `finish` was emitted; whatever still comes is ignored. */
  readonly finished: boolean;
  /** What the server told of the call, once that was read. */
  readonly figures: ServerFigures | undefined;
  /**
   * Takes bytes cut anywhere. After an error it must not be fed again.
   * @throws BackendError
   */
  feed(bytes: Uint8Array): void;
  /**
   * No more bytes will come.
   * @throws BackendError backend_truncated
   */
  end(): void;
}

/** Where parts go. */
export type EmitPart = (part: StreamPart) => void;

export class AnswerParts {
  readonly #emit: EmitPart;
  readonly #text = new WholeCharacters();
  readonly #reasoning = new WholeCharacters();
  #finished = false;

  constructor(emit: EmitPart) {
    this.#emit = emit;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** What one event or line adds; either may be empty. */
  add({ reasoning, text }: { reasoning: string; text: string }): void {
    this.#pass('reasoning-delta', this.#reasoning.take(reasoning));
    this.#pass('text-delta', this.#text.take(text));
  }

  finish(reason: FinishReason, usage: Usage | undefined): void {
    this.#pass('reasoning-delta', this.#reasoning.end());
    this.#pass('text-delta', this.#text.end());
    this.#finished = true;
    this.#emit({ type: 'finish', reason, usage });
  }

  #pass(type: 'text-delta' | 'reasoning-delta', text: string): void {
    if (text !== '') this.#emit({ type, text });
  }
}
