/** What a stack consists of, after command line, environment, configuration file and defaults were put together and checked. */
import { isIP } from 'node:net';
import { dirname, resolve } from 'node:path';
import type { AgentDefinition, BackendConfiguration } from '../supervisor/configuration.ts';
import type { LoadedConfiguration } from './config.ts';
import { DEFAULT_AGENTS, DEFAULT_SYSTEM_PROMPT, SIMULATOR_SLOTS } from './defaults.ts';
import { usageFailure } from './failure.ts';
import type { OptionValues } from './options.ts';
import { type PlannedPolicy, planPolicies } from './plan-policies.ts';
import { checkReferences } from './references.ts';

export interface PlannedBackend extends BackendConfiguration {
  /** Ours: init starts it and fills in the address. */
  simulator: boolean;
  /** Ours too: a llama-server that init starts, or adopts. */
  llamaServer?: LlamaServerPlan;
}

/** A llama-server of our own. */
export interface LlamaServerPlan {
  /** Path, or a name to look for on the PATH. */
  binary: string;
  /** Absolute path of a GGUF file. */
  modelFile: string;
  /** What is passed on as it is, like `-ngl 99`. */
  arguments: string[];
  /** Parallel requests (`-np`); undefined: as the server has it. */
  slots: number | undefined;
  /** Port to begin with; another free one is taken where somebody else listens. */
  port: number;
}

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
  policies: PlannedPolicy[];
}

/** @throws Failure (exit code 2) for references that lead nowhere, and for an open door without a secret */
export function makePlan(options: OptionValues, loaded: LoadedConfiguration | undefined, folder: string): StackPlan {
  refuseOpenDoor(options);
  const backends = planBackends(options, loaded?.backends ?? []);
  checkReferences(
    loaded,
    backends.map(({ name }) => name),
  );
  const agents = planAgents(options.agents, loaded?.agents ?? DEFAULT_AGENTS);
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
    backends,
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

function planBackends({ backend, model, slots }: OptionValues, configured: BackendConfiguration[]): PlannedBackend[] {
  const [first, ...others] = backendsOf(backend, configured);
  const said = { ...(model !== undefined && { model }), ...(slots !== undefined && { slots }) };
  return [{ ...first, ...said }, ...others];
}

function backendsOf(
  url: string | undefined,
  configured: BackendConfiguration[],
): [PlannedBackend, ...PlannedBackend[]] {
  // What is configured for another address, an API key above all, must not go to this one.
  const kept = configured.filter(({ name }) => url === undefined || name !== 'default');
  const [first, ...others] = kept.map((backend) => ({ ...backend, simulator: false }));
  if (url !== undefined) {
    const given: PlannedBackend = { name: 'default', kind: 'openai', url, simulator: false };
    return first === undefined ? [given] : [given, first, ...others];
  }
  return first === undefined ? [simulatorBackend()] : [first, ...others];
}

function simulatorBackend(): PlannedBackend {
  return { name: 'simulator', kind: 'openai', url: '', slots: SIMULATOR_SLOTS, simulator: true };
}
