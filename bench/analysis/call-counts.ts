/** How many model calls there were in all parts of all runs, and how many of them are invalid, why. Warm-ups are left out. */
import type { MetricsFile } from '../results/metrics-file.ts';
import type { ReadFile } from '../results/read.ts';
import { INVALID_REASONS, type InvalidReason } from '../results/recording.ts';
import { callsOf } from './calls.ts';
import { groupBy } from './group-by.ts';

export interface CallCounts {
  calls: number;
  invalid: number;
  /** The commonest first. `text`: for people; `detail`: what was said of the first of them. */
  reasons: { reason: InvalidReason; text: string; detail: string | undefined; calls: number }[];
}

type Invalid = { reason: InvalidReason; detail?: string | undefined };

export function callCounts(runs: readonly ReadFile<MetricsFile>[]): CallCounts {
  return countedCalls(runs.flatMap(({ content }) => invalidities(content)));
}

/** `all`: of each call, why it is invalid. */
export function countedCalls(all: readonly (Invalid | undefined)[]): CallCounts {
  const invalid = all.filter((one) => one !== undefined);
  const reasons = [...groupBy(invalid, ({ reason }) => reason)].map(([reason, own]) => {
    const detail = own.find((one) => one.detail !== undefined)?.detail;
    return { reason, text: INVALID_REASONS[reason], detail, calls: own.length };
  });
  reasons.sort((one, other) => other.calls - one.calls);
  return { calls: all.length, invalid: invalid.length, reasons };
}

/** Of each call, by the schedule where there is one. */
function invalidities({ schedule, collector, insight }: MetricsFile): (Invalid | undefined)[] {
  const counted = schedule.filter(({ kind }) => kind !== 'warm_up');
  if (counted.length > 0) return counted.map(({ invalid }) => invalid);
  return [collector, insight].flatMap(({ result }) => callsOf(result)).map(({ invalid }) => invalid);
}
