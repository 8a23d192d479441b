/**
 * Two folders of results, told against each other: ratios other/this of the same configurations, run by run, with intervals at 95 %,
 * their p-values adjusted by Holm over all configurations of a measure; and over the configurations as a whole.
 */
import { holm, pairedRatio, type Ratio, unpairedRatio } from '../statistics/comparison.ts';
import type { Analysis } from './analysis.ts';
import { groupBy } from './group-by.ts';
import { centre } from './parts.ts';
import { isValid } from './rows.ts';
import type { AgentFigures, RunFigures } from './run-figures.ts';

/** `ratio` above 1: the other folder has more of it. `p`: adjusted. */
interface ComparedConfiguration {
  name: string;
  otherName: string;
  compared: Ratio;
  adjustedP: number | undefined;
}

interface ComparedMeasure {
  measure: string;
  unit: string;
  /** What a ratio above 1 means for the other folder. */
  above: 'better' | 'worse' | 'more alike';
  configurations: ComparedConfiguration[];
  /** Over configurations, each as one pair of geometric means; with a single configuration over its runs. */
  overall: Ratio | undefined;
}

export interface Comparison {
  folder: string;
  other: string;
  measures: ComparedMeasure[];
  /** Configurations that only one folder has. */
  onlyHere: string[];
  onlyOther: string[];
  /** Runs with an invalid call, and runs whose number the other folder lacks: in no pair. */
  unpaired: number;
}

interface Measure {
  measure: string;
  unit: string;
  above: ComparedMeasure['above'];
  of(run: RunFigures): number | undefined;
}

const MEASURES: readonly Measure[] = [
  { measure: 'wall time', unit: 's', above: 'worse', of: ({ wallS }) => wallS },
  {
    measure: 'throughput of an agent',
    unit: 'tokens/s',
    above: 'better',
    of: (run) => ofAgents(run, ({ throughput }) => throughput),
  },
  { measure: 'TTFT of an agent', unit: 'ms', above: 'worse', of: (run) => ofAgents(run, ({ ttftMs }) => ttftMs) },
  { measure: 'efficiency (balance)', unit: '%', above: 'more alike', of: ({ efficiencyPercent }) => efficiencyPercent },
];

interface Pairing {
  name: string;
  otherName: string;
  pairs: [RunFigures, RunFigures][];
}

export function compare(here: Analysis, other: Analysis): Comparison {
  const [own, others] = [byConfiguration(here), byConfiguration(other)];
  const pairings = pairUp(own, others);
  const names = (side: 'name' | 'otherName') => new Set(pairings.map((pairing) => pairing[side]));
  const paired = pairings.reduce((runs, { pairs }) => runs + pairs.length, 0);
  return {
    folder: here.folder,
    other: other.folder,
    measures: [...MEASURES.map((measure) => compareMeasure(measure, pairings)), ...trueSpeedups(here, other, pairings)],
    onlyHere: [...own.keys()].filter((name) => !names('name').has(name)),
    onlyOther: [...others.keys()].filter((name) => !names('otherName').has(name)),
    unpaired: here.runs.length + other.runs.length - 2 * paired,
  };
}

function byConfiguration({ runs }: Analysis): Map<string, RunFigures[]> {
  return groupBy(runs.filter(isValid), ({ name }) => name);
}

/** By name; a folder of one configuration each is one pair, whatever the folders are called. */
function pairUp(own: Map<string, RunFigures[]>, others: Map<string, RunFigures[]>): Pairing[] {
  const [[onlyName, onlyRuns] = []] = own;
  const [[otherName, otherRuns] = []] = others;
  if (own.size === 1 && others.size === 1 && onlyName !== undefined && otherName !== undefined) {
    return [{ name: onlyName, otherName, pairs: byNumber(onlyRuns ?? [], otherRuns ?? []) }];
  }
  return [...own].flatMap(([name, runs]) => {
    const counterparts = others.get(name);
    return counterparts === undefined ? [] : [{ name, otherName: name, pairs: byNumber(runs, counterparts) }];
  });
}

function byNumber(runs: readonly RunFigures[], others: readonly RunFigures[]): [RunFigures, RunFigures][] {
  const numbered = new Map(others.map((run) => [run.run, run]));
  return runs.flatMap((run) => {
    const counterpart = numbered.get(run.run);
    return counterpart === undefined ? [] : [[run, counterpart] as [RunFigures, RunFigures]];
  });
}

function compareMeasure({ measure, unit, above, of }: Measure, pairings: readonly Pairing[]): ComparedMeasure {
  const known = pairings.map((pairing) => ({
    ...pairing,
    values: pairing.pairs.flatMap((pair) => valuesOf(pair, of)),
  }));
  const compared = known.flatMap(({ name, otherName, values }) => {
    const ratio = pairedRatio(values);
    return ratio === undefined ? [] : [{ name, otherName, compared: ratio }];
  });
  const adjusted = holm(compared.map((one) => one.compared.p));
  const configurations = compared.map((one, at) => ({ ...one, adjustedP: adjusted[at] }));
  return { measure, unit, above, configurations, overall: overallRatio(known.map(({ values }) => values)) };
}

function valuesOf([one, other]: [RunFigures, RunFigures], of: Measure['of']): [number, number][] {
  const [first, second] = [of(one), of(other)];
  return first === undefined || second === undefined ? [] : [[first, second]];
}

/** Blocks of two folders are no pairs: Welch's t. Nothing unless both were measured soundly. */
function trueSpeedups(here: Analysis, other: Analysis, pairings: readonly Pairing[]): ComparedMeasure[] {
  const of = ({ sound }: Analysis, name: string): number[] =>
    sound?.configurations.find((one) => one.name === name)?.blockSpeedups ?? [];
  const compared = pairings.flatMap(({ name, otherName }) => {
    const ratio = unpairedRatio(of(here, name), of(other, otherName));
    return ratio === undefined ? [] : [{ name, otherName, compared: ratio }];
  });
  if (compared.length === 0) return [];
  const adjusted = holm(compared.map((one) => one.compared.p));
  const configurations = compared.map((one, at) => ({ ...one, adjustedP: adjusted[at] }));
  const centres = pairings.map(
    ({ name, otherName }) => [centre(of(here, name)), centre(of(other, otherName))] as const,
  );
  const known = centres.flatMap(([one, two]) =>
    one === undefined || two === undefined ? [] : [[one, two] as [number, number]],
  );
  const overall = compared.length === 1 ? compared[0]?.compared : pairedRatio(known);
  return [{ measure: 'true speed-up (blocks, not paired)', unit: '×', above: 'better', configurations, overall }];
}

function overallRatio(configurations: readonly [number, number][][]): Ratio | undefined {
  const [only = []] = configurations;
  if (configurations.length === 1) return pairedRatio(only);
  return pairedRatio(
    configurations.flatMap((values) => {
      const [one, other] = [centre(values.map(([first]) => first)), centre(values.map(([, second]) => second))];
      return one === undefined || other === undefined ? [] : [[one, other] as [number, number]];
    }),
  );
}

function ofAgents({ a, b }: RunFigures, of: (agent: AgentFigures) => number | undefined): number | undefined {
  const [one, other] = [of(a), of(b)];
  return one === undefined || other === undefined ? undefined : centre([one, other]);
}
