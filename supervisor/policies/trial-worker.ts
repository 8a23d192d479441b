/** The thread behind trial.ts: loads one policy as the supervisor would, and says what came of it. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { readPolicy } from '../../policy/read-policy.ts';
import type { PolicyOnTrial, TrialResult } from './trial.ts';

const { file, name, options } = workerData as PolicyOnTrial;
parentPort?.postMessage(await load());

async function load(): Promise<TrialResult> {
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { default?: unknown };
    return { name: readPolicy(loaded.default, { name, options }).name };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
