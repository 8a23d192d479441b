/**
 * What two agents at once really gain, from parts that were each measured: an agent alone, the agents one after the other, all at once.
 * Ratios are of parts of the same block; invalid parts are left out. Formulas: Eyerman and Eeckhout 2008 (ANTT, STP), Jain 1984.
 */
import { max, mean, median, min, sum } from 'simple-statistics';
import { pairedRatio, type Ratio } from '../statistics/comparison.ts';
import { type Description, describe } from '../statistics/describe.ts';
import { callFigures } from './calls.ts';
import { groupBy } from './group-by.ts';
import { overlap } from './overlap.ts';
import { centre, type Part, timeOf } from './parts.ts';
import { known } from './rows.ts';

export interface SoundConfiguration {
  configuration: string;
  name: string;
  blocks: number;
  invalidParts: number;
  /** T_serial / W, over all blocks and of each. */
  trueSpeedup: Ratio | undefined;
  blockSpeedups: number[];
  /** (Σtokens/W) / (Σtokens alone / ΣT alone): the same, freed of answers that came out longer or shorter. */
  tokenNormalised: Ratio | undefined;
  /** T beside the others / T alone, for each agent. */
  slowdowns: { agent: string; slowdown: Ratio }[];
  /** Mean slowdown; 1: none. */
  antt: number | undefined;
  /** Σ 1/slowdown; the number of agents at best. */
  stp: number | undefined;
  /** Least over greatest slowdown, and Jain's index of 1/slowdown; 1: all suffer alike. */
  fairness: number | undefined;
  jain: number | undefined;
  /** Of concurrent calls, ms. */
  queueMs: Description | undefined;
  /** Share of the time with a call under way in which two or more were, 0 to 1. */
  overlap: Description | undefined;
  /** W − max(T), ms. */
  coordinationMs: Description | undefined;
  /** T − Σ durations of calls, ms. */
  outsideCallsMs: Description | undefined;
}

export interface SoundFigures {
  configurations: SoundConfiguration[];
  /** Over all configurations. */
  overall: SoundConfiguration;
  /** Medians of the valid calls of agents alone. */
  soloTtftMs: number | undefined;
  soloThroughput: number | undefined;
  contention: { lateFirstTexts: Hits | undefined; slowedAgents: Hits | undefined };
  invalidParts: { configuration: string; block: string; kind: string }[];
}

interface Hits {
  runs: number;
  of: number;
}

const LATE_MS = 1000;
const SLOWED = 1.05;

/** Undefined when nothing was measured but concurrent runs. `nameOf`: name of a configuration for people. */
export function soundFigures(
  parts: readonly Part[],
  nameOf: (configuration: string) => string,
): SoundFigures | undefined {
  if (!parts.some(({ kind }) => kind === 'solo' || kind === 'serial')) return undefined;
  const configurations = [...groupBy(parts, ({ configuration }) => configuration)].map(([configuration, own]) =>
    soundConfiguration(own, configuration, nameOf(configuration)),
  );
  const solo = callsOf(parts, 'solo').map(({ metrics }) => callFigures(metrics));
  return {
    configurations,
    overall: soundConfiguration(parts, '', 'all'),
    soloTtftMs: medianOf(known(solo.map(({ ttftMs }) => ttftMs))),
    soloThroughput: medianOf(known(solo.map(({ throughput }) => throughput))),
    contention: { lateFirstTexts: lateFirstTexts(parts), slowedAgents: slowedAgents(configurations) },
    invalidParts: parts
      .filter(({ valid }) => !valid)
      .map(({ configuration, block, kind }) => ({ configuration, block, kind })),
  };
}

function soundConfiguration(parts: readonly Part[], configuration: string, name: string): SoundConfiguration {
  const valid = parts.filter((part) => part.valid);
  const blocks = [...groupBy(valid, ({ block }) => block).values()];
  const agents = [...new Set(valid.flatMap(({ measurement }) => measurement.agents.map(({ agent }) => agent)))].sort();
  const slowdowns = agents.flatMap((agent) => {
    const time = (kind: Part['kind']) => (block: readonly Part[]) =>
      centre(ofKind(block, kind).map((part) => timeOf(part, agent)));
    const slowdown = pairedRatio(pairs(blocks, time('solo'), time('concurrent')));
    return slowdown === undefined ? [] : [{ agent, slowdown }];
  });
  const together = ofKind(valid, 'concurrent');
  const walls = pairs(blocks, wallOf('concurrent'), wallOf('serial'));
  return {
    configuration,
    name,
    blocks: blocks.length,
    invalidParts: parts.length - valid.length,
    trueSpeedup: pairedRatio(walls),
    blockSpeedups: walls.map(([concurrent, serial]) => serial / concurrent),
    tokenNormalised: pairedRatio(pairs(blocks, soloRate, concurrentRate)),
    slowdowns,
    ...systemFigures(slowdowns.map(({ slowdown }) => slowdown.ratio)),
    queueMs: describe(known(together.flatMap(({ calls }) => calls).map(({ metrics }) => callFigures(metrics).queueMs))),
    overlap: describe(known(together.map(({ calls }) => overlap(calls)))),
    coordinationMs: describe(together.map(coordination)),
    outsideCallsMs: describe(together.flatMap(outsideCalls)),
  };
}

function systemFigures(slowdowns: readonly number[]) {
  if (slowdowns.length === 0) return { antt: undefined, stp: undefined, fairness: undefined, jain: undefined };
  const all = [...slowdowns];
  const progress = all.map((slowdown) => 1 / slowdown);
  return {
    antt: mean(all),
    stp: sum(progress),
    fairness: min(all) / max(all),
    jain: sum(progress) ** 2 / (progress.length * sum(progress.map((one) => one ** 2))),
  };
}

type OfBlock = (block: readonly Part[]) => number | undefined;

/** For each block that has both: what it says of the one and of the other. */
function pairs(blocks: readonly (readonly Part[])[], one: OfBlock, other: OfBlock): [number, number][] {
  return blocks.flatMap((block) => {
    const [first, second] = [one(block), other(block)];
    return first === undefined || second === undefined ? [] : [[first, second] as [number, number]];
  });
}

function ofKind(parts: readonly Part[], kind: Part['kind']): Part[] {
  return parts.filter((part) => part.kind === kind);
}

function wallOf(kind: Part['kind']): OfBlock {
  return (block) => centre(ofKind(block, kind).map(({ measurement }) => measurement.wall_time_s));
}

/** Tokens a second of all agents at once. */
function concurrentRate(block: readonly Part[]): number | undefined {
  return centre(
    ofKind(block, 'concurrent').map(({ measurement }) => tokensOf(measurement.agents) / measurement.wall_time_s),
  );
}

/** Tokens a second of the agents alone; every agent of the block has to be among them. */
function soloRate(block: readonly Part[]): number | undefined {
  const alone = ofKind(block, 'solo').flatMap(({ measurement }) => measurement.agents);
  const all = new Set(block.flatMap(({ measurement }) => measurement.agents.map(({ agent }) => agent)));
  if (new Set(alone.map(({ agent }) => agent)).size < all.size) return undefined;
  return tokensOf(alone) / sum(alone.map(({ execution_time_s: time }) => time));
}

function tokensOf(agents: readonly { tokens_generated?: number | undefined }[]): number {
  return sum(agents.map(({ tokens_generated: tokens }) => tokens ?? Number.NaN));
}

function coordination({ measurement }: Part): number {
  return 1000 * (measurement.wall_time_s - max(measurement.agents.map(({ execution_time_s: time }) => time)));
}

function outsideCalls({ measurement, calls }: Part): number[] {
  return measurement.agents.flatMap(({ agent, execution_time_s: time }) => {
    const own = calls.filter((call) => call.agent === agent);
    return own.length === 0 ? [] : [1000 * time - sum(own.map(({ sent_ms: sent, end_ms: end }) => end - sent))];
  });
}

function callsOf(parts: readonly Part[], kind: Part['kind']) {
  return ofKind(parts, kind).flatMap(({ valid, calls }) => (valid ? calls : []));
}

function lateFirstTexts(parts: readonly Part[]): Hits | undefined {
  const groups = [...groupBy(parts, ({ configuration }) => configuration).values()];
  const told = groups.flatMap((own) => {
    const alone = groupBy(callsOf(own, 'solo'), keyOf);
    return callsOf(own, 'concurrent').flatMap((call) => {
      const solo = medianOf(known((alone.get(keyOf(call)) ?? []).map(({ metrics }) => metrics?.ttft_ms)));
      const ttft = call.metrics?.ttft_ms;
      return solo === undefined || ttft === undefined ? [] : [ttft - solo > LATE_MS];
    });
  });
  return told.length === 0 ? undefined : { runs: told.filter(Boolean).length, of: told.length };
}

function keyOf({ agent, stage }: { agent: string; stage: string }): string {
  return `${agent} ${stage}`;
}

function slowedAgents(configurations: readonly SoundConfiguration[]): Hits | undefined {
  const known = configurations.flatMap(({ slowdowns }) => slowdowns).flatMap(({ slowdown }) => slowdown.interval ?? []);
  return known.length === 0 ? undefined : { runs: known.filter(({ low }) => low > SLOWED).length, of: known.length };
}

function medianOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : median([...values]);
}
