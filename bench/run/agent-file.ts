/** One agent of a concurrent run as the original's files hold it. Figures are over valid calls; what is unknown is absent, never 0. Pure. */
import { arch, cpus, platform, totalmem } from 'node:os';
import type { AgentRun, LlmCall } from '../results/metrics-file.ts';
import type { CallMetrics } from '../results/recording.ts';
import type { ScenarioAgent } from '../scenarios.ts';
import type { AgentRecord } from '../schedule/agent-work.ts';
import type { CallRecord } from '../schedule/call.ts';

/** What an agent is, beside what it did. */
export interface AgentDescription extends ScenarioAgent {
  model: string;
  baseUrl: string;
}

/** The agent's part of `metrics.json`. */
export function agentFile({ id, label, options, model, baseUrl }: AgentDescription, record: AgentRecord): AgentRun {
  const { work, calls } = record;
  const prompt = calls[0]?.prompt ?? '';
  const individual = calls.filter(({ invalid }) => invalid === undefined).map(({ metrics }) => metrics);
  const totalSeconds = (record.endedMs - record.startedMs) / 1000;
  return {
    config: { id, label, prompt, model, base_url: baseUrl, options: { ...options } },
    execution_time_s: totalSeconds,
    result: {
      agent_type: Object.keys(options).length === 0 ? 'baseline' : 'chimera',
      model,
      runs: individual.length,
      configuration: { ...options },
      individual_runs: individual,
      aggregate_metrics: aggregateOf(individual),
      timestamp: new Date().toISOString(),
      system_info: systemInfo(),
      prompt,
      analysis: work.analysis,
      report_markdown: work.report,
      data_summary: work.data.text,
      benchmark_data_count: work.data.files,
      workflow: {
        ingest_seconds: work.ingestSeconds,
        analysis_seconds: secondsOf(calls, 'analysis'),
        report_seconds: secondsOf(calls, 'report'),
        total_seconds: totalSeconds,
      },
      llm_calls: calls.map(callFile),
    },
  };
}

/** What an agent would have been that did not work, because its server is down. It has no `base_url`. */
export function missingAgent({ id, label, options, model }: AgentDescription) {
  return { id, label, model, options: { ...options }, did_not_run: true };
}

function callFile({ stage, prompt, response, metrics, invalid }: CallRecord): LlmCall {
  return { stage, prompt, response, metrics, ...(invalid && { invalid }) };
}

function aggregateOf(calls: readonly CallMetrics[]) {
  const all = (name: keyof CallMetrics): number[] =>
    calls.flatMap((call) => (typeof call[name] === 'number' ? [call[name] as number] : []));
  const throughput = all('throughput_tokens_per_sec');
  const ttft = all('ttft_ms');
  return {
    average_tokens_per_second: mean(throughput),
    average_ttft_ms: mean(ttft),
    total_duration_ms: sum(all('total_duration_ms')),
    total_tokens_generated: sum(all('tokens_generated')),
    prompt_eval_duration_ms: sum(all('prompt_eval_duration_ms')),
    eval_duration_ms: sum(all('eval_duration_ms')),
    load_duration_ms: sum(all('load_duration_ms')),
    stddev_throughput: sampleDeviation(throughput),
    stddev_ttft: sampleDeviation(ttft),
  };
}

function sum(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((total, value) => total + value, 0);
}

export function mean(values: readonly number[]): number | undefined {
  const total = sum(values);
  return total === undefined ? undefined : total / values.length;
}

/** With n − 1; of one value 0, as the original has it. */
function sampleDeviation(values: readonly number[]): number | undefined {
  const average = mean(values);
  if (average === undefined) return undefined;
  const squares = values.reduce((total, value) => total + (value - average) ** 2, 0);
  return values.length === 1 ? 0 : Math.sqrt(squares / (values.length - 1));
}

function secondsOf(calls: readonly CallRecord[], stage: string): number | undefined {
  const call = calls.find((one) => one.stage === stage);
  return call === undefined ? undefined : (call.endMs - call.sentMs) / 1000;
}

function systemInfo() {
  const [cpu] = cpus();
  return {
    ...{ platform: platform(), arch: arch(), cpu: cpu?.model, cpus: cpus().length },
    ...{ memory_bytes: totalmem(), node: process.version },
  };
}
