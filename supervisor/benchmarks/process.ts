/** The process that drives a benchmark, as the supervisor has it. Who starts it is no matter of the supervisor. */
import type { FromBenchmark, ToBenchmark } from './messages.ts';

export interface BenchmarkProcess {
  readonly pid: number;
  /** Sends, if it can be reached. */
  send(message: ToBenchmark): void;
  /** Ends it at once; its agents end with it. */
  kill(): void;
  /** How it ended, for people. Never rejects. */
  readonly exited: Promise<string>;
}

/** Starts one. @throws Error it cannot be started here */
export type LaunchBenchmark = (onMessage: (message: FromBenchmark) => void) => Promise<BenchmarkProcess>;
