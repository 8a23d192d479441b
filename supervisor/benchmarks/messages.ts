/**
 * What the supervisor and the process that drives a benchmark say to each other. The process has no other way to the stack; it ends when
 * the channel closes.
 */
import type { BenchmarkRequest } from '../../bench/request.ts';
import type { BackendConfiguration } from '../configuration.ts';
import type { LeaseWish } from '../runs/lease-wish.ts';

/** A model server as an agent of a benchmark asks it. */
export type BenchmarkServer = Pick<BackendConfiguration, 'name' | 'url'>;

/** What is to be measured. */
export interface BenchmarkOrder {
  request: BenchmarkRequest;
  /** Where the request names none. */
  model: string;
  /** Absolute; what is there already is kept. */
  folder: string;
  /** Of agent A and agent B. */
  servers: readonly [BenchmarkServer, BenchmarkServer];
  /** For people; they stand in its files. */
  warnings: readonly string[];
}

export type ToBenchmark =
  | { type: 'start'; order: BenchmarkOrder }
  /** Finish the files with what there is, and end. */
  | { type: 'stop' }
  | { type: 'granted' | 'recalled'; leases: readonly number[] }
  | { type: 'refused'; leases: readonly number[]; reason: string }
  | { type: 'company'; leases: readonly number[]; others: boolean };

export type FromBenchmark =
  | { type: 'lease'; wishes: readonly LeaseWish[] }
  | { type: 'give-back'; lease: number }
  | { type: 'progress'; progress: BenchmarkProgress }
  | { type: 'ended'; outcome: BenchmarkOutcome };

/** How far a benchmark is. */
export interface BenchmarkProgress {
  /** Runs that are written. */
  done: number;
  /** What has just been measured, for people; absent: only `note` is new. */
  what?: string;
  /** What that took, in milliseconds. */
  ms?: number;
  /** Milliseconds until it ends, as far as can be told. */
  remaining_ms?: number;
  /** A warning for people. */
  note?: string;
}

export interface BenchmarkOutcome {
  /** It was measured to its end; else it was interrupted or has failed. */
  isWhole: boolean;
  /** Why it failed, for people. */
  error?: string;
  result?: BenchmarkResult;
}

/** What came of a benchmark; its report says more. */
export interface BenchmarkResult {
  runs: BenchmarkRun[];
  /** Runs without an invalid call. */
  valid_runs: number;
  /** Runs during whose calls others were at work on the same server or GPU. */
  disturbed_runs: number;
  /** Both one after the other against both at once: above 1, doing both at once is faster. */
  true_speedup?: number;
  /** What can be concluded, and what cannot, in sentences. */
  concluded: string[];
  not_concluded: string[];
  warnings: string[];
  /** A few lines that say all of this. */
  summary: string[];
}

export interface BenchmarkRun {
  run: number;
  /** Seconds of both at once; absent: invalid. */
  wall_time_s?: number;
  /** The original's "efficiency"; absent: invalid. */
  balance_percent?: number;
  /** Why calls are invalid; empty: none is. */
  invalid: string[];
  /** Calls while others were at work on the same server or GPU. */
  disturbed_calls: number;
}
