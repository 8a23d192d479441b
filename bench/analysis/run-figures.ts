/**
 * The figures of one run, computed anew from `execution_time_s`, the wall time and the calls of its `metrics.json`. Nothing that a tool
 * concluded (speed-up, efficiency, deltas, its contention flag) is believed. Agent A is `collector`, B `insight`.
 */
import { mean, sum } from 'simple-statistics';
import type { AgentRun, MetricsFile } from '../results/metrics-file.ts';
import type { ReadFile } from '../results/read.ts';
import { type CallFigures, callsOf } from './calls.ts';
import { type InvalidCall, invalidCallsOf } from './invalid-calls.ts';
import { configurationLabel } from './settings.ts';

export interface AgentFigures {
  label: string | undefined;
  model: string | undefined;
  options: Readonly<Record<string, unknown>>;
  /** T: the whole turn, seconds. */
  executionS: number;
  /** Means over its calls, missing figures as 0, as the original did; the valid-only row has no run with such a call. Tokens/s, ms. */
  throughput: number | undefined;
  ttftMs: number | undefined;
  tokens: number | undefined;
  calls: CallFigures[];
  /** T − the client's durations of its calls, ms: ingest, parsing, writing; undefined without durations. */
  outsideCallsMs: number | undefined;
}

export interface RunFigures {
  /** Relative to the folder. */
  file: string;
  /** Folder of its configuration, relative; and its name for people. */
  configuration: string;
  name: string;
  scenario: string;
  run: number;
  /** What the configuration set, for people. */
  settings: string;
  a: AgentFigures;
  b: AgentFigures;
  /** W, seconds. */
  wallS: number;
  /** T_A + T_B: an estimate out of the same concurrent run, no measurement of a sequence. */
  sequentialS: number;
  /** (T_A + T_B) / W. */
  speedup: number;
  /** 100·S/2. */
  efficiencyPercent: number;
  /** 100·mean(T)/max(T): what the efficiency is when W = max(T). */
  balancePercent: number;
  /** B − A, tokens/s: positive when B was faster. */
  throughputDelta: number | undefined;
  /** A − B, ms: positive when B answered sooner. */
  ttftDeltaMs: number | undefined;
  /** W − max(T), ms. */
  coordinationMs: number;
  /** The flag that stands in the file; not believed, only counted. */
  fileFlag: boolean | undefined;
  /** Calls that count but are kept out of means; a run with one is out of the valid-only row. */
  invalidCalls: InvalidCall[];
}

/** A run that has no usable times: in no row. */
export interface UnusableRun {
  file: string;
  name: string;
  run: number;
  why: string;
  /** Because of these; none: the file itself is at fault. */
  invalidCalls: InvalidCall[];
}

/** `name`: of its configuration. */
export function runFigures(
  { path, configuration, content }: ReadFile<MetricsFile>,
  name: string,
): RunFigures | UnusableRun {
  const times = {
    'collector.execution_time_s': content.collector.execution_time_s,
    'insight.execution_time_s': content.insight.execution_time_s,
    'summary.concurrent_wall_time_s': content.summary.concurrent_wall_time_s,
  };
  const [timeA = 0, timeB = 0, wall = 0] = Object.values(times);
  const [a, b] = [agentFigures(content.collector, timeA), agentFigures(content.insight, timeB)];
  const invalidCalls = [...invalidCallsOf('A', a.calls), ...invalidCallsOf('B', b.calls)];
  const run = content.run_number ?? Number(/run_(\d+)/.exec(path)?.[1] ?? 0);
  const why = wrongTime(times) ?? wrongWall(timeA, timeB, wall);
  if (why !== undefined) return { file: path, name, run, why, invalidCalls };
  return {
    file: path,
    configuration,
    name,
    scenario: content.scenario ?? 'unknown',
    run,
    settings: configurationLabel(a.options, b.options),
    a,
    b,
    wallS: wall,
    ...ratios(timeA, timeB, wall),
    throughputDelta: difference(b.throughput, a.throughput),
    ttftDeltaMs: difference(a.ttftMs, b.ttftMs),
    fileFlag: content.summary.resource_contention_detected,
    invalidCalls,
  };
}

function ratios(timeA: number, timeB: number, wall: number) {
  const [both, longest] = [timeA + timeB, Math.max(timeA, timeB)];
  return {
    sequentialS: both,
    speedup: both / wall,
    efficiencyPercent: (50 * both) / wall,
    balancePercent: (50 * both) / longest,
    coordinationMs: 1000 * (wall - longest),
  };
}

function wrongTime(times: Record<string, number | undefined>): string | undefined {
  for (const [field, value] of Object.entries(times)) {
    if (value === undefined) return `${field} is missing or no number`;
    if (!(value > 0)) return `${field} is ${value}: a time has to be above 0`;
  }
  return undefined;
}

/** Both agents ran within W; a thousandth is left for clocks that are read one after the other. */
function wrongWall(timeA: number, timeB: number, wall: number): string | undefined {
  const longest = Math.max(timeA, timeB);
  if (wall >= longest * 0.999) return undefined;
  return `summary.concurrent_wall_time_s is ${wall}, shorter than an agent that ran within it (${longest})`;
}

function agentFigures({ config, result }: AgentRun, executionS: number): AgentFigures {
  const calls = callsOf(result);
  const aggregate = result?.aggregate_metrics;
  const durations = calls.map(({ totalMs }) => totalMs);
  const known = durations.filter((duration) => duration !== undefined);
  return {
    label: config?.label,
    model: config?.model ?? result?.model,
    options: config?.options ?? {},
    executionS,
    throughput: meanOf(calls, 'throughput') ?? aggregate?.average_tokens_per_second,
    ttftMs: meanOf(calls, 'ttftMs') ?? aggregate?.average_ttft_ms,
    tokens: calls.length > 0 ? sum(calls.map(({ tokens }) => tokens ?? 0)) : aggregate?.total_tokens_generated,
    calls,
    outsideCallsMs: known.length === 0 || known.length < durations.length ? undefined : 1000 * executionS - sum(known),
  };
}

function meanOf(calls: readonly CallFigures[], field: 'throughput' | 'ttftMs'): number | undefined {
  return calls.length === 0 ? undefined : mean(calls.map((call) => call[field] ?? 0));
}

function difference(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one - other;
}
