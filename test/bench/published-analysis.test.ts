/** The published runs, in the original's format, through the real command: both readings, the order, the verdict. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Analysis, analyse } from '../../bench/analysis/analysis.ts';
import { compare } from '../../bench/analysis/compare.ts';
import { report } from '../../bench/report/report.ts';
import { readResults } from '../../bench/results/read.ts';
import { workplace } from '../stack/command.ts';
import { temporaryFolder } from '../store/temporary-store.ts';
import { publishedRows, writePublished } from './published.ts';

let folder: string;
let analysis: Analysis;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'interject-published-'));
  writePublished(folder);
  analysis = analyse(readResults(folder));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('the command prints the report, conclusions first, and writes it as Markdown and HTML', async () => {
  const { folder: elsewhere, run } = workplace();
  const { code, output, errors } = await run(['bench', 'analyze', folder, '--output', elsewhere]).ended;
  expect([code, errors]).toEqual([0, expect.stringMatching(/^Written: .*report\.md, .*report\.html\n$/)]);
  expect(output).toMatch(
    /## What can be concluded\n\n\* No effect of the configuration .* F\(26,108\) = 0\.906, p = 0\.60; permutation p = 0\.72;/,
  );
  expect(output).toContain('Efficiency is balance');
  expect(output.indexOf('## What can be')).toBeLessThan(output.indexOf('## What cannot be'));
  expect(output).toMatch(/test005 run 4, agent A.*no final figures.*49,585 characters/);
  expect(output).toMatch(
    /as published, 135 runs \| efficiency % \(balance\) \| 98\.281 \| 98\.863 \| 3\.855 \|.*\| 61\.720 \| 99\.992 \|/,
  );
  expect(output).toMatch(/valid only, 134 runs \| efficiency % \(balance\) \| 98\.554 \| 98\.873 \| 2\.201 \|/);
  expect(readFileSync(join(elsewhere, 'report.md'), 'utf8')).toBe(output.slice(0, -1));
  const html = readFileSync(join(elsewhere, 'report.html'), 'utf8');
  expect(html.match(/<svg /g)).toHaveLength(3);
  expect(html).toContain('prefers-color-scheme: dark');
  expect(html).not.toMatch(/<script|(src|href)="(?!http:\/\/www\.w3\.org)/);
});

test('both readings of the 135 runs, and the order of the configurations', () => {
  const { published, valid, ranking, invalidRuns, configurations, anova, balance } = analysis;
  expect(rounded(published.efficiencyPercent)).toMatchObject({ count: 135, mean: 98.281, median: 98.863, sd: 3.855 });
  expect(rounded(published.efficiencyPercent)).toMatchObject({ min: 61.72, max: 99.992, p5: 96.721, p25: 98.176 });
  expect(rounded(published.efficiencyPercent)).toMatchObject({ p75: 99.439, p95: 99.882 });
  expect(published.speedup?.mean).toBeCloseTo(1.9656, 4);
  expect(rounded(valid.efficiencyPercent)).toMatchObject({ count: 134, mean: 98.554, median: 98.873, sd: 2.201 });
  expect(invalidRuns.map(({ name, run }) => `${name} run ${run}`)).toEqual(['test005 run 4']);
  expect(ranking.published.slice(0, 5)).toEqual(['test011', 'test018', 'test103', 'test014', 'test200']);
  expect(ranking.published.slice(-2)).toEqual(['test100', 'test005']);
  expect(ranking.topByAverage.map(({ average }) => average.toFixed(3)).slice(0, 4)).toEqual([
    '99.396',
    '99.356',
    '99.240',
    '99.151',
  ]);
  const test005 = configurations.find(({ name }) => name === 'test005');
  expect(test005?.published.efficiencyPercent?.mean).toBeCloseTo(91.603, 3);
  expect(test005?.valid.efficiencyPercent?.mean).toBeCloseTo(99.074, 3);
  expect(test005?.contention).toEqual({ runs: 1, of: 5 });
  expect(anova.published).toMatchObject({ freedomBetween: 26, freedomWithin: 108 });
  expect(anova.published?.f).toBeCloseTo(0.906, 3);
  expect(anova.published?.permutationP).toBeCloseTo(0.72, 2);
  expect(balance.largestDifference).toBeLessThan(0.01);
});

test('deltas have the signs of the files, computed anew', () => {
  const rows = publishedRows();
  for (const { name, run, throughputDelta, ttftDeltaMs, efficiencyPercent } of analysis.runs) {
    const row = rows.find((one) => one.test === name && Number(one.run) === run);
    expect(throughputDelta).toBeCloseTo(Number(row?.reported_throughput_delta), 6);
    expect(ttftDeltaMs).toBeCloseTo(Number(row?.reported_ttft_delta_ms), 6);
    expect(efficiencyPercent).toBeCloseTo(Number(row?.reported_efficiency_percent), 6);
  }
});

test('what summary.json and the summaries of the runs conclude changes nothing', () => {
  const copy = temporaryFolder();
  writePublished(copy);
  writeFileSync(
    join(copy, 'chimera_hetero/test011/summary.json'),
    '{"aggregate": {"average_efficiency": 1}, "runs": "none"}',
  );
  for (const number of [1, 2, 3, 4, 5]) {
    const path = join(copy, `chimera_hetero/test011/run_${number}/metrics.json`);
    const metrics = JSON.parse(readFileSync(path, 'utf8'));
    Object.assign(metrics.summary, {
      efficiency_percent: 1,
      concurrency_speedup: 0.02,
      throughput_delta: 99,
      sequential_estimated_s: 3,
    });
    writeFileSync(path, JSON.stringify(metrics));
  }
  expect(analyse(readResults(copy))).toEqual({ ...analysis, folder: copy, runs: expect.any(Array) });
});

test('it tells what was not measured instead of passing it, and names every detector', () => {
  const { detectors, targets, rollbackTriggers, tiers } = analysis;
  const hits = Object.fromEntries(
    detectors.map(({ name, published }) => [name, published && `${published.runs}/${published.of}`]),
  );
  expect(hits).toMatchObject({
    'low-speedup': '1/135',
    'file-flag': '1/135',
    'low-efficiency': '2/135',
    'ttft-delta-10s': '0/135',
  });
  expect(hits).toMatchObject({ 'late-first-text': undefined, 'slowed-down': undefined });
  expect(Object.fromEntries(targets.map(({ name, verdict }) => [name, verdict]))).toMatchObject({
    'contention (S < 1.5)': 'pass',
    'errors (invalid calls)': 'fail',
    'time-outs': 'not measured',
    'TTFT, p95 of calls': 'fail',
  });
  expect(rollbackTriggers.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass']);
  expect(tiers.tiers).toEqual([]);
});

test('--json holds every field that the report names, and the same files give the same figures', async () => {
  const { run } = workplace();
  const command = await run(['bench', 'analyze', folder, '--json', '--compare', folder]).ended;
  const json = JSON.parse(command.output);
  const paths = report(analysis, compare(analysis, analysis)).blocks.flatMap((block) => {
    if (block.kind === 'list') return block.items.flatMap(({ from }) => from ?? []);
    if (block.kind === 'plot') return block.plot.from;
    return 'from' in block ? (block.from ?? []) : [];
  });
  expect(paths.length).toBeGreaterThan(30);
  // Nothing alone was measured, which the report says and JSON leaves out.
  expect(paths.filter((path) => path !== 'sound' && valueAt(json, path) === undefined)).toEqual([]);
  expect(json.anova).toEqual(JSON.parse(JSON.stringify(analysis.anova)));
  expect(json.comparison.measures[0].overall).toMatchObject({ pairs: 27, ratio: 1 });
});

function rounded(figures: object | undefined): Record<string, number> {
  return Object.fromEntries(
    Object.entries(figures ?? {}).map(([name, value]) => [name, Math.round(value * 1000) / 1000]),
  );
}

/** `a.b[].c`: the first of a list stands for all. */
function valueAt(json: unknown, path: string): unknown {
  const steps = path.replace(/\[(\d*)\]/g, (_, at) => `.${at || 0}`).split('.');
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], json);
}
