/** Runs the thread that tests a policy, and ends it when the policy does not return. */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import {
  type BacktestTask,
  HOOKS,
  type RecordedReport,
  type WorkerMessage,
} from '../../../../supervisor/backtest/task.ts';
import { bundleEntries } from '../../../bundle.ts';
import { Failure, usageFailure } from '../../../failure.ts';

/** A policy that is not back after this time hangs. */
const RETURNS_WITHIN_MS = 3000;
const LOOKS_EVERY_MS = 100;

/** @throws Failure when the policy cannot be loaded (exit code 2), hangs, or the recordings cannot be read (1) */
export async function runBacktest(task: Omit<BacktestTask, 'progress'>): Promise<RecordedReport> {
  const folder = await bundleEntries();
  const progress = new SharedArrayBuffer(8);
  const workerData: BacktestTask = { ...task, progress };
  // What a policy prints is not part of the report.
  const worker = new Worker(join(folder, 'backtest-worker.mjs'), { workerData, stdout: true, stderr: true });
  const watch = new Watch(new Int32Array(progress), task.use);
  try {
    return await new Promise((resolve, reject) => {
      watch.start((failure) => reject(failure));
      worker.on('message', (message: WorkerMessage) => {
        if (message.type === 'done') resolve(message.report);
        else if (message.type === 'failed') reject(failureOf(message, task.use));
        else if (message.type === 'at') watch.at(message);
        else watch.name = message.policy;
      });
      worker.once('error', (error) => reject(new Failure(`${watch.name}: ${error.message}`)));
      worker.once('exit', () => reject(new Failure(`policy ${watch.name} ended the test.`)));
    });
  } finally {
    watch.stop();
    await worker.terminate();
  }
}

function failureOf({ message, isPolicy }: Extract<WorkerMessage, { type: 'failed' }>, use: string): Failure {
  return isPolicy ? usageFailure(`policy ${use} cannot be loaded: ${message}.`) : new Failure(message);
}

/** Looks whether the policy comes back from each call. */
class Watch {
  readonly #shared: Int32Array;
  #timer: NodeJS.Timeout | undefined;
  #place = '';
  #calls = -1;
  #since = 0;
  name: string;

  constructor(shared: Int32Array, name: string) {
    this.#shared = shared;
    this.name = name;
  }

  start(onHang: (failure: Failure) => void): void {
    this.#timer = setInterval(() => {
      const [calls, hook] = [Atomics.load(this.#shared, 0), Atomics.load(this.#shared, 1)];
      const now = performance.now();
      if (hook === 0 || calls !== this.#calls) [this.#calls, this.#since] = [calls, now];
      else if (now - this.#since >= RETURNS_WITHIN_MS) onHang(this.#hung(HOOKS[hook] ?? ''));
    }, LOOKS_EVERY_MS);
  }

  at({ run, turn }: { run: string; turn: number }): void {
    this.#place = turn === 0 ? ` (message of run ${run})` : ` (run ${run}, turn ${turn})`;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #hung(hook: string): Failure {
    const where = hook === 'load' ? 'while it was loaded' : `in ${hook}${this.#place}`;
    const waited = RETURNS_WITHIN_MS / 1000;
    return new Failure(`policy ${this.name} did not return within ${waited} s ${where}; it was ended.`);
  }
}
