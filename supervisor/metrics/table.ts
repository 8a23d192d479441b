/**
 * Every metric of `GET /metrics`, one table. Times are seconds, sizes bytes, as Prometheus wants it. Names with `gen_ai` are
 * OpenTelemetry's for clients of generative models, in Prometheus form.
 */

interface Metric {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: readonly string[];
  buckets?: readonly number[];
}

/** From a cached first token to an answer of minutes; OpenTelemetry's advice for operation durations, and three finer ones. */
const SECONDS = [0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
/** OpenTelemetry's advice for token usage. */
const TOKENS = [1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144];
/** What a gate or a cut takes. */
const SHORT_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

export const METRICS = {
  gen_ai_client_operation_duration_seconds: {
    type: 'histogram',
    help: 'Time that a model call took; outcome: finished, cut, interrupted, failed',
    labels: ['agent', 'backend', 'outcome'],
    buckets: SECONDS,
  },
  gen_ai_client_time_to_first_chunk_seconds: {
    type: 'histogram',
    help: 'Time from the first model call of a run to the first text that readers got',
    labels: ['agent', 'backend'],
    buckets: SECONDS,
  },
  gen_ai_client_time_per_output_chunk_seconds: {
    type: 'histogram',
    help: 'Time per token of the answer after the first text, over whole answers that were shown as they were written',
    labels: ['agent', 'backend'],
    buckets: SHORT_SECONDS,
  },
  gen_ai_client_token_usage: {
    type: 'histogram',
    help: 'Tokens of a model call as the server counted them; gen_ai_token_type: input, output',
    labels: ['agent', 'backend', 'gen_ai_token_type'],
    buckets: TOKENS,
  },
  agents_run_duration_seconds: {
    type: 'histogram',
    help: 'Time from the acknowledgement of a message to the end of its run; status: answered, failed, stopped, blocked, expired',
    labels: ['agent', 'status'],
    buckets: SECONDS,
  },
  agents_queue_wait_seconds: {
    type: 'histogram',
    help: 'Time that a message waited in the inbox',
    labels: ['agent'],
    buckets: SECONDS,
  },
  agents_holdback_delay_seconds: {
    type: 'histogram',
    help: 'Time that text waited in the gate: from the first character that was held back until it was released',
    labels: ['agent'],
    buckets: SHORT_SECONDS,
  },
  agents_cut_seconds: {
    type: 'histogram',
    help: 'Time from reading the text that was objected to until the connection to the model was closed',
    labels: ['agent'],
    buckets: SHORT_SECONDS,
  },
  agents_interventions_total: {
    type: 'counter',
    help: 'Interventions of policies and of persons',
    labels: ['agent', 'policy', 'action'],
  },
  agents_letters_total: {
    type: 'counter',
    help: 'Letters that agents sent each other',
    labels: ['agent', 'to'],
  },
  agents_policy_verdicts_total: {
    type: 'counter',
    help: 'Verdicts that the hooks of a policy returned',
    labels: ['policy', 'action'],
  },
  agents_policy_failures_total: {
    type: 'counter',
    help: 'Times that a hook of a policy threw or returned what is no verdict',
    labels: ['policy'],
  },
  agents_restarts_total: { type: 'counter', help: 'Restarts of the process of an agent', labels: ['agent'] },
  agents_inbox_depth: { type: 'gauge', help: 'Messages that wait', labels: ['agent'] },
  agents_running: { type: 'gauge', help: 'Runs that are worked on', labels: ['agent'] },
  agents_approvals_waiting: { type: 'gauge', help: 'Runs that wait for a person', labels: [] },
  agents_backend_up: { type: 'gauge', help: '1 while the model server answers', labels: ['backend'] },
  agents_backend_slots: { type: 'gauge', help: 'Requests that a model server works on at a time', labels: ['backend'] },
  agents_backend_slots_used: {
    type: 'gauge',
    help: 'Slots that runs, questions of policies and benchmarks hold',
    labels: ['backend'],
  },
  agents_event_loop_delay_seconds: {
    type: 'gauge',
    help: "Delay of the supervisor's event loop since the last scrape; percentile: 50, 99",
    labels: ['percentile'],
  },
  agents_process_memory_bytes: {
    type: 'gauge',
    help: 'Memory of each process of the stack; on Linux its proportional share',
    labels: ['process', 'kind'],
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;
