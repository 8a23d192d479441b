/** Which waiting runs may take a model slot now, and on which backend of those that will do. Pure: order in, choice out. */

/** A run that waits for a slot or works; waiting ones are in the order in which they are to be served. */
export interface SlotUser {
  /** Undefined: it is no agent's turn. */
  agent: string | undefined;
  /** Where it works, or where it would go now; of a waiting one with `members` that is told when it is chosen. */
  backend: string;
  /** Of a waiting one: the backends of a pool that will do; absent: `backend` alone. */
  members?: readonly string[] | undefined;
  /** Id of the chat; its runs are strictly serial. */
  chatId: string;
  /** Of a waiting one: not yet, it has just failed. */
  isPaused?: boolean;
  /** Of one that has begun: it waits for a person or is reviewed; it has its chat and no slot. */
  isParked?: boolean;
}

/** How many may work at a time; 0 while an agent is not connected or a backend is down. */
export interface Limits {
  agent(name: string): number;
  backend(name: string): number;
  /** The backends on one GPU that this one belongs to; undefined: none. */
  groupOf(backend: string): string | undefined;
  group(name: string): number;
}

/** What is taken and what is free at a moment of choosing. */
export interface Occupancy {
  /** The backends that a waiting run could go to now. */
  freeFor(run: SlotUser): readonly string[];
  /** Slots of a backend that are taken. */
  used(backend: string): number;
}

export interface Chooser<T> {
  /** Whether one with several members is content with those of them that have room, or waits for another one. They are not none. */
  accepts(run: T, free: readonly string[]): boolean;
  /** Who of those that could start gets the next slot; they are not none, and in the order in which they wait. */
  next(startable: readonly T[], occupancy: Occupancy): T;
  /** Which of the members of a pool that have room a run goes to; they are not none. */
  member(run: T, free: readonly string[], occupancy: Occupancy): string;
}

/**
 * Takes runs, one after the other as the chooser says, as long as chat, agent, backend and the backend's group have room. A run that
 * waits blocks the later ones of its chat, and nobody else. Of those that are taken `backend` is where they go.
 */
export function chooseRuns<T extends SlotUser>(
  waiting: readonly T[],
  working: readonly SlotUser[],
  limits: Limits,
  { accepts, next, member }: Chooser<T> = IN_ORDER,
): T[] {
  const room = new Room(limits);
  for (const run of working) if (!run.isParked) room.take(run);
  let left = firstOfChats(waiting, working);
  const taken: T[] = [];
  for (;;) {
    left = left.filter((run) => room.hasFor(run) && (run.members === undefined || accepts(run, room.freeFor(run))));
    if (left.length === 0) return taken;
    const run = next(left, room);
    if (run.members !== undefined) run.backend = member(run, room.freeFor(run), room);
    room.take(run);
    taken.push(run);
    left = left.filter((other) => other !== run);
  }
}

/** Of every chat that nobody works on the run that has waited longest, unless it is paused. */
function firstOfChats<T extends SlotUser>(waiting: readonly T[], working: readonly SlotUser[]): T[] {
  const busyChats = new Set(working.map(({ chatId }) => chatId));
  return waiting.filter(({ chatId, isPaused }) => {
    const isChatBusy = busyChats.has(chatId);
    busyChats.add(chatId);
    return !isChatBusy && !isPaused;
  });
}

export function firstOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw new RangeError('nobody waits');
  return first;
}

const IN_ORDER = {
  accepts: () => true,
  next: firstOf,
  member: (_run: unknown, free: readonly string[]): string => firstOf(free),
};

/** What is taken of every limit. */
class Room implements Occupancy {
  readonly #limits: Limits;
  readonly #agents = new Counter();
  readonly #backends = new Counter();
  readonly #groups = new Counter();
  /** Known until somebody takes a slot: hundreds may wait for the same few backends. */
  readonly #free = new Map<string, boolean>();
  readonly #freeOf = new Map<readonly string[], readonly string[]>();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  hasFor({ agent, backend, members }: SlotUser): boolean {
    const hasBackend = members === undefined ? this.#isFree(backend) : this.#freeAmong(members).length > 0;
    return hasBackend && (agent === undefined || this.#agents.of(agent) < this.#limits.agent(agent));
  }

  freeFor({ backend, members = [backend] }: SlotUser): readonly string[] {
    return this.#freeAmong(members);
  }

  used(backend: string): number {
    return this.#backends.of(backend);
  }

  #freeAmong(members: readonly string[]): readonly string[] {
    return known(this.#freeOf, members, () => members.filter((member) => this.#isFree(member)));
  }

  #isFree(backend: string): boolean {
    return known(this.#free, backend, () => {
      if (this.#backends.of(backend) >= this.#limits.backend(backend)) return false;
      const group = this.#limits.groupOf(backend);
      return group === undefined || this.#groups.of(group) < this.#limits.group(group);
    });
  }

  take({ agent, backend }: SlotUser): void {
    if (agent !== undefined) this.#agents.add(agent);
    this.#backends.add(backend);
    const group = this.#limits.groupOf(backend);
    if (group !== undefined) this.#groups.add(group);
    this.#free.clear();
    this.#freeOf.clear();
  }
}

/** What a map has, or what is found out and remembered in it. */
function known<K, V extends {}>(map: Map<K, V>, key: K, find: () => V): V {
  const value = map.get(key) ?? find();
  map.set(key, value);
  return value;
}

class Counter {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string): void {
    this.#counts.set(name, this.of(name) + 1);
  }
}
