/**
 * What a sound measurement adds to the files of the original: every timed part of a run (`measurements`) and every model call in it
 * (`schedule`), on one monotonic clock that all processes of a machine share; what the servers said of themselves; warnings.
 * The old fields keep their names and meanings beside them.
 */
import { z } from 'zod';
import { figure, listOf, measured, words } from './values.ts';

/**
 * What was timed: `warm_up` (discarded), `solo` (one agent alone), `serial` (the agents one after the other), `concurrent` (all at once).
 */
const KINDS = ['warm_up', 'solo', 'serial', 'concurrent'] as const;
export type Kind = (typeof KINDS)[number];

/** Why a call is counted and shown but kept out of means. */
export const INVALID_REASONS = {
  error_line: 'the server sent an error',
  no_done_line: 'the stream ended without its final line',
  no_final_figures: 'there are no final figures: no token was counted, as when a stream has no final line',
  runaway: 'the answer went round in circles',
  http_status: 'the server refused the request',
  connection: 'the server could not be reached, or the connection broke',
  timeout: 'the call took too long',
  cancelled: 'the benchmark was interrupted',
  waited_for_slot: 'in a concurrent part it waited for a slot that others had',
  negative_time: 'a time is negative or no number',
  other: 'the call failed',
} as const;
export type InvalidReason = keyof typeof INVALID_REASONS;

const invalidReason = z.enum(Object.keys(INVALID_REASONS) as [InvalidReason, ...InvalidReason[]]).catch('other');

/** `detail`: for people, e.g. what the server said. */
export const invalidCall = z.looseObject({ reason: invalidReason, detail: words });

/**
 * What one call measured. `ttft_ms` and `total_duration_ms`: client clock, from the request sent to the first non-empty text and to the
 * end. The other durations (ms) and counts (tokens) are the server's own; `throughput_tokens_per_sec` = tokens / eval_duration.
 */
export const callMetrics = z.looseObject({
  ttft_ms: figure,
  throughput_tokens_per_sec: figure,
  total_duration_ms: figure,
  tokens_generated: figure,
  prompt_tokens: figure,
  /** Of the prompt, what the server still had of an earlier request and did not read again. */
  cached_prompt_tokens: figure,
  prompt_eval_duration_ms: figure,
  eval_duration_ms: figure,
  load_duration_ms: figure,
  server_total_duration_ms: figure,
  done_reason: words,
});
export type CallMetrics = z.output<typeof callMetrics>;

/**
 * One model call in time. Moments (`…_ms`) are milliseconds on the common monotonic clock; `first_text_ms` is missing when no text came.
 * `agent`: `a`, `b`, `c`, …; `stage`: `analysis` or `report`, or what the workload calls it. `block` counts from 1, 0 is the warm-up.
 */
const scheduledCall = z.looseObject({
  agent: z.string(),
  stage: z.string(),
  block: measured,
  kind: z.enum(KINDS),
  sent_ms: measured,
  first_text_ms: figure,
  end_ms: measured,
  /** Milliseconds before it for a slot that others had, where there were any; in no time of the files. */
  slot_wait_ms: figure,
  /** Others were at work on the same server, or the same GPU, while it was made (a benchmark inside a stack). */
  disturbed_by_turns: z.boolean().optional().catch(undefined),
  metrics: callMetrics.optional().catch(undefined),
  invalid: invalidCall.optional().catch(undefined),
});
export type ScheduledCall = z.output<typeof scheduledCall>;

/** One agent in one measurement. `started_ms` … `ended_ms`: its turn, ingest included; `execution_time_s` is that in seconds. */
const agentMeasurement = z.looseObject({
  agent: z.string(),
  started_ms: measured,
  ended_ms: measured,
  execution_time_s: measured,
  tokens_generated: figure,
  prompt_tokens: figure,
  process_id: figure,
  thread_id: figure,
  /** Largest piece, in bytes, that was read from the server's connection at once. */
  largest_read_bytes: figure,
  invalid: invalidCall.optional().catch(undefined),
});

/**
 * One timed part of a run. `released_ms`: the common moment at which all its agents were let go; `wall_time_s`: from there until the
 * last of them had ended. `order`: its place in the whole run, from 0, as the blocks shuffle them.
 */
const measurement = z.looseObject({
  kind: z.enum(KINDS),
  block: measured,
  order: measured,
  released_ms: measured,
  ended_ms: measured,
  wall_time_s: measured,
  agents: listOf(agentMeasurement),
});
export type Measurement = z.output<typeof measurement>;

/** What a server said of itself before the run; `settings`: whatever else it told (layers, memory, slots …). */
const serverReport = z.looseObject({
  base_url: z.string(),
  agents: listOf(z.string()),
  kind: words,
  version: words,
  model: words,
  effective_context: figure,
  gpu_layers: figure,
  memory_bytes: figure,
  slots: figure,
  /** Whether it is the simulator: then figures are of the benchmark itself, not of a model. */
  simulated: z.boolean().optional().catch(undefined),
  settings: z.record(z.string(), z.unknown()).optional().catch(undefined),
});

/** The graphics card at one moment (ms, common clock). */
const gpuSample = z.looseObject({
  at_ms: measured,
  gpu: words,
  memory_bytes: figure,
  utilisation_percent: figure,
});

/** The fields that are added to `metrics.json`, and all that `scaling.json` holds beside its name. */
export const recordingFields = {
  /** `sound`, or `legacy`: the concurrent run alone, as the original did. */
  design: words,
  /** `process`, `worker`, `inline` or `serial`, each also with `-1kb`. */
  runtime: words,
  workload: words,
  seed: figure,
  num_predict: figure,
  /** `one_server` or `one_agent`, when a server was down; then the run is no comparison of two. */
  fallback: words,
  /** With `fallback`: names of the agents that worked. */
  working_agents: listOf(z.string()).optional(),
  /** Whatever else the benchmark was told. */
  settings: z.record(z.string(), z.unknown()).optional().catch(undefined),
  measurements: listOf(measurement),
  schedule: listOf(scheduledCall),
  servers: listOf(serverReport),
  gpu_samples: listOf(gpuSample),
  warnings: listOf(z.string()),
};
