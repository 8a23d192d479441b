/** `summary.json`: what a tool concluded from its runs. Written for people and old readers; the analysis never believes it. */
import { z } from 'zod';
import { runSummary } from './metrics-file.ts';
import { figure, listOf, scenarioName, words } from './values.ts';

export const summaryFile = z.looseObject({
  scenario: scenarioName.optional().catch(undefined),
  runs: listOf(runSummary),
  aggregate: z
    .looseObject({
      average_throughput_delta: figure,
      average_ttft_delta_ms: figure,
      average_concurrency_speedup: figure,
      average_efficiency: figure,
    })
    .optional()
    .catch(undefined),
  agent_a: z.unknown().optional(),
  agent_b: z.unknown().optional(),
  generated_at: words,
  /** New: how many runs were asked for, and whether the benchmark was stopped before it had them. */
  runs_planned: figure,
  interrupted: z.boolean().optional().catch(undefined),
  /** New: as in `metrics.json`. */
  fallback: words,
  warnings: listOf(z.string()),
});
export type SummaryFile = z.output<typeof summaryFile>;
