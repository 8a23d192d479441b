/**
 * Runs a test of a policy in a thread of its own: a candidate that never returns is ended with it. It tells what it is about to replay,
 * counts every call of the candidate in shared memory, and sends the report, or why there is none.
 */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { BUILT_IN_POLICIES } from '../../policy/built-in.ts';
import { readPolicy } from '../../policy/read-policy.ts';
import type { LoadedPolicy } from '../policies/loaded-policy.ts';
import { callHook } from '../policies/verdict.ts';
import { openRecordings } from '../store/recordings.ts';
import { backtest } from './backtest.ts';
import type { Candidate } from './candidate.ts';
import { type BacktestTask, HOOKS, type RecordedReport, type WorkerMessage } from './task.ts';

const { use, file, version, options, recorded, progress } = workerData as BacktestTask;
const shared = new Int32Array(progress);

function send(message: WorkerMessage): void {
  parentPort?.postMessage(message);
}

async function load(): Promise<LoadedPolicy> {
  Atomics.store(shared, 1, HOOKS.indexOf('load'));
  const module: unknown =
    file === undefined
      ? BUILT_IN_POLICIES.get(use)
      : ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  const policy = readPolicy(module, { options });
  Atomics.store(shared, 1, 0);
  return { name: policy.name, version, policy };
}

/** Counted before and after: between two calls the reading of recordings may take a while. */
const judge: Candidate['judge'] = (loaded, hook, input) => {
  Atomics.store(shared, 1, HOOKS.indexOf(hook));
  Atomics.add(shared, 0, 1);
  try {
    return callHook(loaded, hook, input);
  } finally {
    Atomics.store(shared, 1, 0);
  }
};

function replay(loaded: LoadedPolicy): Omit<RecordedReport, 'tookMs'> {
  const starting = (place: { run: string; turn: number }): void =>
    send({ type: 'at', run: place.run, turn: place.turn });
  if ('items' in recorded) {
    return { ...backtest({ loaded, judge }, recorded.items, recorded.labels, starting), unrecorded: 0 };
  }
  const recordings = openRecordings(recorded.database);
  try {
    const report = backtest({ loaded, judge }, recordings.items(recorded.filter), recordings.labels(), starting);
    return { ...report, unrecorded: recordings.unrecorded(recorded.filter) };
  } finally {
    recordings.close();
  }
}

let isLoaded = false;
try {
  const loaded = await load();
  isLoaded = true;
  send({ type: 'loaded', policy: loaded.name });
  const startedAt = performance.now();
  const report = replay(loaded);
  send({ type: 'done', report: { ...report, tookMs: Math.round(performance.now() - startedAt) } });
} catch (error) {
  send({ type: 'failed', message: error instanceof Error ? error.message : String(error), isPolicy: !isLoaded });
}
