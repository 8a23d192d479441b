/** The worker thread that moves the write-ahead log into the database, as the supervisor sees it. */
import { Worker } from 'node:worker_threads';
import type { Log } from '../../agent/log.ts';

export class Checkpoints {
  readonly #worker: Worker;

  /** `entry`: the bundled worker; `path`: the database. */
  constructor(entry: string, path: string, log: Log) {
    this.#worker = new Worker(entry, { workerData: { path } });
    this.#worker.on('error', (error) => log.error({ error: error.message }, 'checkpoints have ended'));
    this.#worker.unref();
  }

  /** Has the write-ahead log emptied soon: it holds what was forgotten. */
  empty(): void {
    this.#worker.postMessage('empty');
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
