/** `/metrics` in Prometheus' text form, with llama-server's names: those that mean something for a simulator. */
import type { Simulation } from './simulation.ts';

type Metric = [name: string, kind: 'counter' | 'gauge', help: string, value: (simulation: Simulation) => number];

const METRICS: Metric[] = [
  [
    'prompt_tokens_total',
    'counter',
    'Number of prompt tokens processed, excluding cached tokens',
    ({ totals }) => totals.promptTokens,
  ],
  [
    'prompt_tokens_cached_total',
    'counter',
    'Number of prompt tokens reused from the cache',
    ({ totals }) => totals.cachedTokens,
  ],
  ['prompt_seconds_total', 'counter', 'Total time spent processing prompts', ({ totals }) => totals.promptMs / 1000],
  [
    'tokens_predicted_total',
    'counter',
    'Number of generation tokens processed',
    ({ totals }) => totals.predictedTokens,
  ],
  [
    'tokens_predicted_seconds_total',
    'counter',
    'Total time spent generating tokens',
    ({ totals }) => totals.predictedMs / 1000,
  ],
  [
    'n_tokens_max',
    'counter',
    'Largest observed sequence length (prompt + generation)',
    ({ totals }) => totals.longestSequenceTokens,
  ],
  [
    'prompt_tokens_seconds',
    'gauge',
    'Average prompt throughput in tokens/s',
    ({ totals }) => rate(totals.promptTokens, totals.promptMs),
  ],
  [
    'predicted_tokens_seconds',
    'gauge',
    'Average generation throughput in tokens/s',
    ({ totals }) => rate(totals.predictedTokens, totals.predictedMs),
  ],
  ['requests_processing', 'gauge', 'Number of requests processing', ({ slots }) => slots.busy],
  ['requests_deferred', 'gauge', 'Number of requests deferred', ({ slots }) => slots.waiting],
];

export const METRICS_CONTENT_TYPE = 'text/plain; version=0.0.4';

export function renderMetrics(simulation: Simulation): string {
  return METRICS.map(([name, kind, help, value]) => {
    const full = `llamacpp:${name}`;
    return `# HELP ${full} ${help}\n# TYPE ${full} ${kind}\n${full} ${value(simulation)}\n`;
  }).join('');
}

function rate(tokens: number, milliseconds: number): number {
  return milliseconds > 0 ? (tokens * 1000) / milliseconds : 0;
}
