/** All live runs, by what they are looked up by, and the order in which waiting ones are served. */
import { chooseRuns, firstOf, type Limits, type Occupancy, type SlotUser } from '../choose-runs.ts';
import { type Claimant, FairShare } from '../fair-share.ts';
import { chatId } from '../store/runs.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';
import { rankOf } from './ranks.ts';

/** Somebody who waits for a slot like a run, and is none. */
type OtherClaim = SlotUser & Claimant;

/** Where a waiting run would go now. */
export interface Route {
  /** The backend or pool. */
  place: string;
  /** The backends that will do: several only of a pool. */
  members: readonly string[];
  /** What its slots are shared in. */
  resource: string;
}

/** Who knows where runs go; see routing.ts. */
export interface Router {
  routeOf(run: LiveRun): Route;
  /** Whether it goes to one of several backends with room, or waits for another one of its pool. */
  accepts(run: LiveRun, free: readonly string[]): boolean;
  /** Which of several backends with room it goes to. */
  memberFor(run: LiveRun, free: readonly string[], occupancy: Occupancy): string;
}

export class LiveRuns {
  readonly #byId = new Map<string, LiveRun>();
  readonly #byTurn = new Map<string, LiveRun>();
  readonly #share = new FairShare();
  readonly #clock: () => number;
  #waiting: LiveRun[] = [];

  /** `clock`: milliseconds that only grow; what slots are shared by. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  get(id: string): LiveRun | undefined {
    return this.#byId.get(id);
  }

  /** Nobody works on anything: all wait, for a slot or for a person. What is reviewed is worked on. */
  get areAllWaiting(): boolean {
    return this.all().every(({ phase, isParked }) => phase === 'waiting' || isParked);
  }

  /** The run whose current turn this is. */
  ofTurn(turn: string): LiveRun | undefined {
    return this.#byTurn.get(turn);
  }

  all(): LiveRun[] {
    return [...this.#byId.values()];
  }

  /** The run of a chat that has been started and has not ended. */
  inProgress(agent: string, chat: string): LiveRun | undefined {
    const id = chatId(agent, chat);
    return this.all().find((run) => run.chatId === id && !run.hasEnded && run.row.status === 'running');
  }

  /** A run that is new, or came back from the store. */
  add(run: LiveRun): void {
    this.#byId.set(run.id, run);
    if (run.phase === 'waiting') this.#waiting.push(run);
  }

  /** A run that lost its slot; it is served before runs that have not started, older ones first. */
  addFirst(run: LiveRun): void {
    this.forgetTurn(run);
    run.phase = 'waiting';
    const isLater = (other: LiveRun): boolean => other.row.status === 'queued' || other.number > run.number;
    const index = this.#waiting.findIndex(isLater);
    this.#waiting.splice(index < 0 ? this.#waiting.length : index, 0, run);
  }

  setTurn(run: LiveRun, turn: LiveTurn): void {
    run.turn = turn;
    run.turns = turn.number;
    run.phase = 'turn';
    this.#byTurn.set(turn.id, run);
  }

  forgetTurn(run: LiveRun): void {
    if (run.turn !== undefined) this.#byTurn.delete(run.turn.id);
    run.turn?.review?.leave();
    run.turn = undefined;
  }

  remove(run: LiveRun): void {
    this.forgetTurn(run);
    this.#byId.delete(run.id);
    this.#waiting = this.#waiting.filter((other) => other !== run);
  }

  /** All is void that is in memory. */
  clear(): void {
    for (const { turn } of this.#byId.values()) turn?.review?.drop();
    this.#byId.clear();
    this.#byTurn.clear();
    this.#waiting = [];
  }

  /** Waiting and working runs of an agent. */
  count(agent: string): { queued: number; running: number } {
    const runs = this.all().filter((run) => run.row.agent === agent && !run.hasEnded);
    const queued = runs.filter(({ phase }) => phase === 'waiting').length;
    return { queued, running: runs.length - queued };
  }

  /** Slots that are held, by backend. `others`: who else has slots. */
  slotsUsed(others: readonly SlotUser[] = []): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { backend, isParked } of [...this.slotUsers(), ...others]) {
      if (!isParked) counts.set(backend, (counts.get(backend) ?? 0) + 1);
    }
    return counts;
  }

  /** Requests that wait inside a model server, by backend. A first piece of the answer says that one no longer does. */
  waitingUpstream(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { backend, turn } of this.#byId.values()) {
      const waits = turn?.waitsUpstream && turn.received.text + turn.received.reasoning === 0;
      if (waits) counts.set(backend, (counts.get(backend) ?? 0) + 1);
    }
    return counts;
  }

  /** The runs that have left the queue. */
  slotUsers(): SlotUser[] {
    const working = this.all().filter(({ phase }) => phase !== 'waiting');
    return working.map((run) => (run.hasEnded ? { ...slotUser(run), chatId: '' } : slotUser(run)));
  }

  /**
   * Takes the runs that can start now out of the queue and gives them their slots on the backends that the router names. A run that
   * has ended and still drains uses a slot, not its chat. `others`: who else has slots; `claims`: who else waits for one.
   */
  takeStartable<C extends OtherClaim = never>(
    limits: Limits,
    router: Router,
    others: readonly SlotUser[] = [],
    claims: readonly C[] = [],
  ): { runs: LiveRun[]; claims: C[] } {
    const now = this.#clock();
    const working = this.all().filter((run) => run.phase !== 'waiting' && !run.hasNoSlot);
    this.#share.settle(new Set<object>([...working, ...others]), now);
    if (this.#waiting.length + claims.length === 0) return { runs: [], claims: [] };
    const users = [...this.slotUsers(), ...others];
    const asked = [
      ...this.#asked(router),
      ...claims.map((claim) => ({ ...asClaim(claim), place: claim.backend, run: undefined, claim })),
    ];
    let present: Claimant[] | undefined;
    const chosen = chooseRuns(asked, users, limits, {
      accepts: ({ run }, free) => run === undefined || router.accepts(run, free),
      next: (startable) => {
        present ??= asked.filter((each) => isServed(each, limits));
        const next = this.#share.pick(startable, now, present);
        this.#share.take(next.run ?? next.claim ?? next, next, now);
        return next;
      },
      member: ({ run }, free, occupancy) =>
        run === undefined ? firstOf(free) : router.memberFor(run, free, occupancy),
    });
    const taken = new Set(chosen.flatMap(({ run }) => run ?? []));
    this.#waiting = this.#waiting.filter((run) => !taken.has(run));
    for (const { run, backend, place } of chosen) {
      if (run !== undefined) Object.assign(run, { phase: 'between', backend, place });
    }
    return { runs: [...taken], claims: chosen.flatMap(({ claim }) => claim ?? []) };
  }

  /** Where waiting runs would start if only these others had slots, one entry a run. */
  wouldStart(limits: Limits, router: Router, others: readonly SlotUser[]): string[] {
    const chosen = chooseRuns(this.#asked(router), [...this.slotUsers(), ...others], limits, {
      accepts: ({ run }, free) => router.accepts(run, free),
      next: firstOf,
      member: ({ run }, free, occupancy) => router.memberFor(run, free, occupancy),
    });
    return chosen.map(({ backend }) => backend);
  }

  /** All who wait. Runs of one agent go the same way, but for one that is bound to where it was. */
  #asked(router: Router) {
    const routes = new Map<LiveRun['agent'], Route>();
    return this.#waiting.map((run) => {
      const route = (run.isBound ? undefined : routes.get(run.agent)) ?? router.routeOf(run);
      if (!run.isBound) routes.set(run.agent, route);
      return candidate(run, route);
    });
  }
}

function asClaim({ agent, backend, chatId, resource, weight, rank }: OtherClaim) {
  return { agent, backend, members: undefined, chatId, resource, weight, rank, isPaused: false };
}

/** It would start, were nobody else there. */
function isServed({ agent, backend, members = [backend] }: SlotUser, limits: Limits): boolean {
  return limits.agent(agent ?? '') > 0 && members.some((member) => limits.backend(member) > 0);
}

/** A backend that it has just failed on will not do. */
function candidate(run: LiveRun, { place, members: all, resource }: Route) {
  const { agent, row, chatId, pausedOn } = run;
  const members = pausedOn === undefined ? all : all.filter((member) => member !== pausedOn);
  return {
    run,
    claim: undefined,
    agent: row.agent,
    chatId,
    place,
    backend: members[0] ?? place,
    members: members.length > 1 ? members : undefined,
    resource,
    weight: agent.weight ?? 1,
    rank: rankOf(row.origin, agent.priority),
    isPaused: members.length === 0,
  };
}

function slotUser(run: LiveRun): SlotUser {
  return { agent: run.row.agent, backend: run.backend, chatId: run.chatId, isParked: run.hasNoSlot };
}
