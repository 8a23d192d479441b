/** The worker thread that moves the write-ahead log into the database, as the supervisor sees it. */
import { Worker } from 'node:worker_threads';
import type { Log } from '../../agent/log.ts';

/** A start has better things to do, and one that fails is over before. */
const BEGINS_AFTER_MS = 1000;

/** `empty`: the log holds what was forgotten; `close`: nothing more is wanted. */
export type CheckpointWish = 'empty' | 'close';

export class Checkpoints {
  readonly #beginning: NodeJS.Timeout;
  #worker: Worker | undefined;

  /** `entry`: the bundled worker; `path`: the database. */
  constructor(entry: string, path: string, log: Log) {
    this.#beginning = setTimeout(() => this.#begin(entry, path, log), BEGINS_AFTER_MS).unref();
  }

  /** Has the write-ahead log emptied soon: it holds what was forgotten. It is emptied at the beginning, too. */
  empty(): void {
    this.#worker?.postMessage('empty' satisfies CheckpointWish);
  }

  /**
   * The thread ends by itself: terminated while it loads SQLite, it would take the process with it ("FATAL ERROR: Error::New
   * napi_get_last_error_info", better-sqlite3 13).
   */
  async close(): Promise<void> {
    clearTimeout(this.#beginning);
    const worker = this.#worker;
    if (worker === undefined) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    worker.ref();
    worker.postMessage('close' satisfies CheckpointWish);
    await exited;
  }

  #begin(entry: string, path: string, log: Log): void {
    const worker = new Worker(entry, { workerData: { path } });
    this.#worker = worker;
    worker.on('error', (error) => log.error({ error: error.message }, 'checkpoints have ended'));
    worker.once('exit', () => {
      this.#worker = undefined;
    });
    worker.unref();
  }
}
