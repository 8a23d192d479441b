/**
 * Shares the slots of a model server between agents by the time that they use them: start-time fair queueing (Goyal, Vin and Cheng,
 * SIGCOMM 1996) with milliseconds of a slot as cost. Everybody who waits gets its weight's share; who was away has saved nothing up.
 * A lower rank goes first, but never more often than eight times in a row past somebody who waits: nobody starves.
 * No clock of its own: times are milliseconds that only grow.
 */

/** Starts past a waiting run of another rank; the next slot is for the one that has waited longest. */
const MOST_IN_A_ROW = 8;
/** How much of what an agent's runs usually take is what the latest one took. */
const LATEST_SHARE = 0.2;

/**
 * Longest usual turns of those present that an agent, while it waits, can be behind where one that comes anew begins. More is lost to it:
 * else those that waited for one full server for hours would keep everybody else from it for as long.
 */
const MOST_TURNS_BEHIND = 4;

/** Who asks for a slot, or has one. */
export interface Claimant {
  agent: string;
  /** What is shared: a backend, or the group of backends on one GPU. */
  resource: string;
  /** Share of the slots in comparison with other agents; above 0. */
  weight: number;
  /** Goes before all of a higher number. */
  rank: number;
}

interface Account {
  /** Milliseconds of slots that have been given back. */
  usedMs: number;
  /** What a run of this agent usually takes: it is charged from the start. */
  usualMs: number;
  weight: number;
  isActive: boolean;
}

interface Holding {
  account: Account;
  since: number;
}

/** One resource. */
interface Ledger {
  accounts: Map<string, Account>;
  /** Virtual time of the latest start: who comes back begins there. */
  floor: number;
  /** Starts in a row past somebody of another rank. */
  passedOver: number;
}

export class FairShare {
  readonly #ledgers = new Map<string, Ledger>();
  readonly #holdings = new Map<object, Holding>();

  /** `holder` has a slot from now on. */
  take(holder: object, claimant: Claimant, now: number): void {
    this.#holdings.set(holder, { account: this.#account(claimant), since: now });
  }

  /** Charges all who have given their slots back. `holders`: who still has one. */
  settle(holders: ReadonlySet<object>, now: number): void {
    for (const [holder, { account, since }] of this.#holdings) {
      if (holders.has(holder)) continue;
      const took = now - since;
      account.usedMs += took;
      account.usualMs += LATEST_SHARE * (took - account.usualMs);
      this.#holdings.delete(holder);
    }
  }

  /**
   * Who of them gets the next slot of the first one's resource. `waiting`: not empty, who has waited longest first.
   * `present`: all who want a slot, also those who wait for one that is not free now.
   */
  pick<T extends Claimant>(waiting: readonly T[], now: number, present: readonly Claimant[] = waiting): T {
    const [oldest] = waiting;
    if (oldest === undefined) throw new RangeError('nobody waits');
    const { resource } = oldest;
    const rivals = foremostOfAgents(waiting.filter((each) => each.resource === resource));
    this.#activate(resource, present, now);
    const foremost = rivals.reduce((least, { rank }) => Math.min(least, rank), oldest.rank);
    const others = rivals.filter(({ rank }) => rank !== foremost);
    const chosen = this.#chooseRank(resource, rivals, foremost, others[0]) ?? oldest;
    return this.#least(chosen, rivals, now);
  }

  /** Somebody of the rank whose turn it is, who has waited longest there. */
  #chooseRank<T extends Claimant>(resource: string, rivals: readonly T[], rank: number, other?: T): T | undefined {
    const ledger = this.#ledger(resource);
    const isOthersTurn = other !== undefined && ledger.passedOver >= MOST_IN_A_ROW;
    ledger.passedOver = other === undefined || isOthersTurn ? 0 : ledger.passedOver + 1;
    return isOthersTurn ? other : rivals.find((each) => each.rank === rank);
  }

  /** Of those of one rank the one whose agent has had least for its weight; of equals the one that has waited longest. */
  #least<T extends Claimant>({ rank, resource }: T, rivals: readonly T[], now: number): T {
    const [best, time] = rivals
      .filter((each) => each.rank === rank)
      .map((each) => [each, this.#virtualTime(this.#account(each), now)] as const)
      .reduce((least, each) => (each[1] < least[1] ? each : least));
    const ledger = this.#ledger(resource);
    ledger.floor = Math.max(ledger.floor, time);
    return best;
  }

  /** Who was away begins where the others are; who waits for what others cannot use is behind them by a few turns at most. */
  #activate(resource: string, claimants: readonly Claimant[], now: number): void {
    const { accounts, floor } = this.#ledger(resource);
    const here = claimants.filter((each) => each.resource === resource);
    const present = new Set(here.map((claimant) => this.#account(claimant)));
    for (const { account } of this.#holdings.values()) present.add(account);
    const longest = Math.max(...[...present].map(({ usualMs, weight }) => usualMs / weight));
    for (const account of accounts.values()) {
      // The same for all: who may be further behind than others would always go before them.
      const least = floor - (account.isActive ? MOST_TURNS_BEHIND * longest : 0);
      account.isActive = present.has(account);
      if (!account.isActive) continue;
      account.usedMs += Math.max(0, least - this.#virtualTime(account, now)) * account.weight;
    }
  }

  #virtualTime(account: Account, now: number): number {
    let ms = account.usedMs;
    for (const holding of this.#holdings.values()) {
      if (holding.account === account) ms += Math.max(now - holding.since, account.usualMs);
    }
    return ms / account.weight;
  }

  #account({ agent, resource, weight }: Claimant): Account {
    const { accounts } = this.#ledger(resource);
    const known = accounts.get(agent);
    if (known !== undefined) return known;
    // One millisecond: of agents that nothing is known of the one with fewer runs goes first.
    const account = { usedMs: 0, usualMs: 1, weight, isActive: false };
    accounts.set(agent, account);
    return account;
  }

  #ledger(resource: string): Ledger {
    const known = this.#ledgers.get(resource);
    if (known !== undefined) return known;
    const ledger = { accounts: new Map<string, Account>(), floor: 0, passedOver: 0 };
    this.#ledgers.set(resource, ledger);
    return ledger;
  }
}

/** Of every agent the one of each rank that has waited longest: no other one can be next, and hundreds may wait. */
function foremostOfAgents<T extends Claimant>(waiting: readonly T[]): T[] {
  const seen = new Set<string>();
  return waiting.filter(({ agent, rank }) => {
    const key = `${rank} ${agent}`;
    const isFirst = !seen.has(key);
    seen.add(key);
    return isFirst;
  });
}
