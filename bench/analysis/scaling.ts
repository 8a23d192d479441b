/** Throughput of the same turn by more and more agents at once, with the universal scalability law through it. */
import { sum } from 'simple-statistics';
import type { ReadFile } from '../results/read.ts';
import type { ScalingFile } from '../results/scaling-file.ts';
import { type Description, describe } from '../statistics/describe.ts';
import { fitScalability, type Scalability, scaled } from '../statistics/scalability.ts';
import { type CallCounts, countedCalls } from './call-counts.ts';
import { groupBy } from './group-by.ts';
import { type Part, partsOf } from './parts.ts';

export interface ScalingFigures {
  /** Where it was read, relative to the folder. */
  file: string;
  model: string | undefined;
  /** Tokens a second of all agents together. `fitted`: by the law; undefined without a fit. */
  points: { agents: number; tokensPerSecond: Description; fitted: number | undefined }[];
  invalidParts: number;
  invalidCalls: CallCounts;
  /** Undefined: fewer than three numbers of agents, one of them 1. */
  law: Scalability | undefined;
}

export function scalingFigures(file: ReadFile<ScalingFile>): ScalingFigures {
  const parts = partsOf(file).filter(
    ({ kind, measurement }) => kind === 'concurrent' || measurement.agents.length === 1,
  );
  const measured = parts.flatMap((part) => pointOf(part));
  const law = fitScalability(measured);
  const points = [...groupBy(measured, ({ agents }) => agents)]
    .sort(([one], [other]) => one - other)
    .flatMap(([agents, own]) => {
      const tokensPerSecond = describe(own.map(({ throughput }) => throughput));
      return tokensPerSecond === undefined ? [] : [{ agents, tokensPerSecond, fitted: law && scaled(agents, law) }];
    });
  const invalidParts = parts.length - measured.length;
  const made = file.content.schedule.filter(({ kind }) => kind !== 'warm_up');
  const invalidCalls = countedCalls(made.map(({ invalid }) => invalid));
  return { file: file.path, model: file.content.model, points, invalidParts, invalidCalls, law };
}

function pointOf({ valid, measurement: { agents, wall_time_s: wall } }: Part) {
  const throughput = sum(agents.map(({ tokens_generated: tokens }) => tokens ?? Number.NaN)) / wall;
  return valid && throughput > 0 ? [{ agents: agents.length, throughput }] : [];
}
