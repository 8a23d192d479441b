/**
 * What the agents of a swarm know in common: key → value, with the writer's name. Values are text, so that nobody can change one
 * that somebody else has read. An isolated step writes into an overlay; reads fall through to the parent. Pure.
 */

export interface StateEntry {
  value: string;
  /** The agent that wrote it, or `swarm.<agent>` for what the swarm noted of it. */
  writer: string;
}

/** What all agents see. */
export class SharedState {
  readonly #entries = new Map<string, StateEntry>();

  get(key: string): string | undefined {
    return this.#entries.get(key)?.value;
  }

  entry(key: string): StateEntry | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: string, writer: string): void {
    this.#entries.set(key, { value, writer });
  }

  entries(): [key: string, entry: StateEntry][] {
    return [...this.#entries];
  }
}

/** What one step sees of the state, and what it writes. */
export class StepState {
  readonly #parent: SharedState;
  readonly #writer: string;
  readonly #isolated: boolean;
  readonly #own = new Map<string, StateEntry>();

  constructor(parent: SharedState, writer: string, isolated: boolean) {
    this.#parent = parent;
    this.#writer = writer;
    this.#isolated = isolated;
  }

  get(key: string): string | undefined {
    return (this.#isolated ? this.#own.get(key)?.value : undefined) ?? this.#parent.get(key);
  }

  /** Writes under the name of the agent. */
  set(key: string, value: string): void {
    this.note(key, value, this.#writer);
  }

  /** Writes under another name. */
  note(key: string, value: string, writer: string): void {
    this.#own.set(key, { value, writer });
    if (!this.#isolated) this.#parent.set(key, value, writer);
  }

  /** What this step wrote: the last value of each key. */
  writes(): [key: string, value: string][] {
    return [...this.#own].map(([key, { value }]) => [key, value]);
  }

  /** Brings what an isolated step wrote into the parent; what was written before it is replaced. */
  merge(): void {
    for (const [key, { value, writer }] of this.#own) this.#parent.set(key, value, writer);
  }
}
