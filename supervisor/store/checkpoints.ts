/** The worker thread that moves the write-ahead log into the database, as the supervisor sees it. */
import { Worker } from 'node:worker_threads';
import type { Log } from '../../agent/log.ts';

/** `empty`: the log holds what was forgotten; `end`: nothing more is wanted. */
export type CheckpointWish = 'empty' | 'end';

export class Checkpoints {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;

  /** `entry`: the bundled worker; `path`: the database. */
  constructor(entry: string, path: string, log: Log) {
    this.#worker = new Worker(entry, { workerData: { path } });
    this.#worker.on('error', (error) => log.error({ error: error.message }, 'checkpoints have ended'));
    this.#ended = new Promise((resolve) => this.#worker.once('exit', () => resolve()));
    this.#worker.unref();
  }

  /** Has the write-ahead log emptied soon: it holds what was forgotten. */
  empty(): void {
    this.#wish('empty');
  }

  /** Resolves when the worker has ended by itself: terminating it while it loads SQLite would abort the whole process. */
  async close(): Promise<void> {
    this.#worker.ref();
    this.#wish('end');
    await this.#ended;
  }

  #wish(wish: CheckpointWish): void {
    this.#worker.postMessage(wish);
  }
}
