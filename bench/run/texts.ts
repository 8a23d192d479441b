/** The Markdown files of a run, for people. Signs of differences are written out. Pure. */
import type { AgentRun, MetricsFile } from '../results/metrics-file.ts';
import type { SummaryFile } from '../results/summary-file.ts';

const ONE_AGENT =
  'One server was down, and one agent worked: no efficiency, no speed-up, no difference between agents.';

/** What an agent wrote, and what it measured. */
export function agentReport({ config, execution_time_s, result }: AgentRun): string {
  if (result === undefined) return didNotRun(config?.label);
  const report = result.report_markdown;
  const calls = result.llm_calls.map(({ stage, metrics, invalid }) => {
    const figures = `${shown(metrics?.ttft_ms, 'ms')} to the first text, ${shown(metrics?.throughput_tokens_per_sec, 'tokens/s')}`;
    return `- ${stage}: ${invalid === undefined ? figures : `invalid (${invalid.reason}: ${invalid.detail})`}`;
  });
  return [
    `# ${config?.label ?? 'Agent'}`,
    '',
    `Model ${config?.model ?? 'unknown'} at ${config?.base_url ?? 'unknown'}; ${shown(execution_time_s, 's')} in the concurrent run.`,
    '',
    ...calls,
    '',
    typeof report === 'string' && report !== '' ? report : 'There is no report: a call before it was invalid.',
    '',
  ].join('\n');
}

/** Of an agent whose server was down. */
function didNotRun(label = 'Agent'): string {
  return `# ${label}\n\nIt did not run: its server did not answer, and only the other agent worked.\n`;
}

/** Both agents in one run. */
export function combinedReport(run: MetricsFile): string {
  const { run_number, summary, warnings, measurements } = run;
  const walls = measurements.map(({ kind, agents, wall_time_s }) => {
    const who = agents.map(({ agent }) => agent).join(', ');
    return `| ${kind} | ${who} | ${shown(wall_time_s, 's')} |`;
  });
  return [
    `# Run ${run_number}: ${summary.scenario}`,
    '',
    ...(run.fallback === 'one_agent' ? ofOneAgent(run) : ofBothAgents(run)),
    '',
    '| part | agents | wall time |',
    '|---|---|---|',
    ...walls,
    '',
    ...warnings.map((warning) => `- Warning: ${warning}`),
    '',
  ].join('\n');
}

function ofBothAgents({ summary, collector, insight }: MetricsFile): string[] {
  return [
    `- Balance (the original's "efficiency"): ${shown(summary.efficiency_percent, '%')}`,
    `- Estimated speedup (T_A + T_B) / W: ${shown(summary.concurrency_speedup, '')}`,
    `- Throughput: ${collector.config?.label} ${shown(summary.collector_throughput, 'tokens/s')}, ${insight.config?.label} ${shown(summary.insight_throughput, 'tokens/s')}`,
    `- Throughput difference (B − A): ${shown(summary.throughput_delta, 'tokens/s')}`,
    `- TTFT difference (A − B, positive: B was faster): ${shown(summary.ttft_delta_ms, 'ms')}`,
  ];
}

function ofOneAgent({ collector, insight }: MetricsFile): string[] {
  const [worked, missing] = collector.result === undefined ? [insight, collector] : [collector, insight];
  const figures = worked.result?.aggregate_metrics;
  return [
    `- ${ONE_AGENT}`,
    `- ${worked.config?.label} alone: ${shown(worked.execution_time_s, 's')}, ${shown(figures?.average_tokens_per_second, 'tokens/s')}, ${shown(figures?.average_ttft_ms, 'ms')} to the first text`,
    `- ${missing.config?.label}: did not run`,
  ];
}

/** All runs of a configuration. */
export function summaryText(
  { scenario, aggregate, warnings, ...summary }: SummaryFile,
  runs: readonly MetricsFile[],
): string {
  const rows = runs.map(
    ({ run_number, summary: run }) =>
      `| ${run_number} | ${shown(run.concurrent_wall_time_s, 's')} | ${shown(run.concurrency_speedup, '')} | ${shown(run.efficiency_percent, '%')} |`,
  );
  const isOneAgent = summary.fallback === 'one_agent';
  const figures = isOneAgent ? [`- ${ONE_AGENT}`] : averages(aggregate);
  const state = summary.interrupted ? ' It was interrupted.' : '';
  return [
    `# ${scenario}`,
    '',
    `${runs.length} of ${summary.runs_planned} runs.${state} "Balance" is what the original calls efficiency: it compares the two agents of one run and does not show contention.`,
    '',
    ...figures,
    '',
    ...(isOneAgent
      ? []
      : ['| run | concurrent wall time | estimated speedup | balance |', '|---|---|---|---|', ...rows]),
    '',
    ...warnings.map((warning) => `- Warning: ${warning}`),
    '',
  ].join('\n');
}

function averages(aggregate: SummaryFile['aggregate']): string[] {
  return [
    `- Average balance: ${shown(aggregate?.average_efficiency, '%')}`,
    `- Average throughput difference (B − A): ${shown(aggregate?.average_throughput_delta, 'tokens/s')}`,
    `- Average TTFT difference (A − B): ${shown(aggregate?.average_ttft_delta_ms, 'ms')}`,
  ];
}

/** A figure with its unit; unknown ones are called so. */
function shown(value: number | undefined, unit: string): string {
  return value === undefined ? 'unknown' : `${value.toFixed(2)}${unit === '' ? '' : ` ${unit}`}`;
}
