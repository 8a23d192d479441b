/** Deletes conversations that their callers hold, an hour after they began: a few at a time, so that no reader waits for it. */
import type { Workbench } from './runs/workbench.ts';

const KEPT_MS = 3_600_000;
const BATCH = 20;
const PAUSE_MS = 100;
const INTERVAL_MS = 60_000;

export class Pruning {
  readonly #bench: Pick<Workbench, 'store' | 'recorder' | 'guarded'>;
  readonly #keptMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(bench: Pick<Workbench, 'store' | 'recorder' | 'guarded'>, keptMs = KEPT_MS) {
    this.#bench = bench;
    this.#keptMs = keptMs;
  }

  /** Looks now, and then once a minute. */
  start(): void {
    this.#again(0);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #again(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#prune(), milliseconds).unref();
  }

  #prune(): void {
    const { store, recorder, guarded } = this.#bench;
    let count = 0;
    guarded(() => {
      count = recorder.write(() => store.ephemeral.prune(Date.now() - this.#keptMs, BATCH));
    });
    this.#again(count === BATCH ? PAUSE_MS : INTERVAL_MS);
  }
}
