/** Gets everything ready that the children need before they are started: programs, policies, the ports of model servers. */
import { join } from 'node:path';
import { forgetInForce } from '../supervisor/policies/in-force.ts';
import type { PolicySource } from '../supervisor/settings.ts';
import { bundleEntries } from './bundle.ts';
import type { DataFolder } from './data-folder.ts';
import { freePort, freePortFrom } from './free-port.ts';
import type { AdoptableProcess } from './llama-server/adopt.ts';
import type { LlamaServerCommand } from './llama-server/command.ts';
import { serverUrl } from './llama-server/health.ts';
import type { LlamaServer } from './llama-server/server-life.ts';
import type { PlannedBackend, StackPlan } from './plan.ts';
import type { PlannedPolicy } from './plan-policies.ts';
import { bundlePolicy } from './policy-bundle.ts';
import { stopBundler } from './user-module.ts';

/** Where llama-server itself looks for its API key. */
const API_KEY = 'LLAMA_API_KEY';

export interface PreparedParts {
  /** Folder of the bundled programs. */
  bundles: string;
  policies: PolicySource[];
  /** With every address filled in. */
  backends: PlannedBackend[];
  /** Port of the simulator when there is one. */
  simulatorPort: number | undefined;
  /** Those that are ours. */
  llamaServers: LlamaServer[];
}

/** The llama-servers to run, and those of them that run already. */
export interface ServersToRun {
  commands: readonly LlamaServerCommand[];
  adopted: readonly AdoptableProcess[];
}

/** @throws Failure when something does not compile */
export async function prepare(plan: StackPlan, data: DataFolder, servers: ServersToRun): Promise<PreparedParts> {
  const { backends, policies } = plan;
  forgetInForce(data.policies);
  try {
    const [bundles, sources, simulatorPort] = await Promise.all([
      bundleEntries(),
      Promise.all(policies.map((policy) => policySource(policy, data.policies))),
      backends.some(({ simulator }) => simulator) ? freePort() : undefined,
    ]);
    // Last: until the server has it, somebody else may take the port.
    const llamaServers = await placeServers(servers, plan.port, data);
    const addressed = backends.map((backend) => withAddress(backend, simulatorPort, llamaServers));
    return { bundles, policies: sources, backends: addressed, simulatorPort, llamaServers };
  } finally {
    await stopBundler();
  }
}

async function policySource(planned: PlannedPolicy, folder: string): Promise<PolicySource> {
  const { use, path, name, options, agents } = planned;
  const how = {
    ...(name !== undefined && { name }),
    ...(options !== undefined && { options }),
    ...(agents !== undefined && { agents }),
  };
  if (path === undefined) return { use, ...how };
  const { file, version, inputs } = await bundlePolicy(path, use, folder);
  return { use, path, file, version, inputs, ...how };
}

/** One after the other, so that no two get the same port; `gatewayPort` stays free. */
async function placeServers(
  { commands, adopted }: ServersToRun,
  gatewayPort: number,
  { folder }: DataFolder,
): Promise<LlamaServer[]> {
  const placed: LlamaServer[] = [];
  for (const command of commands) {
    const running = adopted.find(({ id }) => id === command.id);
    const taken = [gatewayPort, ...placed.map(({ port }) => port)];
    const port = running?.port ?? (await (taken.includes(command.port) ? freePort() : freePortFrom(command.port)));
    placed.push({ command, port, logFile: join(folder, `${command.id}.log`), adopted: running });
  }
  return placed;
}

function withAddress(
  backend: PlannedBackend,
  simulatorPort: number | undefined,
  llamaServers: readonly LlamaServer[],
): PlannedBackend {
  if (backend.simulator) return { ...backend, url: `http://127.0.0.1:${simulatorPort}` };
  const server = llamaServers.find(({ command }) => command.backend === backend.name);
  if (server === undefined) return backend;
  const hasKey = Boolean(server.command.environment[API_KEY]);
  return { ...backend, url: serverUrl(server.port), ...(hasKey && { apiKeyVariable: API_KEY }) };
}
