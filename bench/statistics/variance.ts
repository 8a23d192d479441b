/** One-way analysis of variance: do groups differ more than their members do? By the F distribution, and by permutation of the labels. */
import { mean, shuffle, sum } from 'simple-statistics';
import { fTail } from './distributions.ts';

export interface Anova {
  f: number;
  freedomBetween: number;
  freedomWithin: number;
  /** Probability of an F this large without any effect, if the values were normal. */
  p: number;
  /** The same by permutation; assumes nothing of the distribution. */
  permutationP: number;
  permutations: number;
  /** Share of the variance that the groups explain, 0 to 1 (η²). */
  explained: number;
}

/** Returns undefined unless there are two groups, more values than groups, and a value that differs. Empty groups do not count. */
export function oneWayAnova(
  given: readonly (readonly number[])[],
  permutations: number,
  random: () => number,
): Anova | undefined {
  const groups = given.filter(({ length }) => length > 0);
  const values = groups.flat();
  const [between, within] = [groups.length - 1, values.length - groups.length];
  if (between < 1 || within < 1) return undefined;
  const sizes = groups.map(({ length }) => length);
  const total = squares(values, mean(values));
  // All alike, but for rounding: nothing varies that could be analysed.
  if (total <= 1e-20 * squares(values, 0)) return undefined;
  const ofGroups = betweenSquares(values, sizes);
  const f = ofGroups / between / ((total - ofGroups) / within);
  let asLarge = 0;
  for (let i = 0; i < permutations; i++) {
    // With the total fixed, F grows with the squares between the groups; a hair of slack for sums in another order.
    if (betweenSquares(shuffle(values, random), sizes) >= ofGroups * (1 - 1e-12)) asLarge++;
  }
  return {
    f,
    freedomBetween: between,
    freedomWithin: within,
    p: fTail(f, between, within),
    // The arrangement that was seen is one of all arrangements (Phipson and Smyth 2010): never 0.
    permutationP: (asLarge + 1) / (permutations + 1),
    permutations,
    explained: ofGroups / total,
  };
}

function squares(values: readonly number[], around: number): number {
  return sum(values.map((value) => (value - around) ** 2));
}

/** Sum of squares between groups that follow one another with the given sizes. */
function betweenSquares(values: readonly number[], sizes: readonly number[]): number {
  const grand = mean([...values]);
  let from = 0;
  let squared = 0;
  for (const size of sizes) {
    let total = 0;
    for (let i = from; i < from + size; i++) total += values[i] ?? 0;
    squared += size * (total / size - grand) ** 2;
    from += size;
  }
  return squared;
}
