/** A time that runs out once, and stands still while it is halted. */
export class Deadline {
  readonly #onOver: () => void;
  /** Milliseconds. */
  #left: number;
  #runsSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(milliseconds: number, onOver: () => void) {
    this.#left = milliseconds;
    this.#onOver = onOver;
    this.go();
  }

  /** Does nothing while it runs. */
  go(): void {
    if (this.#runsSince !== undefined) return;
    this.#runsSince = performance.now();
    this.#timer = setTimeout(this.#onOver, this.#left);
  }

  halt(): void {
    if (this.#runsSince === undefined) return;
    clearTimeout(this.#timer);
    this.#left = Math.max(0, this.#left - (performance.now() - this.#runsSince));
    this.#runsSince = undefined;
  }
}
