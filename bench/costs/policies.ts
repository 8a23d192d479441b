/**
 * What each built-in policy costs: hold-back, how long a character waits for it, and time for each delta, side by side with no policy. Prints
 * a table; with `--write` puts it into multiagent.md too. Ends with exit code 1 when a figure misses its mark.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { englishText } from './english.ts';
import { machine } from './machine.ts';
import { type PolicyCase, policyCases } from './policy-cases.ts';
import { addedDelays, DELTA_MS, deltaCosts } from './policy-costs.ts';
import { percentile } from './statistics.ts';

const SHORT = 4000;
const LONG = 200_000;
/** Turns that are measured at each length, after one that warms up. */
const TURNS = { [SHORT]: 40, [LONG]: 2 };
/** Microseconds at the median, at both lengths: of policies that look for literals and patterns, and of `repetition`. */
const PATTERN_MARK = 5;
const REPETITION_MARK = 20;
/** At the median of a long turn, of what it costs in a short one; and what is lost in the noise, in microseconds. */
const MOST_GROWTH = 2;
const NOISE = 1;
const DOCUMENT = join(import.meta.dirname, '../../multiagent.md');
const MARKED = /<!-- measured: policies -->[\s\S]*?<!-- end -->/;

interface Row {
  of: Pick<PolicyCase, 'name' | 'holdback'>;
  delays: readonly number[];
  short: readonly number[];
  long: readonly number[];
}

function measure({ name, holdback, policy, answer }: Omit<PolicyCase, 'policy'> & Partial<PolicyCase>): Row {
  const policies = policy === undefined ? [] : [policy];
  const costs = (length: keyof typeof TURNS): number[] => {
    deltaCosts(policies, answer(Number(length)), 1);
    return deltaCosts(policies, answer(Number(length)), TURNS[length] ?? 1);
  };
  const delays = addedDelays(policies, answer(SHORT));
  return { of: { name, holdback }, delays, short: costs(SHORT), long: costs(LONG) };
}

function figures(values: readonly number[], digits: number): string {
  return `${percentile(values, 50).toFixed(digits)} / ${percentile(values, 99).toFixed(digits)}`;
}

function tableOf(rows: readonly Row[]): string {
  const head = ['policy', 'holds back', 'added delay, ms', `a delta at ${SHORT} characters, µs`, `at ${LONG}, µs`];
  const lines = rows.map(({ of, delays, short, long }) => [
    ...[of.name === 'no policy' ? of.name : of.name.replace(/^[\w-]+/, '`$&`'), of.holdback],
    ...[figures(delays, 0), figures(short, 1), figures(long, 1)],
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What misses its mark, in words. */
function missesOf({ of: { name }, short, long }: Row): string[] {
  const [atShort, atLong] = [percentile(short, 50), percentile(long, 50)];
  const mark = /^(error-keyword|pattern|secrets)/.test(name)
    ? PATTERN_MARK
    : name === 'repetition'
      ? REPETITION_MARK
      : undefined;
  const isSlow = mark !== undefined && Math.max(atShort, atLong) > mark;
  return [
    ...(isSlow ? [`${name}: ${Math.max(atShort, atLong).toFixed(1)} µs a delta (mark: ${mark} µs)`] : []),
    ...(atLong > MOST_GROWTH * atShort + NOISE ? [`${name}: the cost of a delta grows with the turn`] : []),
  ];
}

function write(table: string): void {
  const document = readFileSync(DOCUMENT, 'utf8');
  if (!MARKED.test(document)) throw new Error(`${DOCUMENT} has no place for the table: <!-- measured: policies -->`);
  const text = `<!-- measured: policies -->\n${table}\n\nMeasured on this ${machine()}.\n<!-- end -->`;
  writeFileSync(
    DOCUMENT,
    document.replace(MARKED, () => text),
  );
}

console.log(machine());
console.log(`A delta of about four characters each ${DELTA_MS} ms; p50 / p99; one gate with one policy.\n`);
const rows = [{ name: 'no policy', holdback: 'nothing', answer: englishText }, ...policyCases()].map(measure);
const table = tableOf(rows);
console.log(table);
if (process.argv.includes('--write')) write(table);
const misses = rows.flatMap(missesOf);
console.log(misses.length === 0 ? '\nEvery mark was reached.' : `\nMissed: ${misses.join('; ')}`);
process.exitCode = misses.length === 0 ? 0 : 1;
