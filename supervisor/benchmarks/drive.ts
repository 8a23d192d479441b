/** One benchmark while it is measured: its process, which is replaced when it dies, and the leases that the process asks for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchmarkRequest } from '../../bench/request.ts';
import type { Backends } from '../backends.ts';
import type { Engine } from '../engine.ts';
import type { LeaseHolder } from '../runs/leases.ts';
import type { BenchmarkRow } from '../store/benchmarks.ts';
import type { BenchmarkLedger, End } from './ledger.ts';
import type { BenchmarkOrder, BenchmarkOutcome, BenchmarkServer, FromBenchmark } from './messages.ts';
import type { BenchmarkProcess, LaunchBenchmark } from './process.ts';

/** Processes in a row that may die without having got one run further. */
const MOST_DEATHS = 3;
/** Milliseconds for which servers that are away are waited for at the beginning. */
const SERVERS_UP_MS = 60_000;
const LOOK_MS = 100;
/** Milliseconds in which a process finishes its files when it is stopped, its report included; then it is killed. */
const STOP_MS = 30_000;

export class Drive {
  readonly #engine: Engine;
  readonly #ledger: BenchmarkLedger;
  readonly #launch: LaunchBenchmark;
  readonly #row: BenchmarkRow;
  readonly #folder: string;
  readonly #leaving = new AbortController();
  #isStopping = false;
  #process: BenchmarkProcess | undefined;
  #outcome: BenchmarkOutcome | undefined;
  #done = 0;

  constructor(engine: Engine, ledger: BenchmarkLedger, launch: LaunchBenchmark, row: BenchmarkRow, folder: string) {
    this.#engine = engine;
    this.#ledger = ledger;
    this.#launch = launch;
    this.#row = row;
    this.#folder = folder;
  }

  get benchmark(): string {
    return this.#row.id;
  }

  /** Has it finish its files and end. */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    this.#process?.send({ type: 'stop' });
    const late = setTimeout(() => this.#process?.kill(), STOP_MS);
    late.unref();
  }

  /** Ends it at once, without an end that is recorded. */
  abandon(): void {
    this.#leaving.abort();
    this.#process?.kill();
  }

  /** Resolves when it has ended; undefined: it was abandoned. */
  async ended(): Promise<End | undefined> {
    const away = await this.#serversAway();
    if (away !== undefined && !this.#isOver) return { state: 'failed', error: away };
    let deaths = 0;
    let reason = '';
    while (!this.#isOver && deaths < MOST_DEATHS) {
      const before = this.#done;
      reason = await this.#live();
      if (this.#leaving.signal.aborted) return undefined;
      if (this.#outcome !== undefined) return this.#endOf(this.#outcome);
      deaths = this.#done > before ? 1 : deaths + 1;
      this.#note(`its process ended: ${reason}`);
    }
    if (this.#leaving.signal.aborted) return undefined;
    if (this.#isStopping) return { state: 'stopped' };
    return { state: 'failed', error: `its process died ${MOST_DEATHS} times in one run: ${reason}` };
  }

  get #isOver(): boolean {
    return this.#isStopping || this.#leaving.signal.aborted;
  }

  #endOf({ isWhole, error, result }: BenchmarkOutcome): End {
    if (this.#isStopping && !isWhole) return { state: 'stopped', result };
    return { state: isWhole ? 'finished' : 'failed', error, result };
  }

  /** One process, from its start to its end; returns how it ended. What it held is given back. */
  async #live(): Promise<string> {
    const { leases } = this.#engine.bench;
    const process = await this.#launch((message) => this.#heard(message)).catch(String);
    if (typeof process === 'string') return process;
    this.#process = process;
    leases.attach(holderOf(process));
    if (this.#leaving.signal.aborted) process.kill();
    else process.send({ type: 'start', order: this.#order() });
    if (this.#isStopping) process.send({ type: 'stop' });
    const reason = await process.exited;
    leases.attach(undefined);
    this.#process = undefined;
    return reason;
  }

  #order(): BenchmarkOrder {
    const { backends } = this.#engine.bench;
    const request = JSON.parse(this.#row.request) as BenchmarkRequest;
    const { collector, insight } = request.backends;
    const server = (name: string): BenchmarkServer => ({ name, url: backends.configuration(name)?.url ?? '' });
    const servers = [server(collector), server(insight)] as const;
    const warnings = sharingWarnings(backends, collector, insight);
    return { request, model: backends.model(collector), folder: this.#folder, servers, warnings };
  }

  #heard(message: FromBenchmark): void {
    const { leases } = this.#engine.bench;
    switch (message.type) {
      case 'lease':
        return leases.ask(message.wishes);
      case 'give-back':
        return leases.giveBack(message.lease);
      case 'progress':
        this.#done = message.progress.done;
        return this.#engine.guarded(() => this.#ledger.progressed(this.#row, message.progress));
      case 'ended':
        this.#outcome = message.outcome;
    }
  }

  #note(note: string): void {
    this.#engine.guarded(() => this.#ledger.progressed(this.#row, { done: this.#done, note }));
  }

  /** Waits until both servers answer; returns which one does not, for people. */
  async #serversAway(): Promise<string | undefined> {
    const { backends } = this.#engine.bench;
    const { collector, insight } = (JSON.parse(this.#row.request) as BenchmarkRequest).backends;
    const unknown = [collector, insight].find((name) => backends.configuration(name) === undefined);
    if (unknown !== undefined) return `the configuration has no backend ${unknown} any more`;
    const deadline = performance.now() + SERVERS_UP_MS;
    for (;;) {
      const away = [collector, insight].find((name) => !backends.isUp(name));
      if (away === undefined || this.#isOver) return undefined;
      if (performance.now() > deadline) return `${away} is down: ${backends.whyDown(away) ?? 'it does not answer'}`;
      await sleep(LOOK_MS, undefined, { signal: this.#leaving.signal }).catch(() => undefined);
    }
  }
}

/** Both agents at once is what is measured, also where there is room for one: nobody else's request is in flight meanwhile. */
function sharingWarnings(backends: Backends, collector: string, insight: string): string[] {
  const group = backends.groupOf(collector);
  const isOneSlot = collector === insight && backends.slots(collector) < 2;
  const isOneGroup = group !== undefined && group === backends.groupOf(insight) && backends.groupLimit(group) < 2;
  if (!isOneSlot && !isOneGroup) return [];
  const where = isOneSlot
    ? `the one slot of ${collector}`
    : `the one request that the GPU group ${group} takes at a time`;
  return [`both agents at once share ${where}: two of their requests are in flight, and nobody else's`];
}

function holderOf(process: BenchmarkProcess): LeaseHolder {
  return {
    granted: (leases) => process.send({ type: 'granted', leases }),
    refused: (leases, reason) => process.send({ type: 'refused', leases, reason }),
    recalled: (leases) => process.send({ type: 'recalled', leases }),
    company: (leases, others) => process.send({ type: 'company', leases, others }),
  };
}
