/** Which waiting runs may take a model slot now. Pure: order in, choice out. */

/** A run that waits for a slot or works; waiting ones are in the order in which they are to be served. */
export interface SlotUser {
  agent: string;
  backend: string;
  /** Id of the chat; its runs are strictly serial. */
  chatId: string;
}

/** How many may work at a time; 0 while an agent is not connected or a backend is down. */
export interface Limits {
  agent(name: string): number;
  backend(name: string): number;
}

/** Takes runs in order as long as chat, agent and backend have room; a run that waits blocks the later ones of its chat. */
export function chooseRuns<T extends SlotUser>(
  waiting: readonly T[],
  working: readonly SlotUser[],
  limits: Limits,
): T[] {
  const agents = new Counter(working.map(({ agent }) => agent));
  const backends = new Counter(working.map(({ backend }) => backend));
  const busyChats = new Set(working.map(({ chatId }) => chatId));
  return waiting.filter((run) => {
    const isChatBusy = busyChats.has(run.chatId);
    busyChats.add(run.chatId);
    if (isChatBusy) return false;
    if (agents.of(run.agent) >= limits.agent(run.agent)) return false;
    if (backends.of(run.backend) >= limits.backend(run.backend)) return false;
    agents.add(run.agent);
    backends.add(run.backend);
    return true;
  });
}

class Counter {
  readonly #counts = new Map<string, number>();

  constructor(names: readonly string[]) {
    for (const name of names) this.add(name);
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string): void {
    this.#counts.set(name, this.of(name) + 1);
  }
}
