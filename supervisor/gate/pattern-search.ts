/**
 * Looks for one policy's literals in one stream, delta by delta; no character is read twice. It remembers the matches that are
 * not wholly released, the leftmost first.
 */
import type { PatternMatch } from '../../policy/policy.ts';
import { follow, type State } from './automaton.ts';

const NONE: readonly PatternMatch[] = Object.freeze([]);

export class PatternSearch {
  readonly #start: State;
  #state: State;
  #length = 0;
  /** Both `from` and `to` rise from one match to the next. */
  readonly #matches: PatternMatch[] = [];

  /** `start`: a compiled automaton before any text. */
  constructor(start: State) {
    this.#start = start;
    this.#state = start;
  }

  /** Length of the longest end of the text so far that can still become a pattern. */
  get undecided(): number {
    return this.#state.undecided;
  }

  feed(delta: string): void {
    for (let index = 0; index < delta.length; index++) {
      this.#state = follow(this.#state, delta.charCodeAt(index));
      this.#length++;
      if (this.#state.found !== undefined) this.#remember(this.#state.found);
    }
  }

  /** A literal that is not complete at the end of the text is none: there is no news. */
  finish(): boolean {
    this.#state = this.#start;
    return false;
  }

  /** The matches that end after `released`, leftmost first; of several that start at one place, the one that was complete first. */
  matches(released: number): readonly PatternMatch[] {
    while (this.#matches[0] !== undefined && this.#matches[0].to <= released) this.#matches.shift();
    return this.#matches.length === 0 ? NONE : [...this.#matches];
  }

  /** A match that starts later and ends earlier can never be the leftmost again. */
  #remember(pattern: string): void {
    const from = this.#length - pattern.length;
    while ((this.#matches.at(-1)?.from ?? -1) > from) this.#matches.pop();
    this.#matches.push(Object.freeze({ pattern, from, to: this.#length }));
  }
}
