/** One benchmark inside a stack, in a process of its own: measured on the stack's model servers, written, reported, and summed up. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../stack/failure.ts';
import type { BenchmarkOrder, BenchmarkOutcome, BenchmarkProgress } from '../../supervisor/benchmarks/messages.ts';
import { missingModel } from '../model-servers/choose.ts';
import { lookAtServer, type ServerFacts } from '../model-servers/look.ts';
import { writeReport } from '../report/write-report.ts';
import { benchmarkSettings } from '../request.ts';
import { differentServers, runConfiguration, type Surroundings } from '../run/configuration.ts';
import { isMeasured } from '../run/describe-run.ts';
import { sampleGpus } from '../run/gpu-samples.ts';
import { type Progress, RemainingTime } from '../run/progress.ts';
import { ResultFolder } from '../run/result-folder.ts';
import type { RunSettings } from '../run/settings.ts';
import { startRuntime } from '../runtimes/start.ts';
import { PAIR } from '../schedule/agent-work.ts';
import type { Slots } from '../schedule/slots.ts';
import { worksOf } from '../schedule/works.ts';
import { writeDefaultCorpus } from '../workload/corpus.ts';
import { resultOf } from './result.ts';

export interface Drive {
  order: BenchmarkOrder;
  slots: Slots;
  interrupt: AbortSignal;
  tell(progress: BenchmarkProgress): void;
  /** Whether anybody waits for the outcome. Without that nothing is summed up: a report would keep a process at work that is to end at once. */
  isHeard(): boolean;
  /** To be called when all is over, in whatever way; the last one first. */
  ends: (() => unknown)[];
}

/** What was measured is written, and summed up for whoever waits for it, also when it is interrupted or fails. */
export async function driveBenchmark(drive: Drive): Promise<BenchmarkOutcome> {
  const { order, interrupt } = drive;
  const settings = benchmarkSettings(order.request, order.model);
  let folder: ResultFolder;
  try {
    mkdirSync(order.folder, { recursive: true, mode: 0o700 });
    folder = ResultFolder.open(order.folder, settings, true);
    // When a whole stack dies its model server may do so a moment before us: such a run says nothing of the server.
    folder.forgetLast((run) => !isMeasured(run));
  } catch (error) {
    return { isWhole: false, error: messageOf(error) };
  }
  let error: string | undefined;
  try {
    const surroundings = await surroundingsOf(drive, settings, folder);
    surroundings.progress.expect(
      worksOf(settings, folder.missing(settings.runs).length, differentServers(surroundings)),
    );
    await runConfiguration(settings, surroundings, folder);
  } catch (failure) {
    error = messageOf(failure);
  }
  const isWhole = error === undefined && !interrupt.aborted;
  return { isWhole, ...(error !== undefined && { error }), ...(drive.isHeard() && (await reported(folder))) };
}

async function reported(folder: ResultFolder): Promise<Pick<BenchmarkOutcome, 'result'>> {
  if (folder.runs.length === 0) return {};
  const analysis = await writeReport(folder.path).catch(() => undefined);
  return { result: resultOf(folder, analysis) };
}

async function surroundingsOf(drive: Drive, settings: RunSettings, folder: ResultFolder): Promise<Surroundings> {
  const { order, slots, interrupt, ends } = drive;
  const corpus = mkdtempSync(join(tmpdir(), 'interject-corpus-'));
  ends.push(() => rmSync(corpus, { recursive: true, force: true }));
  writeDefaultCorpus(corpus);
  const servers = await lookAtServers(order, settings.model, interrupt);
  const places = PAIR.map((name, index) => {
    const { url, protocol: kind } = servers[index === 0 ? 0 : 1];
    return { name, backend: { kind, url } };
  });
  const runtime = await startRuntime(settings.runtime, places);
  ends.push(runtime.close);
  const gpus = sampleGpus();
  ends.push(gpus.close);
  const progress = progressOf(drive, folder);
  const missing = [...new Set(servers.flatMap((facts) => missingModel(facts, settings.model)))];
  const warnings = [...order.warnings, ...missing];
  for (const warning of missing) progress.note(warning);
  return { runtime, servers, fallback: undefined, warnings, corpus, interrupt, progress, slots, gpus };
}

/** @throws Error one of them does not answer */
async function lookAtServers(
  { servers }: BenchmarkOrder,
  model: string,
  interrupt: AbortSignal,
): Promise<readonly [ServerFacts, ServerFacts]> {
  const look = async ({ name, url }: BenchmarkOrder['servers'][number]): Promise<ServerFacts> => {
    const facts = await lookAtServer(url, model, interrupt);
    if (facts === undefined) throw new Error(`no model server answers at ${url} (backend ${name})`);
    return facts;
  };
  return Promise.all([look(servers[0]), look(servers[1])]);
}

function progressOf({ tell }: Drive, folder: ResultFolder): Progress {
  const time = new RemainingTime();
  let current = '';
  const done = (): number => folder.runs.length;
  return {
    expect: (works) => time.expect(works),
    began(what) {
      current = what;
    },
    ended(works, { releasedMs, endedMs }) {
      const ms = endedMs - releasedMs;
      time.ended(works, ms / 1000);
      const left = time.secondsLeft;
      tell({
        done: done(),
        what: current,
        ms: Math.round(ms),
        ...(left !== undefined && { remaining_ms: Math.round(left * 1000) }),
      });
    },
    note: (note) => tell({ done: done(), note }),
    hide() {},
  };
}
