/**
 * How exact the dual-agent benchmark is, on simulators whose schedule is known: two instances, where the ideal is the schedule's own, and one
 * instance with one slot, where nothing can be gained. It runs what `bench` runs (agent processes, bus, files, analysis) on simulators in
 * processes of their own. Prints the figures beside their marks; exit code 1 when one is missed. Takes about two and a half minutes.
 */
import { join } from 'node:path';
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import { type Analysis, analyse } from '../analysis/analysis.ts';
import { lookAtServer, type ServerFacts } from '../model-servers/look.ts';
import { type Simulators, startSimulators } from '../model-servers/simulators.ts';
import { readResults } from '../results/read.ts';
import { runConfiguration } from '../run/configuration.ts';
import { ResultFolder } from '../run/result-folder.ts';
import type { RunSettings } from '../run/settings.ts';
import { startRuntime } from '../runtimes/start.ts';
import { PAIR } from '../schedule/agent-work.ts';
import { removeFolder, temporaryFolder } from '../temporary-folder.ts';
import { writeDefaultCorpus } from '../workload/corpus.ts';
import { type Ideal, pairUp } from './dual-ideal.ts';
import { machine } from './machine.ts';
import { median, percentile } from './statistics.ts';

const MODEL = 'simulator';
const MARKS = { points: 0.05, overheadP50Ms: 1, overheadP99Ms: 5, speedup: 0.01, legacyLooksGood: 70 };
/** Long runs: what is fixed, a few milliseconds of requests, messages and timers, has to weigh less than the mark (published runs: a minute). */
const SLOW = { ttftMs: 200, tokensPerSecond: 7 };
const MEDIUM = { ttftMs: 200, tokensPerSecond: 20 };
/** The overhead does not depend on the length: many short runs. */
const FAST = { ttftMs: 20, tokensPerSecond: 2000 };
const LONG_RUNS = 6;
const SHORT_RUNS = 200;
const BLOCKS = 3;

const misses: string[] = [];

function line(what: string, figure: string, isReached: boolean, mark: string): void {
  if (!isReached) misses.push(what);
  console.log(`${isReached ? 'ok  ' : 'MISS'} ${what}: ${figure} (mark: ${mark})`);
}

interface Measured {
  analysis: Analysis;
  /** Of each server. */
  logs: LoggedRequest[][];
}

async function measured(count: 1 | 2, pace: typeof SLOW, given: Partial<RunSettings>): Promise<Measured> {
  const simulators = await startSimulators(count, { models: [MODEL], slots: 1, settings: pace });
  const folder = temporaryFolder('corpus');
  try {
    const [first = '', second = first] = simulators.urls;
    await run([first, second], folder, { ...SETTINGS, ...given });
    return { analysis: analyse(readResults(join(folder, 'results'))), logs: await logsOf(simulators) };
  } finally {
    await simulators.close();
    removeFolder(folder);
  }
}

const SETTINGS: RunSettings = {
  ...{ scenario: 'chimera_homo', model: MODEL, runs: 1, chimera: {}, chimera2: {}, workload: 'v2', corpus: null },
  ...{ num_predict: 64, seed: 42, runtime: 'process', design: 'legacy', max_concurrent: null, stagger_ms: 0 },
  ...{ warmup: 1, unload_between: false, timeout_s: 60 },
};

async function run(urls: readonly [string, string], folder: string, settings: RunSettings): Promise<void> {
  const interrupt = new AbortController().signal;
  const facts = await Promise.all(urls.map((url) => lookAtServer(url, MODEL, interrupt)));
  const servers = facts as [ServerFacts, ServerFacts];
  const places = PAIR.map((name, at) => ({ name, backend: { kind: 'ollama' as const, url: urls[at] ?? '' } }));
  const runtime = await startRuntime(settings.runtime, places);
  const corpus = join(folder, 'corpus');
  writeDefaultCorpus(corpus);
  const progress = { expect() {}, began() {}, ended() {}, note() {}, hide() {} };
  const gpus = { take: () => [], close() {} };
  const surroundings = { runtime, servers, fallback: undefined, corpus, warnings: [], interrupt, progress, gpus };
  try {
    await runConfiguration(settings, surroundings, ResultFolder.open(join(folder, 'results'), settings, false));
  } finally {
    await runtime.close();
  }
}

async function logsOf({ urls }: Simulators): Promise<LoggedRequest[][]> {
  return Promise.all(
    urls.map(async (url) => (await (await fetch(`${url}/simulator/requests`)).json()) as LoggedRequest[]),
  );
}

function spread(values: readonly number[], digits: number): string {
  const shown = [median(values), Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits));
  return `median ${shown[0]}, ${shown[1]} … ${shown[2]}, n = ${values.length}`;
}

function printEfficiency({ analysis, logs }: Measured): void {
  const ideals = pairUp(logs, SLOW);
  const pairs = analysis.runs.flatMap((one, at): [number, Ideal][] => {
    const ideal = ideals[at + SETTINGS.warmup];
    return ideal === undefined ? [] : [[one.efficiencyPercent, ideal]];
  });
  const seconds = analysis.runs.map(({ wallS }) => wallS);
  const of = (what: (pair: [number, Ideal]) => number): number[] => pairs.map(what);
  console.log(`two instances, one schedule: ${pairs.length} runs of ${median(seconds).toFixed(2)} s`);
  console.log(
    `     ideal by the configured pace: ${spread(
      of(([, ideal]) => ideal.configured),
      3,
    )} %`,
  );
  console.log(
    `     ideal by what the instances kept of it, by their logs: ${spread(
      of(([, ideal]) => ideal.kept),
      3,
    )} %`,
  );
  console.log(
    `     efficiency that the benchmark tells: ${spread(
      of(([efficiency]) => efficiency),
      3,
    )} %`,
  );
  for (const [name, from] of [
    ['configured', 'the pace'],
    ['kept', 'the logs'],
  ] as const) {
    const apart = of(([efficiency, ideal]) => Math.abs(efficiency - ideal[name]));
    const reached = apart.length === LONG_RUNS && median(apart) <= MARKS.points;
    line(`points from the ideal by ${from}`, spread(apart, 4), reached, `median ${MARKS.points}`);
  }
}

function printOverhead({ analysis }: Measured): void {
  const overheads = analysis.runs.map(({ coordinationMs }) => coordinationMs);
  const [p50, p99] = [percentile(overheads, 50), percentile(overheads, 99)];
  const wall = median(analysis.runs.map(({ wallS }) => 1000 * wallS));
  console.log(`two instances, fast: ${overheads.length} runs of ${wall.toFixed(0)} ms`);
  console.log(`     W − max T: ${spread(overheads, 2)} ms`);
  line('W − max T, p50', `${p50.toFixed(2)} ms`, p50 <= MARKS.overheadP50Ms, `${MARKS.overheadP50Ms} ms`);
  line('W − max T, p99', `${p99.toFixed(2)} ms`, p99 <= MARKS.overheadP99Ms, `${MARKS.overheadP99Ms} ms`);
}

function printOneSlot({ analysis }: Measured): void {
  const [of] = analysis.sound?.configurations ?? [];
  const speedups = of?.blockSpeedups ?? [];
  const efficiencies = analysis.runs.map(({ efficiencyPercent }) => efficiencyPercent);
  console.log(
    `one instance, one slot: ${speedups.length} blocks, ${median(analysis.runs.map(({ wallS }) => wallS)).toFixed(2)} s at once`,
  );
  const centre = of?.trueSpeedup?.ratio ?? Number.NaN;
  const isOne = speedups.length === BLOCKS && Math.abs(centre - 1) <= MARKS.speedup;
  line('S_true', `${centre.toFixed(4)} (${spread(speedups, 4)})`, isOne, `1 ± ${MARKS.speedup}`);
  const looksGood = median(efficiencies) >= MARKS.legacyLooksGood;
  line(
    'the original’s efficiency looks good all the same',
    `${spread(efficiencies, 2)} %`,
    looksGood,
    `≥ ${MARKS.legacyLooksGood} %`,
  );
  const told = [...analysis.verdict.concluded, ...analysis.verdict.notConcluded].find(({ text }) =>
    /true speed-up.*efficiency of .* %/.test(text),
  )?.text;
  line('the report says which to believe', told ?? 'it does not', told !== undefined, 'it does');
}

console.log(`${machine()}\nAll processes share the cores: simulators, agents, and the benchmark.\n`);
printEfficiency(await measured(2, SLOW, { runs: LONG_RUNS, num_predict: 64 }));
printOverhead(await measured(2, FAST, { runs: SHORT_RUNS, num_predict: 32 }));
printOneSlot(await measured(1, MEDIUM, { runs: BLOCKS, num_predict: 64, design: 'sound' }));
if (misses.length > 0) {
  console.log(`\nmissed: ${misses.join('; ')}`);
  process.exitCode = 1;
}
