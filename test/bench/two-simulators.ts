/** What a benchmark in a test runs on: simulators in this process, agents of a runtime, the default corpus, no progress. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Simulator, startSimulator } from '../../agent/backend/simulator/server.ts';
import type { SimulatorOptions } from '../../agent/backend/simulator/settings.ts';
import type { RuntimeName } from '../../bench/choices.ts';
import { lookAtServer, type ServerFacts } from '../../bench/model-servers/look.ts';
import type { Surroundings } from '../../bench/run/configuration.ts';
import type { RunSettings } from '../../bench/run/settings.ts';
import { startRuntime } from '../../bench/runtimes/start.ts';
import { PAIR } from '../../bench/schedule/agent-work.ts';
import { writeDefaultCorpus } from '../../bench/workload/corpus.ts';

const MODEL = 'gemma3:latest';
const FAST: SimulatorOptions = { models: [MODEL], ttftMs: 5, tokensPerSecond: 1000, slots: 1 };

/** A folder that is gone when the test ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'bench-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Closed when the test ends. */
export async function simulator(options: SimulatorOptions = FAST): Promise<Simulator> {
  const started = await startSimulator({ ...FAST, ...options });
  onTestFinished(() => started.close());
  return started;
}

/** Surroundings on these servers, one for each agent; ended when the test ends. */
export async function surroundingsOn(
  urls: readonly [string, string],
  runtimeName: RuntimeName = 'inline',
  interrupt = new AbortController().signal,
): Promise<Surroundings> {
  const facts = await Promise.all(urls.map(async (url) => seen(await lookAtServer(url, MODEL, interrupt))));
  const [first, second] = facts as [ServerFacts, ServerFacts];
  const places = PAIR.map((name, index) => {
    const { protocol: kind, url } = index === 0 ? first : second;
    return { name, backend: { kind, url } };
  });
  const runtime = await startRuntime(runtimeName, places);
  onTestFinished(() => runtime.close());
  const corpus = folder();
  writeDefaultCorpus(corpus);
  const progress = { expect() {}, began() {}, ended() {}, note() {}, hide() {} };
  const gpus = { take: () => [], close() {} };
  return { runtime, servers: [first, second], fallback: undefined, corpus, warnings: [], interrupt, progress, gpus };
}

function seen(facts: ServerFacts | undefined): ServerFacts {
  if (facts === undefined) throw new Error('no server was seen');
  return facts;
}

/** Settings of a short benchmark. */
export function settings(given: Partial<RunSettings> = {}): RunSettings {
  return {
    ...{ scenario: 'baseline_vs_chimera', model: MODEL, runs: 1, chimera: { num_gpu: 80, num_ctx: 512 }, chimera2: {} },
    ...{ workload: 'v2', corpus: null, num_predict: 64, seed: 42, runtime: 'inline', design: 'sound' },
    ...{ max_concurrent: null, stagger_ms: 0, warmup: 0, unload_between: false, timeout_s: 20 },
    ...given,
  };
}
