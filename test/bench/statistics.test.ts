/** The statistics against figures of R and SciPy, and what they say of too little. */
import { expect, test } from 'vitest';
import { holm, pairedRatio, unpairedRatio } from '../../bench/statistics/comparison.ts';
import { describe } from '../../bench/statistics/describe.ts';
import { fTail, tQuantile, tTail } from '../../bench/statistics/distributions.ts';
import { bootstrapInterval, tInterval } from '../../bench/statistics/intervals.ts';
import { seededRandom } from '../../bench/statistics/random.ts';
import { fitScalability } from '../../bench/statistics/scalability.ts';
import { oneWayAnova } from '../../bench/statistics/variance.ts';

/** scipy.stats.f.sf, t.sf, t.ppf. */
test('t and F', () => {
  expect(fTail(0.905902928905812, 26, 108)).toBeCloseTo(0.5994651424906102, 10);
  expect(fTail(4, 2, 10)).toBeCloseTo(0.05292, 5);
  expect(fTail(0, 2, 10)).toBe(1);
  expect(tTail(2, 5)).toBeCloseTo(0.10193948, 8);
  expect(tQuantile(0.95, 4)).toBeCloseTo(2.7764451051977934, 9);
  expect(tQuantile(0.95, 1)).toBeCloseTo(12.706204736174694, 7);
  expect(tQuantile(0.95, 1000)).toBeCloseTo(1.9623390808264074, 9);
});

/** numpy.percentile's default. */
test('percentiles are interpolated, and one value has no spread', () => {
  expect(describe([4, 1, 3, 2])).toMatchObject({
    count: 4,
    mean: 2.5,
    median: 2.5,
    min: 1,
    max: 4,
    p25: 1.75,
    p95: 3.85,
  });
  expect(describe([4, 1, 3, 2])?.sd).toBeCloseTo(1.2909944, 7);
  expect(describe([7])).toMatchObject({ mean: 7, p5: 7, p99: 7, sd: undefined, cv: undefined });
  expect(describe([])).toBeUndefined();
});

test('intervals: by t, by bootstrap with the same seed the same, and none of one value', () => {
  const values = [99.1, 99.4, 99.2, 99.9, 99.3];
  const { low, high } = tInterval(values) ?? { low: 0, high: 0 };
  // scipy.stats.t.interval(0.95, 4, mean, sem)
  expect([low.toFixed(4), high.toFixed(4)]).toEqual(['98.9933', '99.7667']);
  const twice = [1, 2].map(() => bootstrapInterval(values, 1000, seededRandom(7)));
  expect(twice[0]).toEqual(twice[1]);
  expect(twice[0]?.low).toBeGreaterThan(low);
  expect([tInterval([1]), bootstrapInterval([1], 10, seededRandom(1))]).toEqual([undefined, undefined]);
});

/** scipy.stats.f_oneway. */
test('analysis of variance, also by permutation; nothing of groups that are too small or all alike', () => {
  const groups = [
    [6, 8, 4, 5, 3, 4],
    [8, 12, 9, 11, 6, 8],
    [13, 9, 11, 8, 7, 12],
  ];
  const found = oneWayAnova(groups, 20_000, seededRandom(1));
  expect(found).toMatchObject({ f: expect.closeTo(9.2647, 4), freedomBetween: 2, freedomWithin: 15 });
  expect(found?.p).toBeCloseTo(0.0023988, 6);
  expect(found?.permutationP).toBeLessThan(0.01);
  expect(oneWayAnova([[1, 2]], 10, seededRandom(1))).toBeUndefined();
  expect(oneWayAnova([[1], [2]], 10, seededRandom(1))).toBeUndefined();
  expect(
    oneWayAnova(
      [
        [3, 3],
        [3, 3],
      ],
      10,
      seededRandom(1),
    ),
  ).toBeUndefined();
});

test('ratios on logarithms, paired and not; Holm keeps the order and never lets a later one pass', () => {
  const paired = pairedRatio([
    [1, 2],
    [2, 4.4],
    [4, 7.2],
  ]);
  expect(paired?.ratio).toBeCloseTo((2 * 2.2 * 1.8) ** (1 / 3), 9);
  expect(paired?.interval?.low).toBeGreaterThan(1);
  expect(
    pairedRatio([
      [1, 1],
      [2, 2],
    ]),
  ).toMatchObject({ ratio: 1, p: 1 });
  expect(pairedRatio([[1, 3]])).toEqual({ pairs: 1, ratio: expect.closeTo(3, 9), interval: undefined, p: undefined });
  expect(pairedRatio([])).toBeUndefined();
  // scipy.stats.ttest_ind(log, log, equal_var=False)
  expect(unpairedRatio([1, 1.1, 1.2], [1.3, 1.2, 1.6, 1.5])?.p).toBeCloseTo(0.036999, 6);
  expect(holm([0.04, 0.01, undefined, 0.03])).toEqual([0.06, 0.03, undefined, 0.06]);
});

test('the law of scalability: none of too few points, nothing below 0', () => {
  expect(
    fitScalability([
      { agents: 1, throughput: 10 },
      { agents: 2, throughput: 19 },
    ]),
  ).toBeUndefined();
  expect(
    fitScalability([
      { agents: 2, throughput: 19 },
      { agents: 4, throughput: 30 },
    ]),
  ).toBeUndefined();
  const linear = fitScalability([1, 2, 4].map((agents) => ({ agents, throughput: 10.5 * agents - 0.5 })));
  expect(linear).toMatchObject({ sigma: 0, kappa: 0, peak: undefined });
});
