/** The slots of a benchmark inside a stack: leases that the supervisor grants, wants back, and tells the company of. */
import { machineClockMs } from '../../agent/call-timing.ts';
import type { FromBenchmark, ToBenchmark } from '../../supervisor/benchmarks/messages.ts';
import type { Slots, SlotWait } from '../schedule/slots.ts';

/** What an agent has of its slot. */
interface Lease {
  id: number;
  agent: string;
  state: 'asked' | 'granted' | 'refused';
  /** Why it was refused. */
  reason: string;
  /** Somebody waits for it. */
  isRecalled: boolean;
  /** Calls that were made with it. */
  calls: number;
  isCalling: boolean;
  /** Others are at work beside it now; and were since the call began. */
  hasCompany: boolean;
  hadCompany: boolean;
}

type Said = Extract<ToBenchmark, { type: 'granted' | 'refused' | 'recalled' | 'company' }>;

export class LeasedSlots implements Slots {
  readonly #backendOf: ReadonlyMap<string, string>;
  readonly #send: (message: FromBenchmark) => void;
  readonly #interrupt: AbortSignal;
  /** By agent. */
  readonly #leases = new Map<string, Lease>();
  #count = 0;
  #wake = new Set<() => void>();

  /** `backendOf`: names of the backends, by agent. */
  constructor(backendOf: ReadonlyMap<string, string>, send: (message: FromBenchmark) => void, interrupt: AbortSignal) {
    this.#backendOf = backendOf;
    this.#send = send;
    this.#interrupt = interrupt;
    interrupt.addEventListener('abort', () => this.#changed(), { once: true });
  }

  async take(agents: readonly string[]): Promise<void> {
    const leases = this.#ask(agents.filter((agent) => !this.#leases.has(agent)));
    await this.#decided(leases);
  }

  async begin(agent: string): Promise<SlotWait> {
    const had = this.#leases.get(agent);
    const isReady = had !== undefined && had.state === 'granted';
    const waitsSince = machineClockMs();
    const lease = had ?? this.#ask([agent])[0];
    if (lease === undefined) return { waitedMs: 0, refused: 'there is no slot' };
    await this.#decided([lease]);
    const waitedMs = isReady ? 0 : machineClockMs() - waitsSince;
    if (lease.state !== 'granted') {
      this.giveBack(agent);
      return { waitedMs: 0, refused: lease.state === 'refused' ? lease.reason : 'the benchmark was interrupted' };
    }
    lease.isCalling = true;
    lease.hadCompany = lease.hasCompany;
    return { waitedMs, refused: undefined };
  }

  end(agent: string): boolean {
    const lease = this.#leases.get(agent);
    if (lease === undefined) return false;
    lease.isCalling = false;
    lease.calls++;
    if (lease.isRecalled) this.giveBack(agent);
    return lease.hadCompany;
  }

  giveBack(agent: string): void {
    const lease = this.#leases.get(agent);
    if (lease === undefined) return;
    this.#leases.delete(agent);
    if (lease.state !== 'refused') this.#send({ type: 'give-back', lease: lease.id });
  }

  /** From the supervisor. */
  hear(said: Said): void {
    for (const lease of this.#leases.values()) if (said.leases.includes(lease.id)) this.#tell(lease, said);
    this.#changed();
  }

  #tell(lease: Lease, said: Said): void {
    switch (said.type) {
      case 'granted':
        lease.state = 'granted';
        return;
      case 'refused':
        lease.state = 'refused';
        lease.reason = said.reason;
        return;
      case 'recalled':
        lease.isRecalled = true;
        // One that was just granted serves one call first: whoever waits had been served before.
        if (!lease.isCalling && lease.calls > 0) this.giveBack(lease.agent);
        return;
      case 'company':
        lease.hasCompany = said.others;
        lease.hadCompany ||= said.others;
    }
  }

  /** One request for all: they are granted together. */
  #ask(agents: readonly string[]): Lease[] {
    if (agents.length === 0) return [];
    const leases = agents.map((agent): Lease => {
      const flags = { isRecalled: false, isCalling: false, hasCompany: false, hadCompany: false };
      return { id: ++this.#count, agent, state: 'asked', reason: '', calls: 0, ...flags };
    });
    for (const lease of leases) this.#leases.set(lease.agent, lease);
    const wishes = leases.map(({ id, agent }) => ({ lease: id, backend: this.#backendOf.get(agent) ?? '' }));
    this.#send({ type: 'lease', wishes });
    return leases;
  }

  /** Resolves when none of them waits any more, or the benchmark is interrupted. */
  async #decided(leases: readonly Lease[]): Promise<void> {
    while (!this.#interrupt.aborted && leases.some(({ state }) => state === 'asked')) {
      await new Promise<void>((resolve) => this.#wake.add(resolve));
    }
  }

  #changed(): void {
    const woken = this.#wake;
    this.#wake = new Set();
    for (const wake of woken) wake();
  }
}
