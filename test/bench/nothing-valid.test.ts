/** Folders from which nothing, or not much, follows: the analysis says how much was invalid, why, and what cannot be concluded. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { analyse } from '../../bench/analysis/analysis.ts';
import { markdown } from '../../bench/report/markdown.ts';
import { report } from '../../bench/report/report.ts';
import { metricsFile } from '../../bench/results/metrics-file.ts';
import { readResults } from '../../bench/results/read.ts';
import type { Measurement } from '../../bench/results/recording.ts';
import { runConfiguration } from '../../bench/run/configuration.ts';
import { ResultFolder } from '../../bench/run/result-folder.ts';
import type { RunSettings } from '../../bench/run/settings.ts';
import { analyzeResults } from '../../stack/commands/bench/analyze.ts';
import { put } from './published.ts';
import { writeScalingOf, writeSound } from './sound-results.ts';
import { folder, settings, simulator, surroundingsOn } from './two-simulators.ts';

const NOTHING = { compare: undefined, json: false, output: undefined };

async function measured(given: Partial<RunSettings>): Promise<string> {
  const path = join(folder(), 'results');
  const surroundings = await surroundingsOn([(await simulator()).url, (await simulator()).url]);
  const all = settings(given);
  await runConfiguration(all, surroundings, ResultFolder.open(path, all, false));
  return path;
}

const told = (path: string) => markdown(report(analyse(readResults(path)), undefined));

test('every run is invalid: how many runs and calls, why, and what cannot be concluded; exit code 1', async () => {
  const path = await measured({ model: 'missing', runs: 2 });
  const analysis = analyse(readResults(path));
  expect(analysis.invalidRuns).toHaveLength(2);
  // Of each run: two alone, two one after the other, two at once; each ends at its first call.
  expect(analysis.calls).toMatchObject({ calls: 12, invalid: 12, reasons: [{ reason: 'http_status', calls: 12 }] });
  const [concluded, notConcluded] = [analysis.verdict.concluded, analysis.verdict.notConcluded];
  expect(concluded[0]?.text).toMatch(/^2 runs of 2 are invalid/);
  expect(notConcluded[0]?.text).toMatch(
    /^Anything about two agents at once: no run is valid. 12 calls of 12 are invalid: 12 × the server refused the request \(such as: .*missing/,
  );
  const text = told(path);
  expect(text).not.toMatch(/concurrent_wall_time_s is missing|NaN|undefined|Infinity/);
  expect(text).toContain('Invalid runs: counted, never averaged in');
  expect(await analyzeResults([path], NOTHING)).toBe(1);
  expect(await analyzeResults([path], { ...NOTHING, json: true })).toBe(1);
});

test('one of two runs is invalid: the other one counts', async () => {
  const path = await measured({ runs: 1 });
  const good = readResults(path).runs[0]?.content;
  const broken = await measured({ model: 'missing', runs: 1 });
  put(join(path, 'run_2/metrics.json'), { ...readResults(broken).runs[0]?.content, run_number: 2 });
  const { published, valid, verdict, invalidRuns } = analyse(readResults(path));
  expect([published.runs, valid.runs, invalidRuns.length]).toEqual([1, 1, 1]);
  expect(valid.efficiencyPercent?.mean).toBeCloseTo(good?.summary.efficiency_percent ?? 0, 6);
  expect(verdict.concluded.map(({ text }) => text).join()).toContain('1 run of 2 is invalid');
  expect(await analyzeResults([path], NOTHING)).toBe(0);
});

test('agents more and more at once, with invalid calls: counted and named, and no curve', async () => {
  const path = folder();
  writeScalingOf(path, [1, 2, 4], (count) => 40 * count);
  const file = 'scaling/scaling.json';
  const { measurements, ...rest } = JSON.parse(readFileSync(join(path, file), 'utf8'));
  const invalid = { reason: 'no_done_line', detail: 'it broke off' };
  const schedule = measurements.flatMap(({ agents, kind, block }: Measurement) =>
    agents.map(({ agent }) => ({ agent, stage: 'analysis', kind, block, sent_ms: 0, end_ms: 1, invalid })),
  );
  put(join(path, file), { ...rest, measurements, schedule });
  const { scaling, verdict } = analyse(readResults(path));
  expect(scaling).toMatchObject([{ points: [], invalidParts: 6, invalidCalls: { invalid: 14 } }]);
  expect(verdict.notConcluded.map(({ text }) => text)).toEqual([
    expect.stringMatching(
      /^How throughput grows with the agents: 0 numbers of agents were measured.*; 6 parts are left out: 14 of 14 calls are invalid: 14 × the stream ended without its final line \(such as: it broke off\)\.$/,
    ),
  ]);
  expect(await analyzeResults([path], NOTHING)).toBe(1);
});

test('only solo runs: what each agent did alone, and nothing of two', async () => {
  const path = folder();
  writeSound(path, { a: 2, b: 3, servers: 'two' }, [1, 1.1]);
  for (const { path: file, content } of readResults(path).runs) {
    const measurements = content.measurements.filter(({ kind }) => kind === 'solo');
    const schedule = content.schedule.filter(({ kind }) => kind === 'solo');
    put(join(path, file), { ...content, collector: {}, insight: {}, summary: {}, measurements, schedule });
  }
  const { alone, verdict, published, singleRuns } = analyse(readResults(path));
  expect(alone).toMatchObject([
    { agent: 'a', parts: 2, invalidParts: 0 },
    { agent: 'b', parts: 2, invalidParts: 0 },
  ]);
  // Two calls of 2 s each, in the first block, and a tenth more in the second.
  expect(alone[0]?.executionS?.mean).toBeCloseTo(4.2, 9);
  expect([published.runs, singleRuns.length]).toEqual([0, 2]);
  expect(verdict.notConcluded[0]?.text).toMatch(/^Efficiency, speed-up, contention .* out of 2 runs/);
  const text = told(path);
  expect(text).toContain('## Each agent alone');
  expect(text).not.toMatch(/True speed-up|## Targets|NaN|undefined/);
  expect(await analyzeResults([path], NOTHING)).toBe(0);
});

test('a folder that is being written: what is whole is analysed, a half-written file is named', async () => {
  const path = await measured({ runs: 2, design: 'legacy' });
  const whole = JSON.stringify(readResults(path).runs[1]?.content, undefined, 2);
  put(join(path, 'run_2/metrics.json'), whole.slice(0, whole.length / 2));
  put(join(path, 'run_3/metrics.json.123.tmp'), whole.slice(0, 100));
  put(join(path, 'run_3/collector_report.md'), '# half');
  const { published, problems, verdict } = analyse(readResults(path));
  expect(published.runs).toBe(1);
  expect(problems).toEqual([
    { path: 'run_2/metrics.json', message: expect.stringContaining('being written at the moment') },
  ]);
  expect(verdict.notConcluded.at(-1)?.text).toContain('run_2/metrics.json');
  expect(await analyzeResults([path], NOTHING)).toBe(0);
  put(join(path, 'run_1/metrics.json'), '{"run_number": 1,');
  await expect(analyzeResults([path], NOTHING)).rejects.toMatchObject({ exitCode: 1 });
});

test('a file without any measurement of a run at once is one of a single agent only when it measured one', () => {
  const path = folder();
  const bare = metricsFile.parse({ collector: {}, insight: {}, summary: {} });
  put(join(path, 'run_1/metrics.json'), bare);
  expect(() => analyse(readResults(path))).toThrow('collector.execution_time_s is missing');
});

test('--compare puts the other folder into the report, --output says where that goes', async () => {
  const [path, other, output] = [folder(), folder(), join(folder(), 'deep', 'there')];
  writeSound(path, { a: 2, b: 3, servers: 'two' }, [1, 1.1]);
  writeSound(other, { a: 4, b: 6, servers: 'two' }, [1, 1.1]);
  expect(await analyzeResults([path], { json: false, compare: other, output })).toBe(0);
  const text = readFileSync(join(output, 'report.md'), 'utf8');
  expect(text).toMatch(/## Comparison[\s\S]*wall time, s \| 2 \| 2\.0000/);
  expect(existsSync(join(path, 'report.md'))).toBe(false);
});
