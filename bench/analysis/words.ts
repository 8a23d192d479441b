/** Numbers in the words of a report; undefined is a dash. */

export function decimals(value: number | undefined, digits: number, unit = ''): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 1e9) return `${value.toExponential(2)}${unit === '' ? '' : ` ${unit}`}`;
  return `${value.toFixed(digits).replace(/^-(0(\.0*)?)$/, '$1')}${unit === '' ? '' : ` ${unit}`}`;
}

/** A probability in a sentence, after `p`: `= 0.60`, `< 0.001`. */
export function probability(p: number | undefined): string {
  if (p === undefined) return '–';
  if (p < 0.001) return '< 0.001';
  return `= ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** A probability in a table: `0.60`, `< 0.001`. */
export function pValue(p: number | undefined): string {
  return probability(p).replace(/^= /, '');
}

/** `low … high`. */
export function between(interval: { low: number; high: number } | undefined, digits: number): string {
  return interval === undefined ? '–' : `${decimals(interval.low, digits)} … ${decimals(interval.high, digits)}`;
}

/** `1 run`, `135 runs`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `+1.2`, `−0.3`: a difference, whose sign matters. */
export function signed(value: number | undefined, digits: number): string {
  if (value === undefined) return '–';
  const text = decimals(Math.abs(value), digits);
  return value < 0 ? `−${text}` : `+${text}`;
}
