/** Lets a number of pieces of work be done at a time, first come, first served. */
export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** `most`: at a time; `Infinity`: any number. */
  constructor(most: number) {
    this.#free = most;
  }

  /** Does the work when there is room for it. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free <= 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#free--;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}
