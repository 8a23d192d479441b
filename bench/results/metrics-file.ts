/**
 * `run_<n>/metrics.json`: one run of both agents. The old fields are the original's and describe the concurrent run; the new ones
 * (see recording.ts) come beside them. Read tolerantly: folders as published hold less.
 */
import { z } from 'zod';
import { callMetrics, invalidCall, recordingFields } from './recording.ts';
import { figure, listOf, scenarioName, words } from './values.ts';

const llmCall = z.looseObject({
  stage: words,
  prompt: words,
  response: words,
  metrics: callMetrics.optional().catch(undefined),
  invalid: invalidCall.optional().catch(undefined),
});
export type LlmCall = z.output<typeof llmCall>;

const aggregateMetrics = z.looseObject({
  average_tokens_per_second: figure,
  average_ttft_ms: figure,
  total_duration_ms: figure,
  total_tokens_generated: figure,
  prompt_eval_duration_ms: figure,
  eval_duration_ms: figure,
  load_duration_ms: figure,
  stddev_throughput: figure,
  stddev_ttft: figure,
});

const agentResult = z.looseObject({
  agent_type: words,
  model: words,
  individual_runs: listOf(callMetrics),
  aggregate_metrics: aggregateMetrics.optional().catch(undefined),
  timestamp: words,
  workflow: z
    .looseObject({ ingest_seconds: figure, analysis_seconds: figure, report_seconds: figure, total_seconds: figure })
    .optional()
    .catch(undefined),
  llm_calls: listOf(llmCall),
});

/** `options`: what was sent with each request, e.g. `num_gpu`; none means the server's defaults. */
const agentConfig = z.looseObject({
  id: words,
  label: words,
  prompt: words,
  model: words,
  base_url: words,
  options: z
    .record(z.string(), z.unknown())
    .nullish()
    .catch(undefined)
    .transform((options) => options ?? {}),
});

const agentRun = z.looseObject({
  config: agentConfig.optional().catch(undefined),
  /** Seconds, whole turn. */
  execution_time_s: figure,
  result: agentResult.optional().catch(undefined),
});
export type AgentRun = z.output<typeof agentRun>;

/** `throughput_delta` = insight − collector; `ttft_delta_ms` = collector − insight, positive: insight was faster. */
export const runSummary = z.looseObject({
  run_number: figure,
  scenario: scenarioName.optional().catch(undefined),
  throughput_delta: figure,
  ttft_delta_ms: figure,
  concurrency_speedup: figure,
  efficiency_percent: figure,
  sequential_estimated_s: figure,
  concurrent_wall_time_s: figure,
  resource_contention_detected: z.boolean().optional().catch(undefined),
  collector_throughput: figure,
  insight_throughput: figure,
  collector_ttft_ms: figure,
  insight_ttft_ms: figure,
});

/** Agent A is `collector`, agent B `insight`, whatever the scenario calls them. */
export const metricsFile = z.looseObject({
  run_number: figure,
  scenario: scenarioName.optional().catch(undefined),
  collector: agentRun,
  insight: agentRun,
  summary: runSummary,
  ...recordingFields,
});
export type MetricsFile = z.output<typeof metricsFile>;
