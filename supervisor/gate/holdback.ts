/** What one policy holds back of one stream: an end of fixed length, and whatever could still become one of its patterns. */
import type { PatternMatch, Policy } from '../../policy/policy.ts';
import { compile, type State } from './automaton.ts';
import { PatternSearch } from './pattern-search.ts';

/** Characters that an `onText` without `patterns` and `holdback` gets to see before a reader does. */
const DEFAULT_HOLDBACK = 64;

const NONE: readonly PatternMatch[] = Object.freeze([]);

// Policies live as long as the process, turns do not: each is compiled once.
const compiled = new WeakMap<Policy, State>();

export class Holdback {
  /** Characters held back at the end of the text whatever they are; Infinity for `'turn'`. */
  readonly counted: number;
  readonly #search: PatternSearch | undefined;

  constructor(policy: Policy) {
    this.counted = countedHoldback(policy);
    this.#search =
      policy.patterns === undefined ? undefined : new PatternSearch(automatonOf(policy, literalsOf(policy.patterns)));
  }

  /** Characters held back at the end of the text because they can still become a pattern. */
  get undecided(): number {
    return this.#search?.undecided ?? 0;
  }

  feed(delta: string): void {
    this.#search?.feed(delta);
  }

  /** The policy's matches that are not wholly released, leftmost first. */
  matches(released: number): readonly PatternMatch[] {
    return this.#search?.matches(released) ?? NONE;
  }
}

function countedHoldback(policy: Policy): number {
  if (policy.holdback === 'turn') return Number.POSITIVE_INFINITY;
  if (policy.holdback !== undefined) return policy.holdback;
  return policy.onText === undefined || policy.patterns !== undefined ? 0 : DEFAULT_HOLDBACK;
}

function automatonOf(policy: Policy, patterns: readonly string[]): State {
  const known = compiled.get(policy);
  if (known !== undefined) return known;
  const automaton = compile(patterns);
  compiled.set(policy, automaton);
  return automaton;
}

function literalsOf(patterns: readonly (string | RegExp)[]): readonly string[] {
  return patterns.filter((pattern) => typeof pattern === 'string');
}
