/** The report's targets (§9.2) and rollback triggers (§9.3), each with pass or fail, or why it is not measured. */
import { mean } from 'simple-statistics';
import { describe } from '../statistics/describe.ts';
import { groupBy } from './group-by.ts';
import { CONTENDED_SPEEDUP, isValid, known } from './rows.ts';
import type { AgentFigures, RunFigures } from './run-figures.ts';

export interface Target {
  name: string;
  /** For a target: what has to be so. For a trigger: what would call for going back. */
  rule: string;
  measured: number | undefined;
  unit: string;
  verdict: 'pass' | 'fail' | 'not measured';
  /** What one should know beside the verdict. */
  note: string | undefined;
}

/** Efficiency targets are of the valid runs; contention, errors and time-outs of all. */
export function targets(runs: readonly RunFigures[]): Target[] {
  const valid = runs.filter(isValid);
  const agents = valid.flatMap(({ a, b }) => [a, b]);
  const calls = agents.flatMap((agent) => agent.calls);
  const firstTexts = calls.length > 0 ? calls.map(({ ttftMs }) => ttftMs) : agents.map(({ ttftMs }) => ttftMs);
  const balance = 'balance, not contention';
  return [
    above('speed-up S', 1.95, describe(valid.map(({ speedup }) => speedup))?.mean, '', balance),
    above('efficiency', 98, describe(valid.map(({ efficiencyPercent }) => efficiencyPercent))?.mean, '%', balance),
    above('throughput of the slower agent, mean of runs', 40, slowerAgent(valid), 'tokens/s'),
    below('TTFT, p95 of calls', 2000, describe(known(firstTexts))?.p95, 'ms'),
    rate('contention (S < 1.5)', 1, contended(runs)),
    rate('errors (invalid calls)', 0.1, invalidCalls(runs)),
    rate('time-outs', 0.5, timeouts(runs)),
    above('average efficiency over configurations', 97, overConfigurations(valid), '%', balance),
    below('end to end, p95 of runs', 2000, milliseconds(describe(valid.map(({ wallS }) => wallS))?.p95), 'ms'),
  ];
}

/** `fail`: the trigger fires. */
export function rollbackTriggers(runs: readonly RunFigures[]): Target[] {
  return [
    lowForAnHour(runs),
    { ...rate('contention (S < 1.5)', 5, contended(runs)), rule: '> 5 %' },
    { ...rate('errors (invalid calls)', 1, invalidCalls(runs)), rule: '> 1 %' },
  ];
}

interface Share {
  hits: number;
  of: number;
}

function slowerAgent(runs: readonly RunFigures[]): number | undefined {
  const figures = known(runs.map(({ a, b }) => lower(a, b)));
  return figures.length === 0 ? undefined : mean(figures);
}

function lower(a: AgentFigures, b: AgentFigures): number | undefined {
  return a.throughput === undefined || b.throughput === undefined ? undefined : Math.min(a.throughput, b.throughput);
}

function overConfigurations(runs: readonly RunFigures[]): number | undefined {
  const groups = [...groupBy(runs, ({ configuration }) => configuration).values()];
  return groups.length === 0
    ? undefined
    : mean(groups.map((group) => mean(group.map(({ efficiencyPercent }) => efficiencyPercent))));
}

function milliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : 1000 * seconds;
}

function contended(runs: readonly RunFigures[]): Share {
  return { hits: runs.filter(({ speedup }) => speedup < CONTENDED_SPEEDUP).length, of: runs.length };
}

function invalidCalls(runs: readonly RunFigures[]): Share {
  const calls = runs.flatMap(({ a, b }) => [...a.calls, ...b.calls]);
  return { hits: calls.filter(({ invalid }) => invalid !== undefined).length, of: calls.length };
}

/** The original had no time-out of its own, so that none could be seen: told only where calls say why they are invalid. */
function timeouts(runs: readonly RunFigures[]): Share {
  const calls = runs.flatMap(({ a, b }) => [...a.calls, ...b.calls]);
  const reasons = known(calls.map(({ invalid }) => invalid?.reason));
  if (reasons.includes('no_final_figures')) return { hits: 0, of: 0 };
  return { hits: reasons.filter((reason) => reason === 'timeout').length, of: calls.length };
}

function above(name: string, limit: number, measured: number | undefined, unit: string, note?: string): Target {
  const rule = `> ${limit}${unit === '' ? '' : ` ${unit}`}`;
  return { name, rule, measured, unit, verdict: verdict(measured, (value) => value > limit), note };
}

function below(name: string, limit: number, measured: number | undefined, unit: string): Target {
  return {
    name,
    rule: `< ${limit} ${unit}`,
    measured,
    unit,
    verdict: verdict(measured, (value) => value < limit),
    note: undefined,
  };
}

function rate(name: string, limit: number, { hits, of }: Share): Target {
  const measured = of === 0 ? undefined : (100 * hits) / of;
  // Rule of three (Hanley and Lippman-Hand 1983): none of n seen leaves up to 3/n, at 95 %.
  const note =
    hits === 0 && of > 0 && 300 / of > limit
      ? `0 of ${of} leaves up to ${Math.min(100, 300 / of).toFixed(2)} %`
      : undefined;
  const seen = hits > 0 ? `${hits} of ${of}` : note;
  return {
    name,
    rule: `< ${limit} %`,
    measured,
    unit: '%',
    verdict: verdict(measured, (value) => value < limit),
    note: seen,
  };
}

function verdict(measured: number | undefined, passes: (value: number) => boolean): Target['verdict'] {
  if (measured === undefined) return 'not measured';
  return passes(measured) ? 'pass' : 'fail';
}

/** Told by the longest stretch of runs of one configuration, one after the other; how configurations followed each other is not in the files. */
function lowForAnHour(runs: readonly RunFigures[]): Target {
  const stretches = [...groupBy(runs, ({ configuration }) => configuration).values()].map(longestLowStretch);
  const all = runs.filter(isLow).reduce((seconds, { wallS }) => seconds + wallS, 0) / 60;
  const longest = Math.max(0, ...stretches) / 60;
  const known = { name: 'efficiency < 95 %', rule: 'for more than an hour', measured: longest, unit: 'min' };
  if (longest > 60) return { ...known, verdict: 'fail', note: undefined };
  if (all > 60)
    return { ...known, verdict: 'not measured', note: 'the order of the configurations is not in the files' };
  return { ...known, verdict: 'pass', note: `all runs below 95 % together took ${all.toFixed(1)} min` };
}

function isLow({ efficiencyPercent }: RunFigures): boolean {
  return efficiencyPercent < 95;
}

function longestLowStretch(runs: readonly RunFigures[]): number {
  let [longest, current] = [0, 0];
  for (const run of runs) {
    current = isLow(run) ? current + run.wallS : 0;
    longest = Math.max(longest, current);
  }
  return longest;
}
