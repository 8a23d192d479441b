/**
 * The end of a stream's text, for policies that look at nothing else: their cost then does not grow with the turn. Looking into the text
 * itself would copy all of it for every delta. What is remembered is only a shortcut: the answer is always that of the text.
 */
import type { TextToJudge } from './policy.ts';

type Stream = Pick<TextToJudge, 'run' | 'turn' | 'channel' | 'text' | 'delta'>;

/** Streams that are remembered at a time; one that was forgotten costs one look into its text. */
const MOST_STREAMS = 64;

export class TextEnds {
  readonly #length: number;
  readonly #ends = new Map<string, { length: number; end: string }>();

  /** `length`: characters before the newest delta that are wanted. */
  constructor(length: number) {
    this.#length = length;
  }

  /** The newest delta with so many characters before it. */
  of({ run, turn, channel, text, delta }: Stream): string {
    const key = `${run} ${turn} ${channel}`;
    const known = this.#ends.get(key);
    const isNext = known !== undefined && known.length + delta.length === text.length;
    const wanted = this.#length + delta.length;
    const end = isNext ? (known.end + delta).slice(-wanted) : text.slice(-wanted);
    this.#ends.delete(key);
    this.#ends.set(key, { length: text.length, end });
    if (this.#ends.size > MOST_STREAMS) this.#ends.delete(this.#ends.keys().next().value ?? key);
    return end;
  }
}
