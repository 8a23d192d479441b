/**
 * Looks for one regular expression in one stream, delta by delta. However the text is split it finds what `matchAll` finds in
 * the whole of it. It keeps a window that is as long as the longest match with its lookarounds, so the cost of a delta does not
 * grow with the turn.
 */
import type { BoundedPattern } from '../../policy/patterns/bounded-pattern.ts';
import type { PatternMatch } from '../../policy/policy.ts';
import { boundaryAt } from './surrogates.ts';

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
  /** What was told last, while it is still true: there may be many, and they are asked for with every delta. */
  #told: readonly PatternMatch[] | undefined;

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
    while (this.#decided[0] !== undefined && this.#decided[0].to <= released) {
      this.#decided.shift();
      this.#told = undefined;
    }
    this.#told ??= Object.freeze(this.#growing === undefined ? [...this.#decided] : [...this.#decided, this.#growing]);
    return this.#told;
  }

  #search(isOver: boolean): void {
    const length = this.#start + this.#window.length;
    if (this.#growing !== undefined) this.#told = undefined;
    this.#growing = undefined;
    for (;;) {
      const found = this.#find(isOver ? this.#pattern.whole : this.#pattern.next);
      if (found === undefined || found.to === found.from) return this.#stop(found?.from ?? length, length);
      this.#decided.push(found);
      this.#told = undefined;
      this.#next = found.to;
    }
  }

  /** From `open` on the text is undecided. */
  #stop(open: number, length: number): void {
    this.#next = open;
    this.#undecided = length - open;
    const match = open === length ? undefined : this.#find(this.#pattern.there);
    if (match === undefined || match.to + this.#pattern.widths.ahead > length) return;
    this.#growing = match;
    this.#told = undefined;
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
