/**
 * How far a benchmark is, for whoever watches: what begins, what ended, and how long the rest will take. Work is counted in whole agents'
 * works done one after the other; how long one takes is known from those that are done.
 */
import type { MeasurementRecord } from '../schedule/measure.ts';

/** Told of every measurement. */
export interface Progress {
  /** So many more works are to come. */
  expect(works: number): void;
  began(what: string): void;
  ended(works: number, record: MeasurementRecord): void;
  /** A line for people that stays. */
  note(line: string): void;
  /** Clears what is shown; what begins next is shown again. */
  hide(): void;
}

/** Seconds that are left, from what was done so far. Pure. */
export class RemainingTime {
  #expected = 0;
  #done = 0;
  #seconds = 0;

  expect(works: number): void {
    this.#expected += works;
  }

  ended(works: number, seconds: number): void {
    this.#done += works;
    this.#seconds += seconds;
  }

  /** From 0 to 1. */
  get fraction(): number {
    return this.#expected === 0 ? 0 : Math.min(1, this.#done / this.#expected);
  }

  /** Undefined before anything is done. */
  get secondsLeft(): number | undefined {
    if (this.#done === 0) return undefined;
    return (Math.max(0, this.#expected - this.#done) * this.#seconds) / this.#done;
  }
}

/** In the largest fitting unit, for people. */
export function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
