/**
 * The end of a stream's text, for policies that look at nothing else: their cost then does not grow with the turn. Looking into the text
 * itself would copy all of it for every delta.
 */
import { type Stream, StreamMemory } from './stream-memory.ts';

export class TextEnds {
  readonly #length: number;
  readonly #ends = new StreamMemory<{ end: string }>();

  /** `length`: characters before the newest delta that are wanted. */
  constructor(length: number) {
    this.#length = length;
  }

  /** The newest delta with so many characters before it. */
  of(stream: Stream): string {
    const { text, delta } = stream;
    const wanted = this.#length + delta.length;
    const kept = this.#ends.of(stream, () => ({ end: text.slice(-wanted).slice(0, -delta.length || undefined) }));
    kept.end = (kept.end + delta).slice(-wanted);
    return kept.end;
  }
}
