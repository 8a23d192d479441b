/** Comparison of two samples as a ratio: on logarithms, so that twice as fast and half as fast are equally far from no difference. */
import { mean, sampleStandardDeviation, sampleVariance, sum } from 'simple-statistics';
import { tQuantile, tTail } from './distributions.ts';
import { type Interval, LEVEL } from './intervals.ts';

/** Differences of logarithms below this are of rounding. */
const ROUNDING = 1e-12;

/** `ratio`: geometric mean of other/one; 1: no difference. `interval` at 95 %. */
export interface Ratio {
  pairs: number;
  ratio: number;
  interval: Interval | undefined;
  /** Undefined for fewer than two pairs. */
  p: number | undefined;
}

/** Pairs of positive values, in the same order; t over the differences of their logarithms. Undefined without a pair. */
export function pairedRatio(pairs: readonly (readonly [one: number, other: number])[]): Ratio | undefined {
  const logs = pairs.map(([one, other]) => Math.log(other / one)).filter(Number.isFinite);
  if (logs.length === 0) return undefined;
  const centre = mean(logs);
  if (logs.length < 2) return { pairs: 1, ratio: Math.exp(centre), interval: undefined, p: undefined };
  const freedom = logs.length - 1;
  return withSpread(logs.length, centre, sampleStandardDeviation(logs) / Math.sqrt(logs.length), freedom);
}

/**
 * Adjusts p-values of a family of comparisons so that the chance of a single false alarm in all of them stays what one would have
 * (Holm 1979). Returned in the given order; undefined stays undefined and does not count.
 */
export function holm(ps: readonly (number | undefined)[]): (number | undefined)[] {
  const known = ps.flatMap((p, at) => (p === undefined ? [] : [{ p, at }])).sort((one, other) => one.p - other.p);
  const adjusted: (number | undefined)[] = ps.map(() => undefined);
  let highest = 0;
  for (const [rank, { p, at }] of known.entries()) {
    highest = Math.max(highest, Math.min(1, p * (known.length - rank)));
    adjusted[at] = highest;
  }
  return adjusted;
}

function withSpread(pairs: number, centre: number, error: number, freedom: number): Ratio {
  const half = tQuantile(LEVEL, freedom) * error;
  return {
    pairs,
    ratio: Math.exp(centre),
    interval: { low: Math.exp(centre - half), high: Math.exp(centre + half) },
    // Without any spread a difference is certain, and no difference is none.
    p: error < ROUNDING ? Number(Math.abs(centre) < ROUNDING) : tTail(centre / error, freedom),
  };
}

/** Two samples of positive values that are no pairs: ratio of their geometric means (other/one), by Welch's t on logarithms. */
export function unpairedRatio(one: readonly number[], other: readonly number[]): Ratio | undefined {
  const logs = [one, other].map((values) => values.map(Math.log).filter(Number.isFinite));
  const [first = [], second = []] = logs;
  if (first.length === 0 || second.length === 0) return undefined;
  const centre = mean(second) - mean(first);
  const pairs = Math.min(first.length, second.length);
  if (pairs < 2) return { pairs, ratio: Math.exp(centre), interval: undefined, p: undefined };
  const parts = [first, second].map((values) => ({
    part: sampleVariance(values) / values.length,
    of: values.length - 1,
  }));
  const error = sum(parts.map(({ part }) => part));
  const freedom = error === 0 ? pairs - 1 : error ** 2 / sum(parts.map(({ part, of }) => part ** 2 / of));
  return withSpread(pairs, centre, Math.sqrt(error), freedom);
}
