/** Runs as rows of figures: all of them as published, or the valid ones only; and grouped by scenario and by configuration. */
import { type Description, describe } from '../statistics/describe.ts';
import { bootstrapInterval, type Interval, tInterval } from '../statistics/intervals.ts';
import { CHANCE, freshRandom } from './chance.ts';
import { groupBy } from './group-by.ts';
import type { RunFigures } from './run-figures.ts';

/** `throughputDelta` = B − A (tokens/s), `ttftDeltaMs` = A − B (ms), the signs of the files. */
export interface Row {
  runs: number;
  efficiencyPercent: Description | undefined;
  speedup: Description | undefined;
  throughputDelta: Description | undefined;
  ttftDeltaMs: Description | undefined;
  wallS: Description | undefined;
  /** Of the mean efficiency, percent: Student's t, cut at 100, which no run can pass; undefined for a single run. */
  interval: Interval | undefined;
  /** The same by bootstrap. */
  bootstrap: Interval | undefined;
}

/** A group of runs in both readings. */
interface Group {
  published: Row;
  valid: Row;
  /** Runs with S < 1.5, of how many: the original's own flag, computed anew. */
  contention: { runs: number; of: number };
}

export interface ConfigurationFigures extends Group {
  name: string;
  configuration: string;
  scenario: string;
  settings: string;
}

export interface ScenarioFigures extends Group {
  scenario: string;
  configurations: number;
  /** Mean over its configurations of their standard deviation and CV (published runs); undefined where none has two runs. */
  meanSd: number | undefined;
  meanCv: number | undefined;
}

/** S below this is contention in the original's code. */
export const CONTENDED_SPEEDUP = 1.5;

export function row(runs: readonly RunFigures[]): Row {
  const efficiencies = runs.map(({ efficiencyPercent }) => efficiencyPercent);
  const interval = tInterval(efficiencies);
  return {
    runs: runs.length,
    efficiencyPercent: describe(efficiencies),
    speedup: describe(runs.map(({ speedup }) => speedup)),
    throughputDelta: describe(known(runs.map(({ throughputDelta }) => throughputDelta))),
    ttftDeltaMs: describe(known(runs.map(({ ttftDeltaMs }) => ttftDeltaMs))),
    wallS: describe(runs.map(({ wallS }) => wallS)),
    interval: interval && { low: interval.low, high: Math.min(100, interval.high) },
    bootstrap: bootstrapInterval(efficiencies, CHANCE.resamples, freshRandom()),
  };
}

export function isValid({ invalidCalls }: RunFigures): boolean {
  return invalidCalls.length === 0;
}

function group(runs: readonly RunFigures[]): Group {
  return {
    published: row(runs),
    valid: row(runs.filter(isValid)),
    contention: { runs: runs.filter(({ speedup }) => speedup < CONTENDED_SPEEDUP).length, of: runs.length },
  };
}

/** In the order in which they were read. */
export function configurationFigures(runs: readonly RunFigures[]): ConfigurationFigures[] {
  return [...groupBy(runs, ({ configuration }) => configuration).values()].flatMap((members) => {
    const [first] = members;
    if (first === undefined) return [];
    const { name, configuration, scenario, settings } = first;
    return [{ name, configuration, scenario, settings, ...group(members) }];
  });
}

export function scenarioFigures(
  runs: readonly RunFigures[],
  configurations: readonly ConfigurationFigures[],
): ScenarioFigures[] {
  return [...groupBy(runs, ({ scenario }) => scenario)].map(([scenario, members]) => {
    const own = configurations.filter((one) => one.scenario === scenario);
    const spread = (field: 'sd' | 'cv') => describe(known(own.map((one) => one.published.efficiencyPercent?.[field])));
    return {
      scenario,
      configurations: own.length,
      ...group(members),
      meanSd: spread('sd')?.mean,
      meanCv: spread('cv')?.mean,
    };
  });
}

export function known<T>(values: readonly (T | undefined)[]): T[] {
  return values.filter((value) => value !== undefined);
}
