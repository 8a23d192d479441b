/**
 * Student's t and F, by the regularised incomplete beta function (Abramowitz and Stegun 26.5, 26.6.2, 26.7.1); its continued fraction
 * is Numerical Recipes' 6.4 (modified Lentz). Good to about 1e-10.
 */
import { gammaln } from 'simple-statistics';

const TINY = 1e-300;

/** Probability of an F this large or larger under F(between, within); 1 for 0, 0 for infinity. */
export function fTail(f: number, between: number, within: number): number {
  if (f === Number.POSITIVE_INFINITY) return 0;
  return incompleteBeta(within / (within + between * f), within / 2, between / 2);
}

/** Probability of a t this far from 0 or farther, on both sides. */
export function tTail(t: number, freedom: number): number {
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** The t that is exceeded, on both sides together, with probability 1 − `level`; e.g. 2.776 for 0.95 and 4 degrees of freedom. */
export function tQuantile(level: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (tTail(high, freedom) > 1 - level) high *= 2;
  for (let i = 0; i < 200 && high - low > 1e-12 * high; i++) {
    const middle = (low + high) / 2;
    if (tTail(middle, freedom) > 1 - level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(gammaln(a + b) - gammaln(a) - gammaln(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast on this side only; the other follows from symmetry.
  if (x < (a + 1) / (a + b + 2)) return (front * fraction(x, a, b)) / a;
  return 1 - (front * fraction(1 - x, b, a)) / b;
}

function fraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let value = d;
  const step = (term: number): number => {
    d = 1 / away(1 + term * d);
    c = away(1 + term / c);
    value *= d * c;
    return d * c;
  };
  for (let m = 1; m <= 500; m++) {
    step((m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)));
    const change = step((-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)));
    if (Math.abs(change - 1) < 1e-14) break;
  }
  return value;
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
