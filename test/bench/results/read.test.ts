/** Result folders: what is written is read again, the original's are taken as they are, and rubbish is named. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { metricsFile } from '../../../bench/results/metrics-file.ts';
import { readResults } from '../../../bench/results/read.ts';
import { scalingFile } from '../../../bench/results/scaling-file.ts';
import { summaryFile } from '../../../bench/results/summary-file.ts';
import { makeFolder, writeRun, writeScaling, writeSummary, writeWhole } from '../../../bench/results/write.ts';
import { temporaryFolder } from '../../store/temporary-store.ts';

function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

const agent = { execution_time_s: 2, config: { id: 'collector', options: { num_gpu: 80 } } };
const bare = { run_number: 1, scenario: 'chimera-homo', collector: agent, insight: agent, summary: {} };
const call = { agent: 'a', stage: 'report', block: 1, kind: 'concurrent', sent_ms: 5, first_text_ms: 9, end_ms: 12 };
const timed = { kind: 'concurrent', block: 1, order: 3, released_ms: 1, ended_ms: 13, wall_time_s: 0.012 };
const taken = { agent: 'a', started_ms: 1, ended_ms: 13, execution_time_s: 0.012, process_id: 7, thread_id: 0 };

test('a written run is read again with its new fields', () => {
  const folder = temporaryFolder();
  const invalid = { reason: 'runaway' as const, detail: 'the same 40 words 9 times' };
  const metrics = metricsFile.parse({
    ...bare,
    design: 'sound',
    schedule: [{ ...call, metrics: { ttft_ms: 4, prompt_tokens: 12 }, invalid }],
    measurements: [{ ...timed, agents: [{ ...taken, largest_read_bytes: 1024 }] }],
    servers: [{ base_url: 'http://127.0.0.1:11434', agents: ['a', 'b'], effective_context: 2048 }],
    warnings: ['one server for both'],
  });
  writeRun(folder, 1, { metrics, collectorReport: 'a', insightReport: 'b', combinedReport: 'c' });
  writeSummary(folder, summaryFile.parse({ scenario: 'chimera_homo', runs: [] }), '# summary');
  writeScaling(folder, scalingFile.parse({ scaling: true, measurements: [{ ...timed, agents: [taken] }] }));
  const read = readResults(folder);
  expect(read.runs).toEqual([{ path: 'run_1/metrics.json', configuration: '.', content: metrics }]);
  expect(read.runs[0]?.content.schedule[0]?.invalid).toEqual(invalid);
  expect(read.runs[0]?.content.measurements[0]?.agents[0]?.largest_read_bytes).toBe(1024);
  expect(read.summaries[0]?.content.scenario).toBe('chimera_homo');
  expect(read.scalings[0]?.content.measurements).toHaveLength(1);
  expect(read.problems).toEqual([]);
});

test('folders of the original are nested, spelt both ways and lack figures', () => {
  const folder = temporaryFolder();
  put(folder, 'chimera-homo/test100/run_10/metrics.json', JSON.stringify(bare));
  put(folder, 'chimera-homo/test100/run_2/metrics.json', JSON.stringify(bare));
  const calls = [{ stage: 'report', response: 'x', metrics: null }];
  const withCalls = { execution_time_s: 2, result: { llm_calls: calls, aggregate_metrics: { stddev_ttft: null } } };
  put(folder, 'chimera_homo/test200/run_1/metrics.json', JSON.stringify({ ...bare, collector: withCalls }));
  const { runs } = readResults(folder);
  expect(runs.map(({ configuration }) => configuration)).toEqual([
    'chimera_homo/test200',
    'chimera-homo/test100',
    'chimera-homo/test100',
  ]);
  expect(runs.map(({ content }) => content.scenario)).toEqual(['chimera_homo', 'chimera_homo', 'chimera_homo']);
  expect(runs.map(({ path }) => path).slice(1)).toEqual([
    'chimera-homo/test100/run_2/metrics.json',
    'chimera-homo/test100/run_10/metrics.json',
  ]);
  expect(runs[0]?.content.collector.result?.llm_calls[0]?.metrics).toBeUndefined();
  expect(runs[0]?.content.collector.result?.aggregate_metrics?.stddev_ttft).toBeUndefined();
});

test('what cannot be read is named and left out', () => {
  const folder = temporaryFolder();
  put(folder, 'run_1/metrics.json', JSON.stringify(bare));
  put(folder, 'run_2/metrics.json', '{"run_number": 2,');
  put(folder, 'run_3/metrics.json', '{"some": "other file"}');
  const { runs, problems } = readResults(folder);
  expect(runs).toHaveLength(1);
  expect(problems.map(({ path }) => path)).toEqual(['run_2/metrics.json', 'run_3/metrics.json']);
  expect(problems[0]?.message).toMatch('no JSON');
  expect(problems[1]?.message).toMatch('no result of this benchmark: collector');
});

test('a folder without a single run says so, with the files that are broken', () => {
  const folder = temporaryFolder();
  expect(() => readResults(join(folder, 'nowhere'))).toThrow('there is no folder');
  expect(() => readResults(folder)).toThrow('holds no run_<n>/metrics.json');
  put(folder, 'test001/run_1/metrics.json', 'NaN');
  expect(() => readResults(folder)).toThrow('test001/run_1/metrics.json: it is no JSON');
});

test.runIf(process.platform === 'linux')('a folder that cannot be made is said at once', () => {
  // Node's recursive mkdir never returns from there.
  expect(() => makeFolder('/proc/none/results')).toThrow(/^Results cannot be written to \/proc\/none\/results: ENOENT/);
});

test('a file that cannot be written leaves nothing beside its place', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'report.md'));
  expect(() => writeWhole(join(folder, 'report.md'), 'text')).toThrow(/EISDIR|ENOTEMPTY/);
  expect(readdirSync(folder)).toEqual(['report.md']);
});
