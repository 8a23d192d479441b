/**
 * Aho-Corasick over UTF-16 units: all patterns of a policy in one automaton. Compiled once per policy, never changed after
 * that, shared by every gate. Following it costs a constant time per character, however many patterns there are.
 */

/** After reading some text: the longest end of that text that begins a pattern. */
export interface State {
  readonly next: ReadonlyMap<number, State>;
  /** The state for the longest shorter end; undefined at the root. */
  readonly fallback: State | undefined;
  /** The longest pattern that the text ends with. */
  readonly found: string | undefined;
  /** Length of the longest end of the text that is a proper prefix of a pattern. */
  readonly undecided: number;
}

interface GrowingState extends State {
  next: Map<number, GrowingState>;
  fallback: GrowingState | undefined;
  found: string | undefined;
  undecided: number;
  depth: number;
}

/** Returns the state before any text. Patterns must not be empty. */
export function compile(patterns: readonly string[]): State {
  const root = newState(0);
  for (const pattern of patterns) grow(root, pattern);
  link(root);
  return root;
}

/** The state after one more UTF-16 unit. */
export function follow(state: State, unit: number): State {
  let current = state;
  for (;;) {
    const next = current.next.get(unit);
    if (next !== undefined) return next;
    if (current.fallback === undefined) return current;
    current = current.fallback;
  }
}

function newState(depth: number): GrowingState {
  return { next: new Map(), fallback: undefined, found: undefined, undecided: 0, depth };
}

function grow(root: GrowingState, pattern: string): void {
  let state = root;
  for (let index = 0; index < pattern.length; index++) {
    const unit = pattern.charCodeAt(index);
    const next = state.next.get(unit) ?? newState(state.depth + 1);
    state.next.set(unit, next);
    state = next;
  }
  state.found = pattern;
}

/** Breadth first, so that every shorter state is complete before a longer one falls back on it. */
function link(root: GrowingState): void {
  const queue = [root];
  for (const state of queue) {
    for (const [unit, child] of state.next) {
      const fallback = state.fallback === undefined ? root : (follow(state.fallback, unit) as GrowingState);
      child.fallback = fallback;
      child.found ??= fallback.found;
      child.undecided = child.next.size > 0 ? child.depth : fallback.undecided;
      queue.push(child);
    }
  }
}
