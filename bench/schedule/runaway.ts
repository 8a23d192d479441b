/** Finds an answer that goes round in circles, while it streams: it would go on until its context is full, and measure nothing. Pure. */
import { repetitionIn } from '../../policy/repetition.ts';

/** Characters at the end that are looked at. */
const WINDOW = 1500;
/** Characters after which it is looked again. */
const STRIDE = 400;
/** Far beyond what tables and lists repeat. */
const LIMITS = { words: 8, repeats: 8, lines: 12, tokens: 90, action: 'cut' } as const;

export class RunawayWatch {
  #lookedAt = 0;

  /** What is repeated at the end of the text so far, in words; undefined: nothing, or it is too early to look again. */
  look(text: string): string | undefined {
    if (text.length - this.#lookedAt < STRIDE) return undefined;
    this.#lookedAt = text.length;
    // A space: the last word and line count as complete.
    const end = text.slice(-WINDOW);
    return repetitionIn(`${end}\n`, '\n', LIMITS) ?? repetitionIn(end, end.slice(-1), LIMITS);
  }
}
