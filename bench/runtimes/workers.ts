/** Agents as threads of this process, each with an event loop of its own. */
import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { AgentSettings } from '../../agent/agent-process.ts';
import { bundleEntries } from '../../stack/bundle.ts';
import type { AgentIdentity, StartedAgents } from './runtime.ts';

/** Starts one thread an agent. */
export async function startWorkers(agents: readonly AgentSettings[]): Promise<StartedAgents> {
  const program = join(await bundleEntries(), 'bench-agent-worker.mjs');
  const workers = agents.map((settings) => new Worker(program, { workerData: settings }));
  const told = await Promise.all(workers.map((worker) => once(worker, 'message')));
  const identities = agents.map(({ agent }, index) => [agent, told[index]?.[0]] as [string, AgentIdentity]);
  return {
    identities: new Map(identities),
    close: async () => void (await Promise.all(workers.map(endWorker))),
  };
}

async function endWorker(worker: Worker): Promise<void> {
  const exited = once(worker, 'exit');
  worker.postMessage('end');
  await exited;
}
