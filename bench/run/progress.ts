/** How far a benchmark is, for whoever watches: what begins, what ended and how, and how long the rest will take. */
import type { Kind } from '../results/recording.ts';
import type { MeasurementRecord } from '../schedule/measure.ts';

/** Told of every measurement. */
export interface Progress {
  began(what: string): void;
  ended(kind: Kind, record: MeasurementRecord): void;
  /** A line for people that stays. */
  note(line: string): void;
  close(): void;
}
