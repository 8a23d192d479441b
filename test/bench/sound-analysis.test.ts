/** The sound design: what it says of runs whose true speed-up is known, and whether it says which figure to believe. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { analyse } from '../../bench/analysis/analysis.ts';
import { compare } from '../../bench/analysis/compare.ts';
import { html } from '../../bench/report/html.ts';
import { markdown } from '../../bench/report/markdown.ts';
import { report } from '../../bench/report/report.ts';
import { readResults } from '../../bench/results/read.ts';
import { scaled } from '../../bench/statistics/scalability.ts';
import { temporaryFolder } from '../store/temporary-store.ts';
import { type Pace, writeScalingOf, writeSound } from './sound-results.ts';

const BLOCKS = [1, 1.02, 0.98, 1.01];

function sound(pace: Pace, stretch: readonly number[] = BLOCKS) {
  const folder = temporaryFolder();
  writeSound(folder, pace, stretch);
  return analyse(readResults(folder));
}

test('one server with one slot: a good efficiency, and a true speed-up of 1, which is to be believed', () => {
  const analysis = sound({ a: 2, b: 2.1, servers: 'one' });
  expect(analysis.published.efficiencyPercent?.min).toBeGreaterThan(85);
  const { trueSpeedup, overlap, slowdowns } = analysis.sound?.overall ?? {};
  expect(trueSpeedup?.ratio).toBeCloseTo(1, 9);
  expect(trueSpeedup?.interval?.low).toBeCloseTo(1, 9);
  // A waits for B's first call, B for both of A's.
  expect(slowdowns?.map(({ slowdown }) => slowdown.ratio)).toEqual([
    expect.closeTo((2 * 2 + 2.1) / 4, 9),
    expect.closeTo(8.2 / 4.2, 9),
  ]);
  expect(overlap?.mean).toBeGreaterThan(0.7);
  const text = markdown(report(analysis, undefined));
  expect(text).toMatch(/gains nothing that can be told from none: true speed-up 1\.000 .*believe the true speed-up/);
});

test('two servers: the whole gain, no slowdown, no queue', () => {
  const { sound: found } = sound({ a: 2, b: 3, servers: 'two' });
  expect(found?.overall.trueSpeedup?.ratio).toBeCloseTo(10 / 6, 9);
  expect(found?.overall.tokenNormalised?.ratio).toBeCloseTo(400 / 6 / (400 / 10), 9);
  expect(found?.overall).toMatchObject({ blocks: 4, invalidParts: 0, fairness: expect.closeTo(1, 9) });
  expect([found?.overall.antt, found?.overall.stp, found?.overall.jain].map((one) => one?.toFixed(6))).toEqual([
    '1.000000',
    '2.000000',
    '1.000000',
  ]);
  expect(found?.overall.queueMs?.max).toBeCloseTo(0, 6);
  expect(found?.overall.overlap?.mean).toBeCloseTo(4 / 6, 9);
  expect(found?.overall.coordinationMs?.max).toBeCloseTo(0, 6);
  expect(found?.contention.slowedAgents).toEqual({ runs: 0, of: 2 });
});

test('one server: its queue is seen, and both detectors against runs alone fire', () => {
  const { sound: found, detectors } = sound({ a: 2, b: 3, servers: 'one' });
  // Of four calls the first waits for nothing, the others for 2, 3 and 2 seconds.
  expect(found?.overall.queueMs?.max).toBeGreaterThan(2900);
  const hits = Object.fromEntries(detectors.map(({ name, published }) => [name, published]));
  expect(hits['late-first-text']).toEqual({ runs: 12, of: 16 });
  expect(hits['slowed-down']).toEqual({ runs: 2, of: 2 });
});

test('an invalid call puts its part out of the ratios, and is counted', () => {
  const folder = temporaryFolder();
  writeSound(folder, { a: 2, b: 3, servers: 'two' }, BLOCKS);
  const path = join(folder, 'run_2/metrics.json');
  const metrics = JSON.parse(readFileSync(path, 'utf8'));
  const last = metrics.schedule.length - 1;
  metrics.schedule[last].invalid = { reason: 'runaway', detail: 'round and round' };
  metrics.measurements.at(-1).wall_time_s = 900;
  metrics.insight.result.llm_calls[1].invalid = { reason: 'runaway', detail: 'round and round' };
  writeFileSync(path, JSON.stringify(metrics));
  const analysis = analyse(readResults(folder));
  expect(analysis.sound?.overall.trueSpeedup).toMatchObject({ pairs: 3, ratio: expect.closeTo(10 / 6, 9) });
  expect(analysis.sound?.invalidParts).toMatchObject([{ kind: 'concurrent', block: 'run_2/metrics.json#2' }]);
  expect(analysis.invalidRuns).toMatchObject([{ run: 2, why: [expect.stringContaining('round and round')] }]);
  expect([analysis.published.runs, analysis.valid.runs]).toEqual([4, 3]);
});

test('the scaling curve gives back the law that it was made by', async () => {
  const folder = temporaryFolder();
  const law = { single: 40, sigma: 0.12, kappa: 0.015 };
  writeScalingOf(folder, [1, 2, 4, 8], (count) => scaled(count, law));
  const analysis = analyse(readResults(folder));
  const found = analysis.scaling[0]?.law;
  expect(found?.single).toBeCloseTo(40, 6);
  expect(found?.sigma).toBeCloseTo(0.12, 6);
  expect(found?.kappa).toBeCloseTo(0.015, 6);
  expect(found?.peak).toBeCloseTo(Math.sqrt(0.88 / 0.015), 6);
  expect(found?.explained).toBeCloseTo(1, 9);
  expect(analysis.verdict.concluded[0]?.text).toContain('The law explains 100.0 %');
  expect(markdown(report(analysis, undefined))).not.toContain('tiers');
  expect(await html(report(analysis, undefined))).toContain('Scaling curve');
});

test('two numbers of agents make points, no law, and no word on the terminal', async () => {
  const folder = temporaryFolder();
  writeScalingOf(folder, [1, 2], (count) => 40 * count);
  const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
  onTestFinished(() => warned.mockRestore());
  const analysis = analyse(readResults(folder));
  expect(analysis.scaling[0]).toMatchObject({ points: [{ agents: 1 }, { agents: 2 }] });
  expect(await html(report(analysis, undefined))).toContain('Scaling curve');
  expect(warned).not.toHaveBeenCalled();
});

test('tiers only where intervals tell configurations apart', () => {
  const folder = temporaryFolder();
  writeSound(join(folder, 'good'), { a: 2, b: 2, servers: 'two' }, BLOCKS);
  writeSound(join(folder, 'also-good'), { a: 2.5, b: 2.5, servers: 'two' }, BLOCKS);
  expect(analyse(readResults(folder)).tiers).toMatchObject({ tiers: [], why: expect.stringContaining('told apart') });
  writeSound(join(folder, 'bad'), { a: 2, b: 2, servers: 'one' }, BLOCKS);
  expect(analyse(readResults(folder)).tiers.tiers).toEqual([
    { tier: 1, configurations: ['also-good', 'good'] },
    { tier: 2, configurations: ['bad'] },
  ]);
});

test('two folders: paired ratios with intervals, by Holm, and what only one of them has', () => {
  const [one, other] = [temporaryFolder(), temporaryFolder()];
  for (const name of ['x', 'y']) writeSound(join(one, name), { a: 2, b: 3, servers: 'two' }, BLOCKS);
  writeSound(join(other, 'x'), { a: 2, b: 3, servers: 'two' }, [2, 2.06, 1.94, 2.04]);
  writeSound(join(other, 'z'), { a: 2, b: 3, servers: 'two' }, BLOCKS);
  const compared = compare(analyse(readResults(one)), analyse(readResults(other)));
  const wall = compared.measures.find(({ measure }) => measure === 'wall time');
  expect(wall?.configurations).toMatchObject([{ name: 'x', compared: { pairs: 4 } }]);
  const { ratio = 0, interval } = wall?.configurations[0]?.compared ?? {};
  expect(ratio).toBeCloseTo(2, 1);
  expect(interval?.low).toBeLessThan(ratio);
  expect(interval?.low).toBeGreaterThan(1.9);
  expect(wall?.configurations[0]?.adjustedP).toBeLessThan(0.001);
  expect([compared.onlyHere, compared.onlyOther]).toEqual([['y'], ['z']]);
  const gain = compared.measures.find(({ measure }) => measure.startsWith('true speed-up'));
  expect(gain?.configurations).toMatchObject([{ name: 'x', compared: { ratio: expect.closeTo(1, 9) }, adjustedP: 1 }]);
  const none = compare(analyse(readResults(one)), analyse(readResults(join(other, 'z'))));
  expect(markdown(report(analyse(readResults(one)), none))).toContain('no run of the same configuration in common');
});

test('it tells how the runs were made: processes, threads, the largest read, the graphics card', () => {
  const folder = temporaryFolder();
  writeSound(folder, { a: 2, b: 3, servers: 'two' }, [1, 1]);
  for (const number of [1, 2]) {
    const path = join(folder, `run_${number}/metrics.json`);
    const metrics = JSON.parse(readFileSync(path, 'utf8'));
    for (const { agents } of metrics.measurements) {
      for (const one of agents)
        Object.assign(one, { process_id: 7, thread_id: one.agent === 'a' ? 1 : 2, largest_read_bytes: 900 + number });
    }
    metrics.gpu_samples = [0, 1].map((at) => ({
      at_ms: at,
      gpu: '0',
      memory_bytes: 2 ** 30 * (at + 1),
      utilisation_percent: 50,
    }));
    writeFileSync(path, JSON.stringify(metrics));
  }
  const analysis = analyse(readResults(folder));
  expect(analysis.conditions).toMatchObject([
    { runs: 2, runtime: 'process', processes: 1, threads: 2, largestReadBytes: 902 },
  ]);
  expect(analysis.gpus).toMatchObject([{ gpu: '0', memoryBytes: { max: 2 ** 31 }, utilisationPercent: { mean: 50 } }]);
  expect(markdown(report(analysis, undefined))).toMatch(/most memory, MiB.*\n.*\n\| 0 \| 2048 \| 50\.0 \|/);
});

test('the page draws both agents in time', async () => {
  const page = await html(report(sound({ a: 2, b: 3, servers: 'one' }), undefined));
  expect(page).toContain('Calls of a concurrent run in time');
  expect(page).toContain('waiting for the first text');
  expect(page).toContain('fill="var(--wait)"');
});
