/** Those who wait for a run to end. */
export class RunWaiters {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Resolves when the run's end is committed, after `milliseconds`, or when the signal is aborted. */
  wait(run: string, milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(run) ?? new Set();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        waiters.delete(done);
        if (waiters.size === 0) this.#waiting.delete(run);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal?.addEventListener('abort', done, { once: true });
      this.#waiting.set(run, waiters.add(done));
    });
  }

  ended(run: string): void {
    for (const done of [...(this.#waiting.get(run) ?? [])]) done();
  }
}
