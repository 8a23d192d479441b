/** What is seen of benchmarks from outside, and what one may do with them. */
import { join } from 'node:path';
import { type BenchmarkRequest, plannedRuns } from '../../bench/request.ts';
import type { BenchmarkRow, BenchmarkState } from '../store/benchmarks.ts';
import type { BenchmarkProgress, BenchmarkResult } from './messages.ts';

/** A benchmark in the list. Times are milliseconds since 1970. */
export interface BenchmarkSummary {
  benchmark: string;
  state: BenchmarkState;
  backends: BenchmarkRequest['backends'];
  /** Runs that are written, of all. */
  done: number;
  runs: number;
  /** Milliseconds until it ends, as far as can be told. */
  remaining_ms?: number;
  created_at: number;
  started_at?: number;
  ended_at?: number;
}

export interface BenchmarkView extends BenchmarkSummary {
  request: BenchmarkRequest;
  /** Where its files are. */
  folder: string;
  /** What was measured last. */
  measured?: string;
  /** What came of it, also of one that was stopped. */
  result?: BenchmarkResult;
  /** Why it failed. */
  error?: string;
  /** Seq of its first event; reading its events after `first_seq - 1` shows all of it. */
  first_seq: number;
}

/** Benchmarks, as doors use them. One is measured at a time, in the order in which they came. */
export interface BenchmarkDesk {
  /**
   * Resolves once the benchmark is durable; it goes on by itself, also over restarts. The same key and request: the same benchmark.
   * @throws InterjectError unknown_backend, unsupported_option, key_conflict, too_many_benchmarks, storage_failed, stopping
   */
  start(request: BenchmarkRequest, key: string | undefined): Promise<BenchmarkView>;
  /** The newest ones, newest first. */
  list(): BenchmarkSummary[];
  /** @throws InterjectError unknown_benchmark */
  view(id: string): BenchmarkView;
  /** Resolves when it has ended, or after `milliseconds` with what it is then. @throws InterjectError unknown_benchmark */
  wait(id: string, milliseconds: number, signal?: AbortSignal): Promise<BenchmarkView>;
  /**
   * Stops one: what was measured is kept and reported, which may take some seconds (`stopping`). One that has ended stays as it is.
   * @throws InterjectError unknown_benchmark, storage_failed
   */
  stop(id: string): Promise<BenchmarkView>;
}

export function benchmarkSummary(row: BenchmarkRow): BenchmarkSummary {
  const request = JSON.parse(row.request) as BenchmarkRequest;
  const { done, remaining_ms } = progressOf(row);
  const result = resultOf(row);
  return {
    benchmark: row.id,
    state: row.state,
    backends: request.backends,
    done: result?.runs.length ?? done,
    runs: plannedRuns(request),
    ...(remaining_ms !== undefined && row.endedAt === null && { remaining_ms }),
    created_at: row.createdAt,
    ...(row.startedAt !== null && { started_at: row.startedAt }),
    ...(row.endedAt !== null && { ended_at: row.endedAt }),
  };
}

/** `folder`: of all benchmarks. */
export function benchmarkView(row: BenchmarkRow, folder: string): BenchmarkView {
  const { what } = progressOf(row);
  const result = resultOf(row);
  return {
    ...benchmarkSummary(row),
    request: JSON.parse(row.request) as BenchmarkRequest,
    folder: join(folder, row.id),
    ...(what !== undefined && { measured: what }),
    ...(result !== undefined && { result }),
    ...(row.error !== null && { error: row.error }),
    first_seq: row.firstSeq,
  };
}

function resultOf({ result }: BenchmarkRow): BenchmarkResult | undefined {
  return result === null ? undefined : (JSON.parse(result) as BenchmarkResult);
}

function progressOf({ progress }: BenchmarkRow): BenchmarkProgress {
  return progress === null ? { done: 0 } : (JSON.parse(progress) as BenchmarkProgress);
}
