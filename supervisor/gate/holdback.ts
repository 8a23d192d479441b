/** What one policy holds back of one stream: an end of fixed length, and whatever could still become one of its patterns. */

import { type BoundedPattern, boundPattern } from '../../policy/patterns/bounded-pattern.ts';
import type { PatternMatch, Policy } from '../../policy/policy.ts';
import { compile, type State } from './automaton.ts';
import { ExpressionSearch } from './expression-search.ts';
import { PatternSearch } from './pattern-search.ts';

/** Characters that an `onText` without `patterns` and `holdback` gets to see before a reader does. */
const DEFAULT_HOLDBACK = 64;

const NONE: readonly PatternMatch[] = Object.freeze([]);

/** What looks for some of a policy's patterns. */
interface Search {
  readonly undecided: number;
  feed(delta: string): void;
  finish(): boolean;
  matches(released: number): readonly PatternMatch[];
}

interface Compiled {
  literals: State | undefined;
  expressions: readonly BoundedPattern[];
}

// Policies live as long as the process, turns do not: each is compiled once.
const compiled = new WeakMap<Policy, Compiled>();

export class Holdback {
  /** Characters held back at the end of the text whatever they are; Infinity for `'turn'`. */
  readonly counted: number;
  readonly #searches: readonly Search[];

  constructor(policy: Policy) {
    this.counted = countedHoldback(policy);
    this.#searches = policy.patterns === undefined ? [] : searchesFor(compiledOf(policy, policy.patterns));
  }

  /** Characters held back at the end of the text because they can still become a pattern. */
  get undecided(): number {
    return this.#searches.reduce((most, { undecided }) => Math.max(most, undecided), 0);
  }

  feed(delta: string): void {
    for (const search of this.#searches) search.feed(delta);
  }

  /** The text is over, so nothing is undecided any more. Returns whether that made a match, or a longer one. */
  finish(): boolean {
    return this.#searches.map((search) => search.finish()).includes(true);
  }

  /** The policy's matches that are not wholly released, leftmost first; of several that start there the shortest. */
  matches(released: number): readonly PatternMatch[] {
    const found = this.#searches.map((search) => search.matches(released)).filter(({ length }) => length > 0);
    if (found.length < 2) return found[0] ?? NONE;
    return found.flat().sort((a, b) => a.from - b.from || a.to - b.to);
  }
}

function searchesFor({ literals, expressions }: Compiled): readonly Search[] {
  const searches: Search[] = expressions.map((expression) => new ExpressionSearch(expression));
  return literals === undefined ? searches : [new PatternSearch(literals), ...searches];
}

function countedHoldback(policy: Policy): number {
  if (policy.holdback === 'turn') return Number.POSITIVE_INFINITY;
  if (policy.holdback !== undefined) return policy.holdback;
  return policy.onText === undefined || policy.patterns !== undefined ? 0 : DEFAULT_HOLDBACK;
}

function compiledOf(policy: Policy, patterns: readonly (string | RegExp)[]): Compiled {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const literals = patterns.filter((pattern) => typeof pattern === 'string');
  const expressions = patterns.filter((pattern) => typeof pattern !== 'string').map(boundPattern);
  const fresh = { literals: literals.length === 0 ? undefined : compile(literals), expressions };
  compiled.set(policy, fresh);
  return fresh;
}
