/** What `bench analyze` says of folders that are empty, broken, mixed or too small: never a figure that is not there. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analyse } from '../../bench/analysis/analysis.ts';
import { compare } from '../../bench/analysis/compare.ts';
import { markdown } from '../../bench/report/markdown.ts';
import { report } from '../../bench/report/report.ts';
import { readResults } from '../../bench/results/read.ts';
import { analyzeResults } from '../../stack/commands/bench/analyze.ts';
import { benchCommand } from '../../stack/commands/bench.ts';
import { workplace } from '../stack/command.ts';
import { temporaryFolder } from '../store/temporary-store.ts';
import { publishedRows, put, writePublished } from './published.ts';

const NOTHING = { compare: undefined, json: false, output: undefined };
const rowsOf = (name: string, runs = 5) =>
  publishedRows().filter(({ test: one, run }) => one === name && Number(run) <= runs);

test('an empty folder, a missing one, one without JSON and wrong usage each fail with what to do', async () => {
  const folder = temporaryFolder();
  put(join(folder, 'notes.txt'), 'no results');
  const refused = (words: string[]) => expect(analyzeResults(words, NOTHING)).rejects;
  await refused([folder]).toMatchObject({
    exitCode: 1,
    message: expect.stringMatching(/holds no run_<n>\/metrics\.json.*name a folder/),
  });
  await refused([join(folder, 'nowhere')]).toMatchObject({
    exitCode: 1,
    message: expect.stringContaining('there is no folder'),
  });
  await refused([]).toMatchObject({ exitCode: 2 });
  await refused([folder, 'more']).toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('"more" is too much'),
  });
  put(join(folder, 'summary.json'), { scenario: 'chimera_homo', runs: [] });
  await refused([folder]).toMatchObject({ message: expect.stringContaining('a summary.json alone is not believed') });
  put(join(folder, 'run_1/metrics.json'), '{"collector": ');
  await refused([folder]).toMatchObject({
    exitCode: 1,
    message: expect.stringContaining('run_1/metrics.json: it is no JSON'),
  });
  const act = (words: string[]) => benchCommand.run({ argument: words[0], words, own: NOTHING, given: {} });
  await expect(act(['analyse'])).rejects.toMatchObject({ message: expect.stringContaining('Did you mean analyze?') });
});

test('a process that fails says it in one line, with exit code 1', async () => {
  const { folder, run } = workplace();
  const { code, output, errors } = await run(['bench', 'analyze', folder]).ended;
  expect([code, output]).toEqual([1, '']);
  expect(errors).toMatch(
    /^.*bench analyze: .*holds no run_<n>\/metrics\.json, at no depth; name a folder that a benchmark wrote\.\n$/,
  );
});

test('figures that nothing can have measured are rubbish: no sum of them is infinite', () => {
  const folder = temporaryFolder();
  writePublished(folder, rowsOf('test011', 3));
  const [first, second] = readResults(folder).runs;
  const times = { execution_time_s: 1e308 };
  const timed = { ...first?.content, collector: times, insight: times, summary: { concurrent_wall_time_s: 1e308 } };
  put(join(folder, first?.path ?? ''), timed);
  const call = { metrics: { ttft_ms: 1e308, throughput_tokens_per_sec: 1e308, tokens_generated: 1e308 } };
  const agent = { ...second?.content.insight, result: { llm_calls: [call, call] } };
  put(join(folder, second?.path ?? ''), { ...second?.content, collector: agent, insight: agent });
  const analysis = analyse(readResults(folder));
  expect(analysis.unusable).toMatchObject([
    { why: expect.stringContaining('execution_time_s is missing or no number') },
  ]);
  expect(analysis.invalidRuns).toMatchObject([{ run: 2 }]);
  expect(markdown(report(analysis, undefined))).not.toMatch(/NaN|Infinity|e\+\d/);
});

test('a broken file beside good ones is named and left out', () => {
  const folder = temporaryFolder();
  writePublished(folder, rowsOf('test011'));
  put(join(folder, 'chimera_hetero/test011/run_3/metrics.json'), '{"broken');
  const analysis = analyse(readResults(folder));
  expect(analysis.published.runs).toBe(4);
  const text = markdown(report(analysis, undefined));
  expect(text).toContain('1 file that had to be left out: chimera_hetero/test011/run_3/metrics.json: it is no JSON');
});

test.each([
  ['execution_time_s', 'null', 'collector.execution_time_s is missing or no number'],
  ['execution_time_s', '-3', 'collector.execution_time_s is -3: a time has to be above 0'],
  ['execution_time_s', '"NaN"', 'collector.execution_time_s is missing or no number'],
  ['execution_time_s', '1e3', 'shorter than an agent that ran within it (1000)'],
  ['concurrent_wall_time_s', '0', 'summary.concurrent_wall_time_s is 0: a time has to be above 0'],
])('a run whose %s is %s is in no row', (field, value, why) => {
  const folder = temporaryFolder();
  writePublished(folder, rowsOf('test011'));
  const path = join(folder, 'chimera_hetero/test011/run_2/metrics.json');
  const good = JSON.stringify(readResults(folder).runs.find(({ path: one }) => path.endsWith(one))?.content);
  put(path, good.replace(new RegExp(`"${field}":[^,}]+`), `"${field}":${value}`));
  const { unusable, published, verdict } = analyse(readResults(folder));
  expect(unusable).toEqual([{ file: 'chimera_hetero/test011/run_2/metrics.json', why: expect.stringContaining(why) }]);
  expect(published.runs).toBe(4);
  expect(verdict.notConcluded.at(-1)?.text).toContain(why);
});

test('nothing but unusable runs is refused with the reasons', () => {
  const folder = temporaryFolder();
  put(join(folder, 'run_1/metrics.json'), { collector: {}, insight: {}, summary: {} });
  expect(() => analyse(readResults(folder))).toThrow('run_1/metrics.json: collector.execution_time_s is missing');
});

test('a negative time of a call makes the call invalid', () => {
  const folder = temporaryFolder();
  const [row] = rowsOf('test011', 1).map((one) => ({ ...one, a_ttft_ms: '-5' }));
  writePublished(folder, row === undefined ? [] : [row]);
  const { invalidRuns, valid } = analyse(readResults(folder));
  expect(invalidRuns[0]?.why[0]).toContain('a time is negative');
  expect(valid).toMatchObject({ runs: 0, efficiencyPercent: undefined });
});

test('a run of which only totals are known is valid, unless nothing was counted', () => {
  const folder = temporaryFolder();
  const agent = (tokens: number) => ({
    execution_time_s: 5,
    result: {
      aggregate_metrics: { average_tokens_per_second: tokens / 5, average_ttft_ms: 80, total_tokens_generated: tokens },
    },
  });
  const summary = { concurrent_wall_time_s: 5 };
  put(join(folder, 'run_1/metrics.json'), { collector: agent(50), insight: agent(60), summary });
  put(join(folder, 'run_2/metrics.json'), { collector: agent(50), insight: agent(0), summary });
  const { runs, invalidRuns, valid } = analyse(readResults(folder));
  expect(runs[0]?.throughputDelta).toBeCloseTo(2, 9);
  expect([valid.runs, invalidRuns[0]?.why[0]]).toEqual([1, expect.stringContaining('(by its totals)')]);
});

test('an effect that only an invalid run hides is told as that', () => {
  const folder = temporaryFolder();
  const paced = (name: string, other: number) =>
    rowsOf(name).map((row) =>
      name === 'test005' && row.run === '4'
        ? row
        : { ...row, a_execution_s: '60', b_execution_s: String(other + Number(row.run) / 100), wall_s: '60.01' },
    );
  writePublished(folder, [...paced('test005', 58.8), ...paced('test011', 59.8)]);
  const [first] = analyse(readResults(folder)).verdict.concluded;
  expect(first?.text).toMatch(/^Whether .* depends on the invalid runs: .*valid runs only: F\(1,7\).*p < 0\.001/);
});

test('one run only: no spread, no interval, no analysis of variance, and it says so', () => {
  const folder = temporaryFolder();
  writePublished(folder, rowsOf('test011', 1));
  const analysis = analyse(readResults(folder));
  expect(analysis.published.efficiencyPercent).toMatchObject({ sd: undefined, cv: undefined });
  expect([analysis.published.interval, analysis.anova.published]).toEqual([undefined, undefined]);
  const text = markdown(report(analysis, compare(analysis, analysis)));
  expect(text).toContain('has one run only, so that there is no spread and no interval');
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});

test('a folder that mixes models or tools says that it does', () => {
  const folder = temporaryFolder();
  writePublished(folder, rowsOf('test011'));
  const { runs } = readResults(folder);
  const other = JSON.stringify(runs[0]?.content).replaceAll('gemma3:latest', 'other:7b');
  put(join(folder, 'mine/run_1/metrics.json'), { ...JSON.parse(other), design: 'sound' });
  const { mixtures, verdict } = analyse(readResults(folder));
  expect(mixtures).toEqual([
    { what: 'tools or designs', values: ['the original tool', 'sound'] },
    { what: 'models', values: ['gemma3:latest', 'other:7b'] },
  ]);
  expect(verdict.notConcluded.map(({ text }) => text).join()).toContain('models (gemma3:latest, other:7b)');
});

test('names of files are text, in Markdown and in HTML', async () => {
  const folder = temporaryFolder();
  writePublished(folder, rowsOf('test011', 1));
  const { runs } = readResults(folder);
  put(join(folder, 'x/<img src=q> | *b*/run_1/metrics.json'), runs[0]?.content);
  const told = report(analyse(readResults(folder)), undefined);
  const { html } = await import('../../bench/report/html.ts');
  expect(markdown(told)).toContain('\\<img src=q> \\| \\*b\\*');
  expect(await html(told)).not.toContain('<img');
});
