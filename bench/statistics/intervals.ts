/** Intervals for a mean, at 95 %: Student's t, and the percentile bootstrap beside it where a sample is skewed. */
import { mean, sampleStandardDeviation, sampleWithReplacement } from 'simple-statistics';
import { percentile } from './describe.ts';
import { tQuantile } from './distributions.ts';

export const LEVEL = 0.95;

export interface Interval {
  low: number;
  high: number;
}

/** Of the mean, by t; undefined for fewer than two values. */
export function tInterval(values: readonly number[]): Interval | undefined {
  if (values.length < 2) return undefined;
  const sorted = [...values];
  const half = (tQuantile(LEVEL, sorted.length - 1) * sampleStandardDeviation(sorted)) / Math.sqrt(sorted.length);
  return { low: mean(sorted) - half, high: mean(sorted) + half };
}

/** Of the mean, by resampling (percentile method, Efron 1979); undefined for fewer than two values. */
export function bootstrapInterval(
  values: readonly number[],
  resamples: number,
  random: () => number,
): Interval | undefined {
  if (values.length < 2) return undefined;
  const sample = [...values];
  const means = Array.from({ length: resamples }, () => mean(sampleWithReplacement(sample, sample.length, random)));
  means.sort((one, other) => one - other);
  return { low: percentile(means, 50 * (1 - LEVEL)), high: percentile(means, 50 * (1 + LEVEL)) };
}
