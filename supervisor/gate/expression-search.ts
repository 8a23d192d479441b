/**
 * Looks for one regular expression in one stream, delta by delta. However the text is split it finds what `matchAll` finds in
 * the whole of it. It keeps a window that is as long as the longest match with its lookarounds, so the cost of a delta does not
 * grow with the turn.
 */
import type { BoundedPattern } from '../../policy/patterns/bounded-pattern.ts';
import type { PatternMatch } from '../../policy/policy.ts';
import { boundaryAt } from './surrogates.ts';

const NONE: readonly PatternMatch[] = Object.freeze([]);

export class ExpressionSearch {
  readonly #pattern: BoundedPattern;
  /** The end of the text so far, and where in the text it begins. */
  #window = '';
  #start = 0;
  /** Where the next match may begin, in the text; whatever begins before is decided. */
  #next = 0;
  #undecided = 0;
  /** Decided, not wholly released yet. */
  #decided: PatternMatch[] = [];
  /** A match that is there whatever follows, though it may still grow. */
  #growing: PatternMatch | undefined;

  constructor(pattern: BoundedPattern) {
    this.#pattern = pattern;
  }

  /** Length of the end of the text so far of which more text decides whether it is, or extends, a match. */
  get undecided(): number {
    return this.#undecided;
  }

  feed(delta: string): void {
    if (delta === '') return;
    this.#window += delta;
    this.#search(false);
    this.#forget();
  }

  /** The text is over. Returns whether that made a match, or changed one. */
  finish(): boolean {
    const before = [...this.#decided, this.#growing];
    this.#search(true);
    return this.#decided.some(({ to }, index) => before[index]?.to !== to);
  }

  /** The matches that end after `released`, leftmost first. */
  matches(released: number): readonly PatternMatch[] {
    while (this.#decided[0] !== undefined && this.#decided[0].to <= released) this.#decided.shift();
    if (this.#growing !== undefined) return [...this.#decided, this.#growing];
    return this.#decided.length === 0 ? NONE : [...this.#decided];
  }

  #search(isOver: boolean): void {
    const length = this.#start + this.#window.length;
    this.#growing = undefined;
    for (;;) {
      const open = isOver ? length : (this.#find(this.#pattern.partial)?.from ?? length);
      const match = this.#find(this.#pattern.whole);
      if (match === undefined || match.from >= open) {
        this.#next = open;
        this.#undecided = length - open;
        if (match?.from === open && match.to + this.#pattern.widths.ahead <= length) this.#growing = match;
        return;
      }
      this.#decided.push(match);
      this.#next = match.to;
    }
  }

  #find(expression: RegExp): PatternMatch | undefined {
    expression.lastIndex = this.#next - this.#start;
    const found = expression.exec(this.#window);
    if (found === null) return undefined;
    const from = this.#start + found.index;
    return Object.freeze({ pattern: this.#pattern.label, from, to: from + found[0].length });
  }

  /** One character before the window's use is kept, so that `^` is the start of the text only. */
  #forget(): void {
    const unused = this.#next - this.#start - this.#pattern.widths.behind - 1;
    if (unused <= 0) return;
    const cut = boundaryAt(this.#window, unused);
    this.#window = this.#window.slice(cut);
    this.#start += cut;
  }
}
