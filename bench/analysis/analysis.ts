/**
 * The whole analysis of a folder: one object, which `--json` prints and from which alone the reports are written, so that each of their
 * numbers stands in a field of it. It is computed anew from the runs; what `summary.json` says is not read.
 */

import { basename } from 'node:path';
import { max } from 'simple-statistics';
import { ResultsError } from '../results/find-files.ts';
import type { Results } from '../results/read.ts';
import { describe } from '../statistics/describe.ts';
import { LEVEL } from '../statistics/intervals.ts';
import { oneWayAnova } from '../statistics/variance.ts';
import { aloneFigures } from './alone.ts';
import { callCounts } from './call-counts.ts';
import type { CallFigures } from './calls.ts';
import { CHANCE, freshRandom } from './chance.ts';
import { conditions, gpuUse } from './conditions.ts';
import { baselineOf, detectors } from './detectors.ts';
import { disturbedRuns } from './disturbed.ts';
import { fallBacks, isSingle } from './fall-backs.ts';
import type { AgentSpread, Figures } from './figures.ts';
import { groupBy } from './group-by.ts';
import { mixtures } from './mixture.ts';
import { overhead } from './overhead.ts';
import { partsOf } from './parts.ts';
import { promptCache } from './prompt-cache.ts';
import { ranking } from './ranking.ts';
import { configurationFigures, isValid, known, row, scenarioFigures } from './rows.ts';
import { type RunFigures, runFigures, type UnusableRun } from './run-figures.ts';
import { scalingFigures } from './scaling.ts';
import { soundFigures } from './sound.ts';
import { steadiness } from './steadiness.ts';
import { rollbackTriggers, targets } from './targets.ts';
import { tiers } from './tiers.ts';
import { timeline } from './timeline.ts';
import { type Verdict, verdict } from './verdict.ts';

export interface Analysis extends Figures {
  /** What can be concluded, and what cannot. */
  verdict: Verdict;
}

/** @throws ResultsError when no run has usable times and nothing was scaled */
export function analyse(results: Results): Analysis {
  const nameOf = configurationNames(results);
  const [single, paired] = partition(results.runs, isSingle);
  const read = paired.map((file) => runFigures(file, nameOf(file.configuration)));
  const runs = read.filter((one): one is RunFigures => 'wallS' in one).sort(inOrder);
  const untimed = read.filter((one): one is UnusableRun => 'why' in one);
  const [untimedInvalid, unusable] = partition(untimed, ({ invalidCalls }) => invalidCalls.length > 0);
  if (unusable.length === results.runs.length && results.scalings.length === 0) {
    throw nothingUsable(results.folder, unusable);
  }
  const parts = results.runs.flatMap((file) => partsOf(file));
  const sound = soundFigures(parts, nameOf);
  const baseline = baselineOf(runs, sound);
  const configurations = configurationFigures(runs);
  const figures: Figures = {
    folder: results.folder,
    method: { level: LEVEL, ...CHANCE },
    published: row(runs),
    valid: row(runs.filter(isValid)),
    invalidRuns: [...invalidRuns(runs, true), ...invalidRuns(untimedInvalid, false)],
    calls: callCounts(results.runs),
    fallBacks: fallBacks([...results.runs, ...results.scalings]),
    singleRuns: single.map(({ path }) => path),
    unusable: unusable.map(({ file, why }) => ({ file, why })),
    problems: results.problems,
    mixtures: mixtures(results.runs),
    warnings: [...new Set([...results.runs, ...results.scalings].flatMap(({ content }) => content.warnings))],
    disturbed: disturbedRuns(results.runs),
    scenarios: scenarioFigures(runs, configurations),
    configurations,
    ranking: ranking(configurations, runs),
    anova: { published: anova(runs), valid: anova(runs.filter(isValid)) },
    balance: { largestDifference: max([0, ...runs.map(unbalanced)]) },
    agents: agentSpreads(runs),
    baseline,
    detectors: detectors(runs, baseline, sound),
    targets: targets(runs),
    rollbackTriggers: rollbackTriggers(runs),
    overhead: overhead(runs),
    sound,
    alone: aloneFigures(parts, nameOf),
    promptCache: promptCache(parts),
    steadiness: steadiness(configurations),
    tiers: tiers(sound),
    scaling: results.scalings.map(scalingFigures),
    timeline: timeline(results.runs),
    servers: uniqueServers(results),
    conditions: conditions(results.runs),
    gpus: gpuUse(results.runs),
    runs,
  };
  return { ...figures, verdict: verdict(figures) };
}

/** Names of the folders; where two are alike, their whole paths. */
function configurationNames({ folder, runs }: Results): (configuration: string) => string {
  const all = [...new Set(runs.map(({ configuration }) => configuration))];
  const short = (configuration: string): string => basename(configuration === '.' ? folder : configuration);
  const alike = groupBy(all, short);
  return (configuration) => ((alike.get(short(configuration))?.length ?? 0) > 1 ? configuration : short(configuration));
}

/** By scenario, name and number, whatever the folders were called: the same runs give the same figures, by chance too. */
function inOrder(one: RunFigures, other: RunFigures): number {
  const byText = (first: string, second: string): number => first.localeCompare(second, 'en', { numeric: true });
  return byText(one.scenario, other.scenario) || byText(one.name, other.name) || one.run - other.run;
}

function nothingUsable(folder: string, unusable: readonly UnusableRun[]): ResultsError {
  const reasons = unusable.map(({ file, why }) => `\n  ${file}: ${why}`).join('');
  return new ResultsError(`no run in ${folder} has usable times:${reasons}`);
}

function invalidRuns(
  runs: readonly Pick<RunFigures, 'name' | 'run' | 'file' | 'invalidCalls'>[],
  timed: boolean,
): Figures['invalidRuns'] {
  return runs
    .filter(({ invalidCalls }) => invalidCalls.length > 0)
    .map(({ name, run, file, invalidCalls }) => ({ name, run, file, why: invalidCalls.map(({ why }) => why), timed }));
}

function partition<T>(items: readonly T[], fits: (item: T) => boolean): [T[], T[]] {
  return [items.filter(fits), items.filter((item) => !fits(item))];
}

/** Whether anything at all was measured: a run of two, an agent alone, or a number of agents at once. */
export function hasMeasured({ valid, alone, scaling }: Analysis): boolean {
  const parts = alone.reduce((sum, one) => sum + one.parts - one.invalidParts, 0);
  return valid.runs + parts > 0 || scaling.some(({ points }) => points.length > 0);
}

function anova(runs: readonly RunFigures[]): ReturnType<typeof oneWayAnova> {
  const groups = [...groupBy(runs, ({ configuration }) => configuration).values()];
  const values = groups.map((group) => group.map(({ efficiencyPercent }) => efficiencyPercent));
  return oneWayAnova(values, CHANCE.permutations, freshRandom());
}

function unbalanced({ efficiencyPercent, balancePercent }: RunFigures): number {
  return Math.abs(efficiencyPercent - balancePercent);
}

function agentSpreads(runs: readonly RunFigures[]): AgentSpread[] {
  return (['A', 'B'] as const).map((agent) => {
    const all = runs.filter(isValid).map((run) => (agent === 'A' ? run.a : run.b));
    const figures = all.flatMap((one): Pick<CallFigures, 'ttftMs' | 'throughput'>[] =>
      one.calls.length > 0 ? one.calls : [one],
    );
    const of = (field: 'ttftMs' | 'throughput') => describe(known(figures.map((one) => one[field])));
    return { agent, ttftMs: of('ttftMs'), throughput: of('throughput') };
  });
}

function uniqueServers({ runs, scalings }: Results): Record<string, unknown>[] {
  const all = [...runs, ...scalings].flatMap(({ content }) => content.servers);
  return [...new Map(all.map((server) => [JSON.stringify(server), server])).values()];
}
