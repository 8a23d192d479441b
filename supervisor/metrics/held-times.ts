/** How long text waits in a gate: when each part of it came, until it is released. Pure; times are of one clock that only grows. */

interface Arrival {
  /** Length of the text with this part; UTF-16 code units. */
  to: number;
  at: number;
}

export class HeldTimes {
  #arrivals: Arrival[] = [];

  /**
   * The text is `length` long now and released up to `released`. Returns how long the oldest part of what was released just now had
   * waited, or undefined when nothing was that had waited at all. Milliseconds.
   */
  read(length: number, released: number, now: number): number | undefined {
    const [oldest] = this.#arrivals;
    if (released >= length) this.#arrivals = [];
    else this.#keep({ to: length, at: now }, released);
    return oldest !== undefined && oldest.to <= released ? now - oldest.at : undefined;
  }

  #keep(latest: Arrival, released: number): void {
    this.#arrivals.push(latest);
    const kept = this.#arrivals.findIndex(({ to }) => to > released);
    if (kept > 0) this.#arrivals.splice(0, kept);
  }
}
