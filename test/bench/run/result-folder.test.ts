/** The files of a configuration: names, figures, warnings; going on, and being interrupted. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { analyse } from '../../../bench/analysis/analysis.ts';
import { markdown } from '../../../bench/report/markdown.ts';
import { report } from '../../../bench/report/report.ts';
import { readResults } from '../../../bench/results/read.ts';
import { runConfiguration } from '../../../bench/run/configuration.ts';
import { ResultFolder } from '../../../bench/run/result-folder.ts';
import { folder, settings, simulator, surroundingsOn } from '../two-simulators.ts';

async function run(given: Parameters<typeof settings>[0] = {}, path = join(folder(), 'results'), resume = false) {
  const urls = [(await simulator()).url, (await simulator()).url] as const;
  const interrupt = new AbortController();
  const surroundings = await surroundingsOn(urls, 'inline', interrupt.signal);
  const all = settings(given);
  const results = ResultFolder.open(path, all, resume);
  return { path, urls, interrupt, surroundings, results, go: () => runConfiguration(all, surroundings, results) };
}

function known(figure: number | undefined): number {
  return figure ?? Number.NaN;
}

describe('a run', () => {
  test('leaves the files of the original, and its summary', async () => {
    const { path, go } = await run({ runs: 2, warmup: 1 });
    await go();
    expect(readdirSync(path).sort()).toEqual(['run_1', 'run_2', 'summary.json', 'summary.md']);
    expect(readdirSync(join(path, 'run_1')).sort()).toEqual([
      ...['collector_report.md', 'combined_report.md', 'insight_report.md', 'metrics.json'],
    ]);
    const summary = JSON.parse(readFileSync(join(path, 'summary.json'), 'utf8'));
    expect(Object.keys(summary)).toEqual(
      expect.arrayContaining(['scenario', 'runs', 'aggregate', 'agent_a', 'agent_b', 'generated_at']),
    );
    expect(summary).toMatchObject({ scenario: 'baseline_vs_chimera', interrupted: false, runs_planned: 2 });
    expect(summary.agent_a).toMatchObject({ id: 'collector', label: 'Baseline Collector' });
    expect(summary.aggregate.average_efficiency).toBeCloseTo(
      (summary.runs[0].efficiency_percent + summary.runs[1].efficiency_percent) / 2,
    );
  });

  test('has the figures of the original by its formulas, and the new ones beside them', async () => {
    const { path, go } = await run();
    await go();
    const run1 = readResults(path).runs[0]?.content;
    if (run1 === undefined) throw new Error('there is no run');
    const { collector, summary } = run1;
    const [a, b] = [collector.execution_time_s, run1.insight.execution_time_s].map(known) as [number, number];
    const speedup = (a + b) / known(summary.concurrent_wall_time_s);
    expect(summary.concurrency_speedup).toBeCloseTo(speedup, 9);
    expect(summary.efficiency_percent).toBeCloseTo((100 * speedup) / 2, 9);
    expect(summary.sequential_estimated_s).toBeCloseTo(a + b, 9);
    expect(summary.throughput_delta).toBeCloseTo(
      known(summary.insight_throughput) - known(summary.collector_throughput),
    );
    expect(summary.ttft_delta_ms).toBeCloseTo(known(summary.collector_ttft_ms) - known(summary.insight_ttft_ms));
    expect(summary.resource_contention_detected).toBe(speedup < 1.5);
    const [call] = collector.result?.individual_runs ?? [];
    const seconds = known(call?.eval_duration_ms) / 1000;
    expect(call?.throughput_tokens_per_sec).toBeCloseTo(known(call?.tokens_generated) / seconds);
    expect(call).toMatchObject({ done_reason: 'stop', server_total_duration_ms: expect.any(Number) });
  });

  test('has the new figures beside them', async () => {
    const { path, go } = await run();
    await go();
    const run1 = readResults(path).runs[0]?.content;
    if (run1 === undefined) throw new Error('there is no run');
    expect(run1.measurements.map(({ kind, order }) => `${order} ${kind}`)).toEqual([
      ...['0 solo', '1 solo', '2 serial', '3 concurrent'],
    ]);
    expect(run1.schedule).toHaveLength(2 + 2 + 4 + 4);
    expect(run1).toMatchObject({ design: 'sound', runtime: 'inline', workload: 'v2', seed: 42, num_predict: 64 });
    expect(run1.servers.map(({ agents, simulated }) => [agents, simulated])).toEqual([
      [['a'], true],
      [['b'], true],
    ]);
    expect(run1.insight.config).toMatchObject({ id: 'insight', options: { num_gpu: 80, num_ctx: 512 } });
  });

  test('says when there is one server for both', async () => {
    const { url } = await simulator();
    const surroundings = { ...(await surroundingsOn([url, url])), fallback: 'one_server' };
    const path = join(folder(), 'results');
    const all = settings({ design: 'legacy' });
    await runConfiguration(all, surroundings, ResultFolder.open(path, all, false));
    const run1 = readResults(path).runs[0]?.content;
    expect(run1).toMatchObject({ fallback: 'one_server', servers: [{ agents: ['a', 'b'] }] });
    // What the server runs with is told when it has the model loaded by the time it is asked.
    const others = run1?.warnings?.filter((warning) => !warning.includes('num_ctx 512 was asked for'));
    expect(others).toEqual([expect.stringContaining('both agents ask one server')]);
  });
});

describe.each([
  ['a', 'collector', 'insight'],
  ['b', 'insight', 'collector'],
] as const)('one agent only, %s', (name, worked, missing) => {
  test.each(['sound', 'legacy'] as const)('%s: what it did alone, and no figure of two', async (design) => {
    const { url } = await simulator();
    const missingAgent = name === 'a' ? ('b' as const) : ('a' as const);
    const surroundings = { ...(await surroundingsOn([url, url])), fallback: 'one_agent', missingAgent };
    const path = join(folder(), 'results');
    const all = settings({ design, runs: 2, warmup: 1 });
    await runConfiguration(all, surroundings, ResultFolder.open(path, all, false));
    const run1 = readResults(path).runs[0]?.content;
    expect(run1).toMatchObject({
      ...{ fallback: 'one_agent', working_agents: [name], servers: [{ agents: [name] }] },
      [worked]: { execution_time_s: expect.any(Number), result: { llm_calls: [{}, {}] } },
      [missing]: { config: { id: missing, did_not_run: true } },
    });
    expect(run1?.[missing].execution_time_s).toBeUndefined();
    expect(run1?.measurements.map(({ kind }) => kind)).toEqual(['warm_up', 'solo']);
    const { efficiency_percent, concurrency_speedup, throughput_delta, concurrent_wall_time_s } = run1?.summary ?? {};
    expect([efficiency_percent, concurrency_speedup, throughput_delta, concurrent_wall_time_s]).toEqual(
      Array(4).fill(undefined),
    );
    expect(run1?.warnings.join()).not.toContain('both agents ask one server');
    const summary = JSON.parse(readFileSync(join(path, 'summary.json'), 'utf8'));
    expect(summary).toMatchObject({ fallback: 'one_agent', working_agents: [name], interrupted: false });
    expect(summary.aggregate.average_efficiency).toBeUndefined();
    const text = (file: string) => readFileSync(join(path, file), 'utf8');
    expect(text('summary.md')).toMatch(/one agent worked: no efficiency/);
    expect(text('summary.md')).not.toContain('Average balance');
    expect(text(`run_1/${missing}_report.md`)).toContain('It did not run');
    expect(text('run_1/combined_report.md')).toMatch(/ alone: \d.*\n- .*did not run/);

    const analysis = analyse(readResults(path));
    expect(analysis.alone).toMatchObject([{ agent: name, parts: 2, invalidParts: 0 }]);
    expect(analysis).toMatchObject({ published: { runs: 0 }, unusable: [], fallBacks: [{ fallback: 'one_agent' }] });
    const report1 = markdown(report(analysis, undefined));
    expect(report1.split('\n')[2]).toMatch(/^Fallen back to one agent in 2 of 2 runs/);
    expect(report1).not.toMatch(/True speed-up|## Overall|NaN|undefined/);
  });
});

describe('the folder', () => {
  test('with results in it is refused, or gone on with', async () => {
    const first = await run({ runs: 1, design: 'legacy' });
    await first.go();
    const before = readFileSync(join(first.path, 'run_1/metrics.json'), 'utf8');
    await expect(run({ runs: 2, design: 'legacy' }, first.path)).rejects.toThrow(
      /holds results already: go on with --resume/,
    );
    await expect(run({ runs: 2 }, first.path, true)).rejects.toThrow(/other settings: design was "legacy"/);
    const again = await run({ runs: 2, design: 'legacy' }, first.path, true);
    await again.go();
    expect(readFileSync(join(first.path, 'run_1/metrics.json'), 'utf8')).toBe(before);
    expect(again.results.runs.map(({ run_number }) => run_number)).toEqual([1, 2]);
  });

  test('of a benchmark that was killed while it wrote its first run is gone on with', async () => {
    const path = join(folder(), 'results');
    mkdirSync(join(path, 'run_1'), { recursive: true });
    writeFileSync(join(path, 'run_1/collector_report.md'), '# Half');
    const again = await run({ runs: 1, design: 'legacy' }, path, true);
    await again.go();
    expect(readResults(path).runs).toHaveLength(1);
  });

  test('that somebody removes meanwhile holds all that it sums up in the end', async () => {
    const { path, go, surroundings } = await run({ runs: 3, design: 'legacy' });
    surroundings.progress.began = (what) => what.startsWith('run 3') && rmSync(path, { recursive: true });
    await go();
    const { runs, summaries } = readResults(path);
    expect(runs.map(({ content }) => content.run_number)).toEqual([1, 2, 3]);
    expect(summaries[0]?.content.runs).toHaveLength(3);
  });

  test('into which another benchmark writes at the same time keeps what is there', async () => {
    const { path, go } = await run({ runs: 2, design: 'legacy' });
    const other = await run({ runs: 1, design: 'legacy' }, path);
    await other.go();
    const theirs = readFileSync(join(path, 'run_1/metrics.json'), 'utf8');
    await expect(go()).rejects.toThrow(`Another benchmark wrote run 1 into ${path} meanwhile: name a folder for each.`);
    expect(readFileSync(join(path, 'run_1/metrics.json'), 'utf8')).toBe(theirs);
  });

  test('with a run that cannot be read is gone on with, and that run is measured anew', async () => {
    const first = await run({ runs: 2, design: 'legacy' });
    await first.go();
    writeFileSync(join(first.path, 'run_2/metrics.json'), '{');
    const again = await run({ runs: 2, design: 'legacy' }, first.path, true);
    await again.go();
    expect(readResults(first.path).problems).toEqual([]);
  });

  test('whose last run is forgotten is gone on with from there', async () => {
    const first = await run({ runs: 2, design: 'legacy' });
    await first.go();
    const again = await run({ runs: 2, design: 'legacy' }, first.path, true);
    again.results.forgetLast(() => false);
    expect(again.results.missing(2)).toEqual([]);
    again.results.forgetLast(({ run_number: number }) => number === 2);
    expect(again.results.missing(2)).toEqual([2]);
    await again.go();
    expect(readResults(first.path).runs.map(({ content }) => content.run_number)).toEqual([1, 2]);
  });

  test('that is none is refused in words, before anything is measured', async () => {
    const file = join(folder(), 'file');
    writeFileSync(file, '');
    await expect(run({}, file)).rejects.toThrow(/file cannot be used: ENOTDIR.*; name another folder$/);
    const { path, go, surroundings } = await run();
    surroundings.progress.began = (what) => expect.unreachable(what);
    writeFileSync(path, '');
    await expect(go()).rejects.toThrow(/^Results cannot be written to .*results: EEXIST/);
  });

  test('of a benchmark that was interrupted holds what was whole, and says so', async () => {
    const { path, go, interrupt, surroundings } = await run({ runs: 3, design: 'legacy' });
    let ended = 0;
    surroundings.progress.began = () => {
      if (ended === 1) interrupt.abort();
    };
    surroundings.progress.ended = () => {
      ended++;
    };
    await go();
    expect(existsSync(join(path, 'run_2'))).toBe(false);
    const { runs, summaries } = readResults(path);
    expect(runs).toHaveLength(1);
    expect(summaries[0]?.content).toMatchObject({ interrupted: true, runs_planned: 3 });
  });
});
