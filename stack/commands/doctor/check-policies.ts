/** The policies: whether they compile, load, and are policies. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { BUILT_IN_POLICIES } from '../../../policy/built-in.ts';
import { readPolicy } from '../../../policy/read-policy.ts';
import { mustKnowBackends } from '../../../supervisor/policies/hosted.ts';
import { messageOf } from '../../failure.ts';
import { holdbackNote } from '../../holdback-note.ts';
import type { PlannedPolicy } from '../../plan-policies.ts';
import { bundlePolicy } from '../../policy-bundle.ts';
import { stopBundler } from '../../user-module.ts';
import { type Finding, fail, note, ok } from './finding.ts';

/** As the supervisor has it: a policy that does not return while it is loaded is quarantined after this time. */
const LOADS_WITHIN_MS = 3000;
/** A worker that loads the policy first: one that never returns is ended with it. */
const LOADER = "const { workerData } = require('node:worker_threads'); import(workerData).then(() => process.exit(0));";

/** `backends`: names of those that are known; none: they are looked for at the start. */
export async function checkPolicies(
  policies: readonly PlannedPolicy[],
  backends: readonly string[],
): Promise<Finding[]> {
  if (policies.length === 0) return [note('policy', 'none: nothing is judged', 'Leave --policy none out.')];
  const folder = mkdtempSync(join(tmpdir(), 'interject-doctor-'));
  try {
    return await Promise.all(policies.map((policy) => checkOne(policy, folder, backends)));
  } finally {
    await stopBundler();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function checkOne(
  { use, name, options, path, agents }: PlannedPolicy,
  folder: string,
  backends: readonly string[],
): Promise<Finding> {
  try {
    const loaded = path === undefined ? BUILT_IN_POLICIES.get(use) : await load(path, use, folder);
    if (loaded === undefined) return fail('policy', `${use}: there is no built-in policy of this name`);
    const policy = readPolicy(loaded, { name, options });
    if (backends.length > 0) mustKnowBackends(policy, use, backends);
    const whose = agents === undefined ? '' : ` (for ${agents.join(', ')})`;
    return ok('policy', `${policy.name}${whose}: ${holdbackNote(policy)}`);
  } catch (error) {
    const reason = messageOf(error);
    return fail('policy', reason.includes(use) ? reason : `${use}: ${reason}`, 'Correct the file; a start would fail.');
  }
}

/** @throws Error that says why it is no policy */
async function load(path: string, use: string, folder: string): Promise<unknown> {
  const { file } = await bundlePolicy(path, use, folder);
  const url = pathToFileURL(file).href;
  await loadsInTime(url);
  const { default: loaded } = (await import(url)) as { default?: unknown };
  return loaded;
}

async function loadsInTime(url: string): Promise<void> {
  const worker = new Worker(LOADER, { eval: true, workerData: url, stdout: true, stderr: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject).once('exit', () => resolve());
      timer = setTimeout(
        () => reject(new Error(`it does not return while it is loaded (waited ${LOADS_WITHIN_MS / 1000} s)`)),
        LOADS_WITHIN_MS,
      );
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
