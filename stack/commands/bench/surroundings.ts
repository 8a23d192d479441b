/**
 * What a benchmark needs while it runs: model servers, agents, a corpus, progress, and an ear for Ctrl-C. All of it is ended again, in
 * whatever way the benchmark ends.
 */
import { statSync } from 'node:fs';
import { type ChosenServers, chooseServers } from '../../../bench/model-servers/choose.ts';
import { ResultsError } from '../../../bench/results/find-files.ts';
import type { Surroundings } from '../../../bench/run/configuration.ts';
import { sampleGpus } from '../../../bench/run/gpu-samples.ts';
import type { RunSettings } from '../../../bench/run/settings.ts';
import { startRuntime } from '../../../bench/runtimes/start.ts';
import { PAIR } from '../../../bench/schedule/agent-work.ts';
import { removeFolder, temporaryFolder } from '../../../bench/temporary-folder.ts';
import { writeDefaultCorpus } from '../../../bench/workload/corpus.ts';
import { EndingSignals } from '../../ending-signals.ts';
import { EXIT, Failure, usageFailure } from '../../failure.ts';
import { ollamaUrl } from '../../ollama-address.ts';
import type { BenchOptions } from './options.ts';
import { openProgress } from './progress.ts';

/** Runs `work` with all it needs. Returns its exit code, or the one of an interruption. @throws Failure */
export async function withSurroundings(
  own: BenchOptions,
  settings: Pick<RunSettings, 'corpus' | 'runtime'>,
  { models, agents = PAIR }: { models: readonly string[]; agents?: readonly string[] },
  work: (surroundings: Surroundings) => Promise<number>,
): Promise<number> {
  const signals = new EndingSignals();
  const leaving = new AbortController();
  void signals.first.then(() => leaving.abort());
  const ends: (() => unknown)[] = [];
  const progress = await openProgress();
  ends.push(() => progress.hide());
  try {
    const corpus = settings.corpus === null ? temporaryCorpus(ends) : existing(settings.corpus);
    const servers = await chooseServers(wishOf(own, models), leaving.signal);
    ends.push(servers.close);
    for (const warning of servers.warnings) progress.note(warning);
    const working = agents.filter((name) => name !== servers.missingAgent);
    const runtime = await startRuntime(settings.runtime, placesOf(servers, working));
    ends.push(runtime.close);
    const { facts, fallback, missingAgent, warnings } = servers;
    const gpus = sampleGpus();
    ends.push(gpus.close);
    const code = await work({
      runtime,
      servers: facts,
      fallback,
      missingAgent,
      warnings,
      corpus,
      interrupt: leaving.signal,
      progress,
      gpus,
    });
    return signals.received === undefined ? code : exitCodeOf(signals);
  } catch (error) {
    if (signals.received !== undefined) return exitCodeOf(signals);
    throw error;
  } finally {
    for (const end of ends.toReversed()) await end();
    signals.close();
  }
}

/** @throws Failure (exit code 2) instead of a ResultsError */
export function usingResults<T>(use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (error instanceof ResultsError) throw new Failure(`${error.message}.`, EXIT.usage);
    throw error;
  }
}

function exitCodeOf(signals: EndingSignals): number {
  return signals.received === 'SIGINT' ? EXIT.interrupted : EXIT.failed;
}

function wishOf({ collectorOllamaUrl, insightOllamaUrl, fallback, strict }: BenchOptions, models: readonly string[]) {
  const [collectorUrl, insightUrl] = [plainUrl(collectorOllamaUrl), plainUrl(insightOllamaUrl)];
  return { collectorUrl, insightUrl, models, fallback, strict };
}

function plainUrl(url: string | undefined): string | undefined {
  return url?.startsWith('ollama:') ? ollamaUrl(url) : url?.replace(/\/+$/, '').replace(/\/(v1|api)$/, '');
}

/** Agents take turns at the two servers. */
function placesOf({ facts }: ChosenServers, agents: readonly string[]) {
  return agents.map((name, index) => {
    const { url, protocol: kind } = facts[index % 2 === 0 ? 0 : 1];
    return { name, backend: { kind, url } };
  });
}

function temporaryCorpus(ends: (() => unknown)[]): string {
  const folder = temporaryFolder('corpus');
  ends.push(() => removeFolder(folder));
  writeDefaultCorpus(folder);
  return folder;
}

function existing(corpus: string): string {
  if (statSync(corpus, { throwIfNoEntry: false })?.isDirectory()) return corpus;
  throw usageFailure(`--corpus: there is no folder ${corpus}.`);
}
