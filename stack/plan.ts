/** What a stack consists of, after command line, environment, configuration file and defaults were put together and checked. */
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { AgentDefinition } from '../supervisor/configuration.ts';
import type { MailboxLimits } from '../supervisor/mailbox/limits.ts';
import type { LoadedConfiguration } from './config.ts';
import { DEFAULT_AGENTS, DEFAULT_SYSTEM_PROMPT } from './defaults.ts';
import { usageFailure } from './failure.ts';
import type { OptionValues } from './options.ts';
import { type BackendSearch, type PlannedBackend, planBackends } from './plan-backends.ts';
import { type PlannedPolicy, planPolicies } from './plan-policies.ts';
import { checkReferences } from './references.ts';

export type { PlannedBackend } from './plan-backends.ts';
export type { LlamaServerPlan } from './plan-llama-server.ts';

export interface StackPlan {
  /** As it is named in messages; undefined: there is none. */
  configurationFile: string | undefined;
  /** Absolute path. */
  dataFolder: string;
  host: string;
  /** 0: any free one. */
  port: number;
  allowedHosts: string[];
  /** Undefined: the one in the data folder. */
  token: string | undefined;
  durability: 'normal' | 'full';
  graceMs: number;
  logLevel: string;
  agents: AgentDefinition[];
  /** The first is the default one. */
  backends: PlannedBackend[];
  /** Present: nobody named a backend, so the simulator stands in for what may be found (detect.ts). */
  backendSearch?: BackendSearch;
  /** What people should know about the choice of backends. */
  remarks?: string[];
  /** Requests in flight at most over all backends of a group; 1 for one that is not named here. */
  gpuGroups: Record<string, number>;
  /** Names of backends by the name of a pool. */
  pools: Record<string, string[]>;
  /** Absent: the default. */
  mailbox?: MailboxLimits;
  policies: PlannedPolicy[];
}

/**
 * `folder`: what paths of options are relative to.
 * @throws Failure (exit code 2) for references that lead nowhere, for an open door without a secret, for a GGUF that cannot be served
 */
export function makePlan(options: OptionValues, loaded: LoadedConfiguration | undefined, folder: string): StackPlan {
  refuseOpenDoor(options);
  const planned = planBackends(options, loaded, folder);
  const agents = planAgents(options.agents, loaded?.agents ?? DEFAULT_AGENTS);
  checkReferences(loaded, {
    // What will be found has a name that nobody can know yet.
    backends: planned.backendSearch === undefined ? planned.backends.map(({ name }) => name) : [],
    agents: agents.map(({ name }) => name),
  });
  return {
    configurationFile: loaded?.name,
    dataFolder: resolve(folder, options.data),
    host: options.host,
    port: options.port,
    allowedHosts: options.allowHost,
    token: options.token,
    durability: options.durability,
    graceMs: options.graceSeconds * 1000,
    logLevel: options.logLevel,
    agents,
    ...planned,
    gpuGroups: loaded?.gpuGroups ?? {},
    pools: loaded?.pools ?? {},
    ...(loaded?.mailbox !== undefined && { mailbox: loaded.mailbox }),
    policies: planPolicies(agents, {
      given: options.policy,
      givenFolder: folder,
      configured: loaded?.policies,
      configuredFolder: loaded === undefined ? folder : dirname(loaded.file),
    }),
  };
}

/** Whether only this machine can reach an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function refuseOpenDoor({ host, token }: OptionValues): void {
  if (isLoopback(host) || token !== undefined) return;
  throw usageFailure(
    `--host ${host}: other machines can reach this address, so the stack needs a secret of your choice. ` +
      'Give one with INTERJECT_TOKEN or --token, or leave --host out and reach this machine through a tunnel.',
  );
}

function planAgents(named: string[] | undefined, configured: readonly AgentDefinition[]): AgentDefinition[] {
  if (named === undefined) return [...configured];
  return named.map(
    (name) => configured.find((agent) => agent.name === name) ?? { name, system: DEFAULT_SYSTEM_PROMPT },
  );
}
