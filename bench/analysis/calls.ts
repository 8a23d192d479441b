/** The model calls of one agent, out of `llm_calls` or, where there are none, `individual_runs`; each says whether it is valid. */

import type { AgentRun, LlmCall } from '../results/metrics-file.ts';
import type { CallMetrics, InvalidReason } from '../results/recording.ts';

/** Durations in ms, throughput in tokens/s; see `callMetrics` for what each one is. */
export interface CallFigures {
  stage: string | undefined;
  ttftMs: number | undefined;
  throughput: number | undefined;
  tokens: number | undefined;
  totalMs: number | undefined;
  loadMs: number | undefined;
  promptEvalMs: number | undefined;
  evalMs: number | undefined;
  /** What is left of the duration without load, prompt and answer: waiting in the server's queue, mostly; undefined unless all are there. */
  queueMs: number | undefined;
  /** Why it is kept out of means; undefined: valid. */
  invalid: { reason: InvalidReason; detail: string | undefined } | undefined;
}

export function callsOf(result: AgentRun['result']): CallFigures[] {
  if (result === undefined) return [];
  if (result.llm_calls.length > 0) return result.llm_calls.map(callOf);
  if (result.individual_runs.length > 0) return result.individual_runs.map((metrics) => callOf({ metrics }));
  return nothingCounted(result.aggregate_metrics) ? [UNCOUNTED] : [];
}

/** For all calls of an agent of which only totals are known, and these are 0. */
const UNCOUNTED: CallFigures = {
  stage: undefined,
  ...callFigures(undefined),
  invalid: { reason: 'no_final_figures', detail: 'by its totals' },
};

function nothingCounted(totals: NonNullable<AgentRun['result']>['aggregate_metrics']): boolean {
  return totals?.total_tokens_generated === 0 || totals?.average_tokens_per_second === 0;
}

function callOf(call: LlmCall): CallFigures {
  const { metrics } = call;
  return { stage: call.stage, ...callFigures(metrics), invalid: invalidity(call, metrics) };
}

/** The figures of a call alone. */
export function callFigures(metrics: CallMetrics | undefined) {
  return {
    ttftMs: metrics?.ttft_ms,
    throughput: metrics?.throughput_tokens_per_sec,
    tokens: metrics?.tokens_generated,
    totalMs: metrics?.total_duration_ms,
    loadMs: metrics?.load_duration_ms,
    promptEvalMs: metrics?.prompt_eval_duration_ms,
    evalMs: metrics?.eval_duration_ms,
    queueMs: metrics === undefined ? undefined : queueWait(metrics),
  };
}

/** total − load − prompt_eval − eval (ms), of the server's own total where it said one. */
function queueWait(metrics: CallMetrics): number | undefined {
  const total = metrics.server_total_duration_ms ?? metrics.total_duration_ms;
  const { prompt_eval_duration_ms: prompt, eval_duration_ms: answer } = metrics;
  if (total === undefined || prompt === undefined || answer === undefined) return undefined;
  return total - (metrics.load_duration_ms ?? 0) - prompt - answer;
}

/** What the file says; else, as in folders of the original, a call without a single counted token never had its final line. */
function invalidity({ invalid, response }: LlmCall, metrics: CallMetrics | undefined): CallFigures['invalid'] {
  if (invalid !== undefined) return { reason: invalid.reason, detail: invalid.detail };
  if (Object.values(metrics ?? {}).some((value) => typeof value === 'number' && value < 0)) {
    return { reason: 'negative_time', detail: undefined };
  }
  if ((metrics?.tokens_generated ?? 0) > 0 && (metrics?.throughput_tokens_per_sec ?? 0) > 0) return undefined;
  const length = response === undefined ? undefined : `${response.length.toLocaleString('en')} characters of text`;
  return { reason: 'no_final_figures', detail: length };
}
