/** A sample in figures. Nothing is assumed of it; what cannot be said of so few values is undefined. */
import { mean, median, sampleStandardDeviation } from 'simple-statistics';

/** `sd`: sample standard deviation (n−1); `cv`: 100·sd/mean, percent. Both need two values. `p…`: percentiles, see `percentile`. */
export interface Description {
  count: number;
  mean: number;
  median: number;
  sd: number | undefined;
  cv: number | undefined;
  min: number;
  max: number;
  p5: number;
  p25: number;
  p75: number;
  p95: number;
  p99: number;
}

/** Returns undefined for no values. */
export function describe(values: readonly number[]): Description | undefined {
  if (values.length === 0) return undefined;
  const sorted = [...values].sort((one, other) => one - other);
  const average = mean(sorted);
  const sd = sorted.length < 2 ? undefined : sampleStandardDeviation(sorted);
  return {
    count: sorted.length,
    mean: average,
    median: median(sorted),
    sd,
    cv: sd === undefined || average === 0 ? undefined : (100 * sd) / average,
    min: percentile(sorted, 0),
    max: percentile(sorted, 100),
    p5: percentile(sorted, 5),
    p25: percentile(sorted, 25),
    p75: percentile(sorted, 75),
    p95: percentile(sorted, 95),
    p99: percentile(sorted, 99),
  };
}

/**
 * The p-th percentile (0 to 100) of sorted values, between neighbours by linear interpolation (Hyndman and Fan's type 7, the default
 * of R and NumPy). simple-statistics takes the nearest rank, which is another number for few values.
 */
export function percentile(sorted: readonly number[], p: number): number {
  const position = ((sorted.length - 1) * p) / 100;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (position - Math.floor(position)) * (above - below);
}
