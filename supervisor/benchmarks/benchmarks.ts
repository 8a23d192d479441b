/**
 * The benchmarks of a stack: recorded before they are acknowledged, measured one at a time in the order in which they came, each by a
 * process of its own; stopped, or gone on with after a restart: what stands in its folder is not measured again.
 * A process that dies is replaced; when several have died without having got one run further, the benchmark has failed.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchmarkRequest } from '../../bench/request.ts';
import type { Engine } from '../engine.ts';
import { InterjectError } from '../errors.ts';
import type { Intake } from '../intake.ts';
import { RunWaiters } from '../run-waiters.ts';
import type { BenchmarkRow } from '../store/benchmarks.ts';
import { Drive } from './drive.ts';
import { BenchmarkLedger, type End } from './ledger.ts';
import type { LaunchBenchmark } from './process.ts';
import {
  type BenchmarkDesk,
  type BenchmarkSummary,
  type BenchmarkView,
  benchmarkSummary,
  benchmarkView,
} from './views.ts';

/** Benchmarks that have not ended. */
const MOST_OPEN = 20;
/** Benchmarks in the list. */
const LISTED = 50;
const RETRY_MS = 1000;

export class Benchmarks implements BenchmarkDesk {
  readonly #engine: Engine;
  readonly #intake: Intake;
  readonly #ledger: BenchmarkLedger;
  readonly #launch: LaunchBenchmark;
  readonly #folder: string;
  readonly #waiters = new RunWaiters();
  #drive: Drive | undefined;
  #working: Promise<void> | undefined;
  #isSuspended = false;

  /** `folder`: where each gets a folder of its own. */
  constructor(engine: Engine, intake: Intake, launch: LaunchBenchmark, folder: string) {
    this.#engine = engine;
    this.#intake = intake;
    this.#launch = launch;
    this.#folder = folder;
    this.#ledger = new BenchmarkLedger(engine.bench);
  }

  /** Goes on with all that have not ended. */
  resume(): void {
    if (this.#working !== undefined || this.#isSuspended) return;
    const { log } = this.#engine.bench;
    this.#working = this.#workThrough()
      .catch((error: unknown) => log.error({ error: String(error) }, 'benchmarks were given up'))
      .finally(() => {
        this.#working = undefined;
      });
  }

  /** Measures nothing any more; resolves when the process is gone. The next start goes on. */
  async suspend(): Promise<void> {
    this.#isSuspended = true;
    this.#drive?.abandon();
    await this.#working;
  }

  async start(request: BenchmarkRequest, key: string | undefined): Promise<BenchmarkView> {
    const { recorder, store } = this.#engine.bench;
    const known = key === undefined ? undefined : store.benchmarks.byKey(key);
    if (known !== undefined) {
      if (known.request !== JSON.stringify(request)) throw new InterjectError('key_conflict');
      await recorder.committed();
      return this.view(known.id);
    }
    this.#intake.mustBeOpen();
    this.#mustBeMeasurable(request);
    if (store.benchmarks.open().length >= MOST_OPEN) throw new InterjectError('too_many_benchmarks');
    const row = this.#ledger.created(request, key);
    await recorder.committed();
    this.resume();
    return this.view(row.id);
  }

  list(): BenchmarkSummary[] {
    const { recorder, store } = this.#engine.bench;
    recorder.flush();
    return store.benchmarks.newest(LISTED).map(benchmarkSummary);
  }

  view(id: string): BenchmarkView {
    this.#engine.bench.recorder.flush();
    return benchmarkView(this.#row(id), this.#folder);
  }

  async wait(id: string, milliseconds: number, signal?: AbortSignal): Promise<BenchmarkView> {
    if (this.view(id).ended_at === undefined) await this.#waiters.wait(id, milliseconds, signal);
    return this.view(id);
  }

  async stop(id: string): Promise<BenchmarkView> {
    const { degraded, bench } = this.#engine;
    const row = this.#row(id);
    if (row.endedAt === null) {
      if (degraded !== undefined) throw new InterjectError('storage_failed', degraded);
      this.#ledger.stopping(row);
      // One that nobody works on is over at once.
      if (this.#drive?.benchmark !== id) this.#close(row, { state: 'stopped' });
    }
    await bench.recorder.committed();
    if (this.#drive?.benchmark === id) this.#drive.stop();
    return this.view(id);
  }

  #row(id: string): BenchmarkRow {
    const row = this.#engine.bench.store.benchmarks.byId(id);
    if (row === undefined) throw new InterjectError('unknown_benchmark');
    return row;
  }

  #mustBeMeasurable({ backends: { collector, insight } }: BenchmarkRequest): void {
    const { backends } = this.#engine.bench;
    const known = backends.names.filter((name) => !backends.isPool(name));
    for (const name of [collector, insight]) {
      const configuration = backends.configuration(name);
      if (configuration === undefined)
        throw new InterjectError('unknown_backend', `Known are ${known.join(', ')}; not ${name}.`);
      if (configuration.apiKeyVariable !== undefined) {
        const reason = `${name} wants an API key, and a benchmark asks its servers without one.`;
        throw new InterjectError('unsupported_option', reason);
      }
    }
  }

  async #workThrough(): Promise<void> {
    for (;;) {
      const [row] = this.#isSuspended ? [] : this.#engine.bench.store.benchmarks.open();
      if (row === undefined) return;
      await this.#untilEnded(row);
    }
  }

  async #untilEnded(row: BenchmarkRow): Promise<void> {
    const end = row.state === 'stopping' ? stoppedBefore() : await this.#measure(row);
    while (end !== undefined && !this.#isSuspended && !(await this.#isClosed(row, end))) {
      await sleep(RETRY_MS, undefined, { ref: false });
    }
  }

  /** Undefined: it is to go on after the next start. */
  async #measure(row: BenchmarkRow): Promise<End | undefined> {
    this.#engine.guarded(() => this.#ledger.started(row));
    const drive = new Drive(this.#engine, this.#ledger, this.#launch, row, join(this.#folder, row.id));
    this.#drive = drive;
    try {
      return await drive.ended();
    } finally {
      this.#drive = undefined;
    }
  }

  /** Whether its end is stored; a data folder that cannot be written is waited for. */
  async #isClosed(row: BenchmarkRow, end: End): Promise<boolean> {
    try {
      this.#close(row, end);
      await this.#engine.bench.recorder.committed();
      return true;
    } catch (error) {
      if (error instanceof InterjectError && error.code === 'storage_failed') return false;
      throw error;
    }
  }

  #close(row: BenchmarkRow, end: End): void {
    this.#ledger.closed(row, end);
    this.#engine.bench.recorder.afterCommit(() => this.#waiters.ended(row.id));
  }
}

/** It was being stopped when the supervisor died: what was whole is in its folder. */
function stoppedBefore(): End {
  return { state: 'stopped' };
}
