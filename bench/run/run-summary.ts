/** The original's summary of a run and of all runs. Of an invalid run there are no figures; it is never averaged in. Pure. */

import type { ScenarioName } from '../choices.ts';
import type { AgentRun, MetricsFile } from '../results/metrics-file.ts';
import type { SummaryFile } from '../results/summary-file.ts';
import { mean } from './agent-file.ts';

type RunSummary = MetricsFile['summary'];

/** Below this speedup the original says "contention". */
const CONTENTION_SPEEDUP = 1.5;

/**
 * `speedup S = (T_A + T_B) / W`, `efficiency = 100·S/2`. Signs as in the original's files: `throughput_delta` = insight − collector,
 * `ttft_delta_ms` = collector − insight.
 * @param wallSeconds of the concurrent run; undefined: the run is invalid
 */
export function runSummary(
  run: number,
  scenario: ScenarioName,
  collector: AgentRun,
  insight: AgentRun,
  wallSeconds: number | undefined,
): RunSummary {
  const a = collector.result?.aggregate_metrics;
  const b = insight.result?.aggregate_metrics;
  const sequential = add(collector.execution_time_s, insight.execution_time_s);
  const speedup = wallSeconds === undefined || sequential === undefined ? undefined : sequential / wallSeconds;
  const isValid = speedup !== undefined;
  return {
    run_number: run,
    scenario,
    throughput_delta: isValid ? minus(b?.average_tokens_per_second, a?.average_tokens_per_second) : undefined,
    ttft_delta_ms: isValid ? minus(a?.average_ttft_ms, b?.average_ttft_ms) : undefined,
    concurrency_speedup: speedup,
    efficiency_percent: isValid ? speedup * 50 : undefined,
    sequential_estimated_s: isValid ? sequential : undefined,
    concurrent_wall_time_s: wallSeconds,
    resource_contention_detected: isValid ? speedup < CONTENTION_SPEEDUP : undefined,
    collector_throughput: a?.average_tokens_per_second,
    insight_throughput: b?.average_tokens_per_second,
    collector_ttft_ms: a?.average_ttft_ms,
    insight_ttft_ms: b?.average_ttft_ms,
  };
}

/** Averages over the runs that have figures. */
export function aggregateOf(runs: readonly RunSummary[]): SummaryFile['aggregate'] {
  const average = (name: keyof RunSummary): number | undefined =>
    mean(runs.flatMap((run) => (typeof run[name] === 'number' ? [run[name] as number] : [])));
  return {
    average_throughput_delta: average('throughput_delta'),
    average_ttft_delta_ms: average('ttft_delta_ms'),
    average_concurrency_speedup: average('concurrency_speedup'),
    average_efficiency: average('efficiency_percent'),
  };
}

function add(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}

function minus(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one - other;
}
