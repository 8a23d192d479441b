/**
 * The published runs of the original benchmark as a folder in its format. fixtures/tr114/runs.csv holds the measured figures of all 135
 * runs (27 configurations × 5) of Technical Report 114 v2, as its authors published them in `summary.json` and `run_<n>/metrics.json`.
 * The CSV has means of the two calls of an agent, so that both calls get the mean here, with half of the tokens.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

type PublishedRow = Record<string, string>;

/** Of the answer of test005 run 4 that went round in circles, in characters: no final line came, and no token was counted. */
const RUNAWAY = 49_585;

export function publishedRows(): PublishedRow[] {
  const text = readFileSync(new URL('../fixtures/tr114/runs.csv', import.meta.url), 'utf8');
  const [header = '', ...lines] = text.trim().split(/\r?\n/);
  const names = header.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, at) => [names[at], value])));
}

/** Nested, scenarios spelt both ways (homo with a hyphen below test100), as published. */
export function writePublished(folder: string, rows: readonly PublishedRow[] = publishedRows()): void {
  for (const row of rows) {
    const hyphen = row.scenario === 'chimera_homo' && Number(row.test?.slice(4)) < 100;
    const scenario = hyphen ? 'chimera-homo' : (row.scenario ?? '');
    put(join(folder, scenario, row.test ?? '', `run_${row.run}`, 'metrics.json'), metrics(row, scenario));
    put(join(folder, scenario, row.test ?? '', 'summary.json'), {
      scenario,
      runs: [],
      aggregate: { average_efficiency: 97 },
    });
  }
}

export function put(path: string, content: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
}

function metrics(row: PublishedRow, scenario: string): unknown {
  return {
    run_number: Number(row.run),
    scenario,
    collector: agent(row, 'a', row.test === 'test005' && row.run === '4'),
    insight: agent(row, 'b', false),
    summary: {
      run_number: Number(row.run),
      scenario,
      throughput_delta: Number(row.reported_throughput_delta),
      ttft_delta_ms: Number(row.reported_ttft_delta_ms),
      concurrency_speedup: Number(row.reported_speedup),
      efficiency_percent: Number(row.reported_efficiency_percent),
      concurrent_wall_time_s: Number(row.wall_s),
      resource_contention_detected: row.reported_contention === '1',
    },
  };
}

function agent(row: PublishedRow, which: 'a' | 'b', brokenOff: boolean): unknown {
  const figure = (name: string): number => Number(row[`${which}_${name}`]);
  const parts = brokenOff ? [1, 0] : [0.5, 0.5];
  const calls = parts.map((part, at) => ({
    stage: at === 0 ? 'analysis' : 'report',
    response: part === 0 ? 'a'.repeat(RUNAWAY) : 'a text',
    metrics: {
      ttft_ms: figure('ttft_ms'),
      throughput_tokens_per_sec: figure('tok_per_s') * 2 * (brokenOff ? part : 0.5),
      tokens_generated: figure('tokens') * part,
    },
  }));
  const set = ['num_gpu', 'num_ctx', 'temperature'].filter((name) => row[`${which}_${name}`] !== '');
  return {
    config: { model: 'gemma3:latest', options: Object.fromEntries(set.map((name) => [name, figure(name)])) },
    execution_time_s: figure('execution_s'),
    result: { llm_calls: calls, aggregate_metrics: { average_tokens_per_second: figure('tok_per_s') } },
  };
}
