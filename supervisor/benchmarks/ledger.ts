/** What can happen to a benchmark, each as one recorded fact: its row and its event together. */
import { randomBytes } from 'node:crypto';
import { type BenchmarkRequest, plannedRuns } from '../../bench/request.ts';
import type { Workbench } from '../runs/workbench.ts';
import type { BenchmarkEnd, BenchmarkRow } from '../store/benchmarks.ts';
import type { BenchmarkProgress, BenchmarkResult } from './messages.ts';

/** How a benchmark ended. */
export interface End {
  state: BenchmarkEnd;
  error?: string | undefined;
  result?: BenchmarkResult | undefined;
}

export class BenchmarkLedger {
  readonly #bench: Pick<Workbench, 'store' | 'recorder'>;

  constructor(bench: Pick<Workbench, 'store' | 'recorder'>) {
    this.#bench = bench;
  }

  /** It may be acknowledged once this is committed. */
  created(request: BenchmarkRequest, key: string | undefined): BenchmarkRow {
    const { store, recorder } = this.#bench;
    const id = randomBytes(8).toString('hex');
    return recorder.write(() => {
      const data = { ...request.backends, runs: plannedRuns(request) };
      const firstSeq = recorder.event('benchmark-start', { benchmark: id }, data);
      const row = { id, key: key ?? null, request: JSON.stringify(request), firstSeq, createdAt: Date.now() };
      store.benchmarks.create(row);
      return store.benchmarks.byId(id) as BenchmarkRow;
    });
  }

  /** It is its turn. */
  started({ number }: BenchmarkRow): void {
    const { store, recorder } = this.#bench;
    recorder.write(() => store.benchmarks.start(number, Date.now()));
  }

  progressed({ id, number, request }: BenchmarkRow, progress: BenchmarkProgress): void {
    const { store, recorder } = this.#bench;
    recorder.write(() => {
      const { note: _, ...kept } = progress;
      if (kept.what !== undefined) store.benchmarks.progress(number, JSON.stringify(kept));
      const runs = plannedRuns(JSON.parse(request) as BenchmarkRequest);
      recorder.event('benchmark-progress', { benchmark: id }, { ...progress, runs });
    });
  }

  /** Somebody wants it stopped. */
  stopping({ number }: BenchmarkRow): void {
    const { store, recorder } = this.#bench;
    recorder.write(() => store.benchmarks.stopping(number));
  }

  /** It is over; a second end is none. */
  closed({ id, number }: BenchmarkRow, { state, error, result }: End): void {
    const { store, recorder } = this.#bench;
    recorder.write(() => {
      const text = result === undefined ? null : JSON.stringify(result);
      if (!store.benchmarks.end(number, state, text, error ?? null, Date.now())) return;
      recorder.event('benchmark-end', { benchmark: id }, { state, ...(error !== undefined && { error }) });
    });
  }
}
