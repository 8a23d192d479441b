/**
 * What happens when the data folder cannot be written: nothing more is shown, open turns are cancelled, and what is in memory is
 * forgotten, for it no longer fits the store. It tries once a second; when it can write again all open runs are read anew.
 */
import type { Workbench } from './runs/workbench.ts';

const RETRY_MS = 1000;

export class StorageFailure {
  /** Why the storage cannot be written; undefined while it can. */
  reason: string | undefined;
  readonly #bench: Pick<Workbench, 'runs' | 'links' | 'recorder' | 'log' | 'store' | 'guarded'>;
  readonly #takeUp: () => void;
  #count = 0;
  #retry: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** `takeUp`: reads all open runs anew and starts what can start. */
  constructor(bench: Workbench, takeUp: () => void) {
    this.#bench = bench;
    this.#takeUp = takeUp;
  }

  /** A commit failed; all of its tick is undone. */
  happened(error: Error): void {
    const { runs, links, recorder, log } = this.#bench;
    this.#count++;
    for (const { turn, row } of runs.all()) if (turn) links.send(row.agent, { type: 'turn-cancel', turn: turn.id });
    runs.clear();
    if (this.reason !== undefined) return;
    this.reason = error.message;
    log.error({ error: error.message, code: (error as { code?: string }).code }, 'the data folder cannot be written');
    recorder.announce('degraded', {}, { reason: error.message });
    this.#tryLater();
  }

  /** Tries no more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
  }

  #tryLater(): void {
    if (!this.#isClosed) this.#retry = setTimeout(() => this.#try(), RETRY_MS);
  }

  #try(): void {
    if (this.#canWrite() && this.#canTakeUp()) this.reason = undefined;
    else this.#tryLater();
  }

  #canWrite(): boolean {
    const { recorder, store } = this.#bench;
    try {
      recorder.write(() => store.touch());
      return recorder.flush();
    } catch {
      return false;
    }
  }

  /** Returns whether the runs that wait could be started too: that writes more than a first try does. */
  #canTakeUp(): boolean {
    const before = this.#count;
    this.#bench.guarded(this.#takeUp);
    this.#bench.recorder.flush();
    return this.#count === before;
  }
}
