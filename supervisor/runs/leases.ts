/**
 * Slots of model servers that somebody beside the agents of this stack works in: a benchmark. A lease is asked for, waits in one line
 * with runs at the rank of a benchmark, and is held until it is given back; several that are asked for together are granted together.
 * When somebody waits only because a lease is held, its holder is told, and gives it back after its call.
 * Where two leases are wanted of what has room for one (one slot, one GPU), they share a slot: whoever asks wants to see just that.
 */
import type { Backends } from '../backends.ts';
import { chooseRuns, type Limits, type SlotUser } from '../choose-runs.ts';
import type { Claimant } from '../fair-share.ts';
import type { LeaseWish } from './lease-wish.ts';
import { BENCHMARK_RANK } from './ranks.ts';

/** No agent is called so. */
export const BENCHMARK = ' benchmark';
/** Milliseconds for which a server that is away is waited for. */
const PATIENCE_MS = 2000;
/** Times that slots which wait for others of their set go to who else waits; after that they are kept, so that the set is served, too. */
const MOST_RETURNS = 8;

/** The one who holds leases. `leases`: those that it is about. */
export interface LeaseHolder {
  granted(leases: readonly number[]): void;
  refused(leases: readonly number[], reason: string): void;
  /** Somebody waits for it: to be given back after the call. */
  recalled(leases: readonly number[]): void;
  /** Others are, or are no longer, at work on its server or GPU. */
  company(leases: readonly number[], others: boolean): void;
}

/** A slot that is waited for or held. */
class Slot implements SlotUser, Claimant {
  readonly agent = BENCHMARK;
  readonly weight = 1;
  readonly rank = BENCHMARK_RANK;
  readonly backend: string;
  readonly resource: string;
  readonly chatId: string;
  readonly leases = new Set<number>();
  isHeld = false;
  isRecalled = false;
  hasCompany = false;

  constructor(backend: string, resource: string, chatId: string) {
    this.backend = backend;
    this.resource = resource;
    this.chatId = chatId;
  }
}

/** Leases that are granted together. */
interface LeaseSet {
  wishes: readonly LeaseWish[];
  slots: Slot[];
  returns: number;
  patience: NodeJS.Timeout | undefined;
}

export class Leases {
  readonly #backends: Backends;
  readonly #dispatch: () => void;
  #holder: LeaseHolder | undefined;
  #waiting: LeaseSet[] = [];
  readonly #granted = new Set<Slot>();
  #count = 0;

  /** `dispatch`: a slot is wanted, or free. */
  constructor(backends: Backends, dispatch: () => void) {
    this.#backends = backends;
    this.#dispatch = dispatch;
  }

  /** From now on leases are this one's; what another one had is given back. */
  attach(holder: LeaseHolder | undefined): void {
    for (const { patience } of this.#waiting) clearTimeout(patience);
    this.#waiting = [];
    this.#granted.clear();
    this.#holder = holder;
    this.#dispatch();
  }

  /** Granted together or refused together; ids are the holder's own. */
  ask(wishes: readonly LeaseWish[]): void {
    this.#waiting.push({ wishes, slots: [], returns: 0, patience: undefined });
    this.#dispatch();
  }

  giveBack(lease: number): void {
    for (const slot of this.#granted) {
      slot.leases.delete(lease);
      if (slot.leases.size === 0) this.#granted.delete(slot);
    }
    this.#waiting = this.#waiting.filter(({ wishes }) => !wishes.some((wish) => wish.lease === lease));
    this.#dispatch();
  }

  /** Any are held or waited for. */
  get areThere(): boolean {
    return this.#granted.size + this.#waiting.length > 0;
  }

  /** Slots that are taken. */
  get users(): Slot[] {
    // Those first that nobody works in yet: they can be had at once.
    return [...this.#waiting.flatMap(({ slots }) => slots.filter(({ isHeld }) => isHeld)), ...this.#granted];
  }

  /** Slots that could be taken now, who has waited longest first. */
  claims(limits: Limits): Slot[] {
    for (const set of this.#waiting) this.#plan(set, limits);
    return this.#waiting.flatMap(({ slots }) => slots.filter(({ isHeld }) => !isHeld));
  }

  /** A server that came back with other slots changes what a set needs. */
  #plan(set: LeaseSet, limits: Limits): void {
    const needed = slotsFor(set.wishes, limits);
    if (needed === undefined || needed.length === set.slots.length) return;
    set.slots = needed.map(({ backend, leases }) => {
      const slot = new Slot(backend, this.#backends.resourceOf(backend), `lease ${++this.#count}`);
      for (const lease of leases) slot.leases.add(lease);
      return slot;
    });
  }

  /** Those who claimed have them now. `others`: who else is at work. */
  took(slots: readonly Slot[], others: readonly SlotUser[]): void {
    for (const slot of slots) slot.isHeld = true;
    const complete = this.#waiting.filter((set) => set.slots.length > 0 && set.slots.every(({ isHeld }) => isHeld));
    this.#waiting = this.#waiting.filter((set) => !complete.includes(set));
    for (const { slots: granted, wishes, patience } of complete) {
      clearTimeout(patience);
      for (const slot of granted) this.#granted.add(slot);
      const company = granted.filter((slot) => this.#hasCompany(slot, others));
      for (const slot of company) slot.hasCompany = true;
      this.#holder?.granted(wishes.map(({ lease }) => lease));
      for (const slot of company) this.#holder?.company([...slot.leases], true);
    }
  }

  /**
   * To be asked when all that can start has. `wanted`: backends of those that wait only because of leases, one entry each; `others`: who
   * else is at work. Returns whether slots were given back that waited for others of their set.
   */
  look(wanted: readonly string[], others: readonly SlotUser[]): boolean {
    this.#tellCompany(others);
    this.#beImpatient();
    const asked = new Set<Slot>();
    for (const backend of wanted) {
      const slot = this.users.find((each) => !asked.has(each) && this.#isSame(each, backend));
      if (slot !== undefined) asked.add(slot);
    }
    for (const slot of asked) {
      if (!this.#granted.has(slot) || slot.isRecalled) continue;
      slot.isRecalled = true;
      this.#holder?.recalled([...slot.leases]);
    }
    return this.#returnIdle(asked);
  }

  #returnIdle(asked: ReadonlySet<Slot>): boolean {
    const idle = this.#waiting.filter(
      ({ slots, returns }) => returns < MOST_RETURNS && slots.some((one) => asked.has(one)),
    );
    for (const set of idle) {
      set.returns++;
      for (const slot of set.slots) slot.isHeld = false;
    }
    return idle.length > 0;
  }

  #tellCompany(others: readonly SlotUser[]): void {
    for (const slot of this.#granted) {
      const hasCompany = this.#hasCompany(slot, others);
      if (hasCompany === slot.hasCompany) continue;
      slot.hasCompany = hasCompany;
      this.#holder?.company([...slot.leases], hasCompany);
    }
  }

  #hasCompany(slot: Slot, others: readonly SlotUser[]): boolean {
    return others.some(({ backend, isParked }) => !isParked && this.#isSame(slot, backend));
  }

  /** The same server, or one on the same GPU. */
  #isSame({ backend }: Slot, other: string): boolean {
    const group = this.#backends.groupOf(backend);
    return backend === other || (group !== undefined && group === this.#backends.groupOf(other));
  }

  #beImpatient(): void {
    for (const set of this.#waiting) {
      const down = set.wishes.map(({ backend }) => backend).find((backend) => this.#backends.isDown(backend));
      if (down === undefined) {
        clearTimeout(set.patience);
        set.patience = undefined;
      } else set.patience ??= setTimeout(() => this.#giveUp(set, down), PATIENCE_MS);
    }
  }

  #giveUp(set: LeaseSet, down: string): void {
    this.#waiting = this.#waiting.filter((other) => other !== set);
    const reason = this.#backends.whyDown(down) ?? 'it has just come back';
    this.#holder?.refused(
      set.wishes.map(({ lease }) => lease),
      `${down} is down: ${reason}`,
    );
    this.#dispatch();
  }
}

/** The slots for these wishes, were nobody else there; undefined: a server is away. */
function slotsFor(wishes: readonly LeaseWish[], limits: Limits): { backend: string; leases: number[] }[] | undefined {
  const alone = wishes.map(({ lease, backend }) => ({ agent: undefined, backend, chatId: String(lease), lease }));
  const slots = chooseRuns(alone, [], limits).map(({ backend, lease }) => ({ backend, leases: [lease] }));
  const have = new Set(slots.flatMap(({ leases }) => leases));
  for (const { lease, backend } of wishes) {
    if (have.has(lease)) continue;
    const group = limits.groupOf(backend);
    const shared = slots.find(
      (slot) => slot.backend === backend || (group !== undefined && limits.groupOf(slot.backend) === group),
    );
    if (shared === undefined) return undefined;
    shared.leases.push(lease);
  }
  return slots;
}
