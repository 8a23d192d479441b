/** Which policy judges which agent, in which order, and where it lies. */
import { isAbsolute, resolve } from 'node:path';
import { BUILT_IN_POLICIES } from '../policy/built-in.ts';
import { nearestName } from '../policy/nearest-name.ts';
import type { AgentDefinition, PolicyReference } from '../supervisor/configuration.ts';
import { DEFAULT_POLICIES } from './defaults.ts';
import { usageFailure } from './failure.ts';

export interface PlannedPolicy {
  /** Built-in name, or the path as it was written. */
  use: string;
  /** What it is called; undefined: by its own name. */
  name?: string | undefined;
  options?: Record<string, unknown> | undefined;
  /** Absolute path of the file; undefined: built in. */
  path: string | undefined;
  /** Agents it judges; undefined: all. */
  agents: string[] | undefined;
}

export interface PolicyChoices {
  /** From the command line or the environment; paths are relative to `givenFolder`. */
  given: string[] | undefined;
  givenFolder: string;
  /** From the configuration file; paths, those of agents too, are relative to `configuredFolder`. */
  configured: PolicyReference[] | undefined;
  configuredFolder: string;
}

/** Instead of a policy: there is none. */
const NONE = 'none';

type Resolved = Omit<PlannedPolicy, 'agents'>;

/**
 * Every policy once, with the agents it judges. Agents with a list of their own get that one, all others the list of the stack. There is one
 * order for the whole stack: that of the stack's list, then what agents add to it.
 * @throws Failure (exit code 2) when a policy that was given does not exist; configured ones are checked by references.ts
 */
export function planPolicies(agents: readonly AgentDefinition[], choices: PolicyChoices): PlannedPolicy[] {
  const common = commonPolicies(choices);
  const listOf = ({ policies }: AgentDefinition): Resolved[] =>
    policies?.map((reference) => resolvePolicy(reference, choices.configuredFolder)) ?? common;
  const lists = agents.map((agent) => ({ name: agent.name, keys: listOf(agent).map(keyOf) }));
  const all = new Map([...common, ...agents.flatMap(listOf)].map((policy) => [keyOf(policy), policy]));
  return [...all].flatMap(([key, policy]) => {
    const judged = lists.filter(({ keys }) => keys.includes(key)).map(({ name }) => name);
    if (judged.length === 0) return [];
    return { ...policy, agents: judged.length === agents.length ? undefined : judged };
  });
}

function keyOf(policy: Resolved): string {
  return JSON.stringify(policy);
}

function commonPolicies({ given, givenFolder, configured, configuredFolder }: PolicyChoices): Resolved[] {
  if (given === undefined) {
    const references = configured ?? DEFAULT_POLICIES;
    return references.map((reference) => resolvePolicy(reference, configuredFolder));
  }
  if (given.includes(NONE)) {
    if (given.length > 1) throw usageFailure(`--policy: "${NONE}" cannot be combined with a policy.`);
    return [];
  }
  const problem = given.map(policyProblem).find((found) => found !== undefined);
  if (problem !== undefined) throw usageFailure(`--policy: ${problem}.`);
  return given.map((use) => resolvePolicy(use, givenFolder));
}

/** Where a reference leads; paths in it are relative to `folder`. */
export function resolvePolicy(reference: PolicyReference, folder: string): Resolved {
  const { use, name, options } = longReference(reference);
  const path = isPath(use) ? resolve(folder, use) : undefined;
  return { use, ...(name !== undefined && { name }), ...(options !== undefined && { options }), path };
}

function longReference(reference: PolicyReference): Exclude<PolicyReference, string> {
  return typeof reference === 'string' ? { use: reference } : reference;
}

/** Why a reference leads nowhere; undefined: it is a path, or the name of a built-in policy. */
export function policyProblem(reference: PolicyReference): string | undefined {
  const { use } = longReference(reference);
  if (isPath(use) || BUILT_IN_POLICIES.has(use)) return undefined;
  const known = [...BUILT_IN_POLICIES.keys()];
  const nearest = nearestName(use, known);
  const hint = nearest === undefined ? `built in: ${known.join(', ')}` : `did you mean "${nearest}"`;
  return `there is no policy "${use}" (${hint}); a file is given as a path, like ./${use}.ts`;
}

function isPath(use: string): boolean {
  return isAbsolute(use) || /[/\\]/.test(use) || /\.[cm]?[jt]s$/.test(use);
}
