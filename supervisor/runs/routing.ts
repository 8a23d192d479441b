/** Where runs go: to which backend or pool now, to which member of it, and whether one that has begun can stay where it is. */
import type { Backends } from '../backends.ts';
import type { Occupancy } from '../choose-runs.ts';
import type { LiveRun } from './live-run.ts';
import type { LiveRuns, Route, Router } from './live-runs.ts';
import { type MemberLoad, type Placement, patienceFor } from './placement.ts';

export class Routing implements Router {
  readonly #backends: Backends;
  readonly #placement: Placement;
  readonly #load: MemberLoad;

  readonly #dispatch: () => void;

  /** `dispatch`: somebody does not wait any longer. */
  constructor(backends: Backends, runs: Pick<LiveRuns, 'waitingUpstream'>, placement: Placement, dispatch: () => void) {
    this.#backends = backends;
    this.#placement = placement;
    this.#dispatch = dispatch;
    this.#load = {
      slots: (backend) => backends.slots(backend),
      waiting: (backend) => runs.waitingUpstream().get(backend) ?? 0,
    };
  }

  routeOf(run: LiveRun): Route {
    const place = this.#backends.route(run.ownPlace, run.agent);
    return { place, members: this.#membersOf(run, place), resource: this.#backends.resourceOf(place) };
  }

  /** One whose prompt is tried otherwise goes where it was, since what is known about that is known of that server. */
  #membersOf(run: LiveRun, place: string): readonly string[] {
    const members = this.#backends.candidates(place, run.agent);
    const isBound = run.isBound && members.includes(run.backend) && this.#backends.isUp(run.backend);
    return isBound ? [run.backend] : members;
  }

  /** It waits for its home for as long as its prompt would take to be read elsewhere, and no longer. */
  accepts(run: LiveRun, free: readonly string[]): boolean {
    const home = this.#placement.homeOf(run);
    const isWorthIt = home !== undefined && !free.includes(home.backend) && this.#isThere(run, home.backend);
    if (!isWorthIt) return true;
    run.homePatience ??= this.#bePatient(patienceFor(home.tokens));
    return run.homePatience.isOver;
  }

  /** What ends it says so, not a clock that is read: timers may come a little early, and nobody would look again. */
  #bePatient(milliseconds: number): NonNullable<LiveRun['homePatience']> {
    const end = (): void => {
      patience.isOver = true;
      this.#dispatch();
    };
    const patience = { timer: setTimeout(end, milliseconds).unref(), isOver: false };
    return patience;
  }

  /** A turn of this run can go to that backend once it has room. */
  #isThere(run: LiveRun, backend: string): boolean {
    const { members } = this.routeOf(run);
    return members.includes(backend) && this.#backends.isUp(backend) && run.pausedOn !== backend;
  }

  memberFor(run: LiveRun, free: readonly string[], occupancy: Occupancy): string {
    return this.#placement.choose(free, this.#placement.homeOf(run)?.backend, occupancy, this.#load);
  }

  /** Of several with room, for what has no home. */
  leastBusy(free: readonly string[], occupancy: Occupancy): string {
    return this.#placement.choose(free, undefined, occupancy, this.#load);
  }

  /** A turn of this run begins where it is now, with a prompt of about so many tokens. */
  served(run: LiveRun, tokens: number): void {
    run.isBound = false;
    clearTimeout(run.homePatience?.timer);
    run.homePatience = undefined;
    if (this.#backends.isPool(run.place)) this.#placement.served(run, { backend: run.backend, tokens });
  }

  /** The backends that a turn of this run may go to now: all, while none of them answers. */
  membersNow(run: LiveRun): readonly string[] {
    const { members } = this.routeOf(run);
    const up = members.filter((member) => this.#backends.isUp(member));
    return up.length === 0 ? members : up;
  }

  /** The next turn of a run can begin where the last one was. */
  isWhereItBelongs(run: LiveRun): boolean {
    return this.#backends.isUp(run.backend) && this.routeOf(run).members.includes(run.backend);
  }

  /** A previous supervisor has begun a turn of this run on a backend. */
  comesFrom(run: LiveRun, backend: string): void {
    const places = [run.ownPlace, ...(run.agent.fallback ?? [])];
    const place = places.find((each) => this.#backends.membersOf(each).includes(backend)) ?? backend;
    Object.assign(run, { backend, place, toldPlace: place });
  }
}
