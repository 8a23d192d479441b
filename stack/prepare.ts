/** Gets everything ready that the children need before they are forked: programs, policies, the simulator's port. */
import type { PolicySource } from '../supervisor/settings.ts';
import { bundleEntries } from './bundle.ts';
import { freePort } from './free-port.ts';
import type { PlannedBackend, StackPlan } from './plan.ts';
import type { PlannedPolicy } from './plan-policies.ts';
import { bundlePolicy } from './policy-bundle.ts';
import { stopBundler } from './user-module.ts';

export interface PreparedParts {
  /** Folder of the bundled programs. */
  bundles: string;
  policies: PolicySource[];
  /** With every address filled in. */
  backends: PlannedBackend[];
  /** Port of the simulator when there is one. */
  simulatorPort: number | undefined;
}

/** `policyFolder`: where bundled policies are kept. @throws Failure when something does not compile */
export async function prepare({ backends, policies }: StackPlan, policyFolder: string): Promise<PreparedParts> {
  try {
    const [bundles, sources, simulatorPort] = await Promise.all([
      bundleEntries(),
      Promise.all(policies.map((policy) => policySource(policy, policyFolder))),
      backends.some(({ simulator }) => simulator) ? freePort() : undefined,
    ]);
    const addressed = backends.map((backend) => withAddress(backend, simulatorPort));
    return { bundles, policies: sources, backends: addressed, simulatorPort };
  } finally {
    await stopBundler();
  }
}

async function policySource({ use, path, agents }: PlannedPolicy, folder: string): Promise<PolicySource> {
  const judged = agents === undefined ? {} : { agents };
  if (path === undefined) return { use, ...judged };
  const { file, version } = await bundlePolicy(path, use, folder);
  return { use, file, version, ...judged };
}

function withAddress(backend: PlannedBackend, simulatorPort: number | undefined): PlannedBackend {
  return backend.simulator ? { ...backend, url: `http://127.0.0.1:${simulatorPort}` } : backend;
}
