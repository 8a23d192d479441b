/** Policies as the host keeps them: one place for each use in the configuration, and in it the version in force. */
import { BUILT_IN_POLICIES } from '../../policy/built-in.ts';
import type { Action, Policy } from '../../policy/policy.ts';
import { unknownBackend } from '../backends.ts';
import type { PolicySource } from '../settings.ts';
import type { LoadedPolicy } from './loaded-policy.ts';

/** A policy that cannot be loaded: what, where, why. */
export class PolicyLoadError extends Error {
  override readonly name = 'PolicyLoadError';
}

/** What a policy did since the supervisor started, over all its versions. */
export interface Counters {
  verdicts: Record<Action, number>;
  failures: number;
  lastFailure: string | undefined;
}

/** One version. A turn keeps the ones that it began with. */
export interface Hosted extends LoadedPolicy {
  /** Its number at the watchdog. */
  watched: number;
  /** Agents that the configuration has it for; undefined: all. */
  agents: readonly string[] | undefined;
  /** It was in quarantine when it was to be loaded: `policy` only stands for it. */
  isMissing: boolean;
  counters: Counters;
}

/** One use of a policy. */
export interface Place {
  /** Of the version in force. */
  source: PolicySource;
  hosted: Hosted;
  /** Why what is saved now is not in force. */
  problem: string | undefined;
}

export function newCounters(): Counters {
  return {
    verdicts: { interject: 0, cut: 0, redact: 0, block: 0, pause: 0, terminate: 0 },
    failures: 0,
    lastFailure: undefined,
  };
}

/** Whether a policy judges an agent: the configuration has it for that one, and it does not say itself that it is for others. */
export function judges({ agents, policy }: Hosted, agent: string): boolean {
  return (agents?.includes(agent) ?? true) && (policy.agents?.includes(agent) ?? true);
}

/** @throws PolicyLoadError when another use has this name: nobody could tell them apart */
export function mustBeTheOnly(name: string, source: PolicySource, others: readonly Place[]): void {
  const other = others.find((place) => place.hosted.name === name && !isOneInTwoLists(place.source, source));
  if (other === undefined) return;
  const uses = other.source.use === source.use ? source.use : `${source.use} and ${other.source.use}`;
  throw new PolicyLoadError(
    `${source.use}: another policy is called "${name}" too. Give one of them a name of its own where the ` +
      `configuration uses it (${uses}): { use: '${source.use}', name: '${name}-2' }.`,
  );
}

/** @throws PolicyLoadError when it asks a model server that there is not */
export function mustKnowBackends({ reviewBackends = [] }: Policy, use: string, known: readonly string[]): void {
  const unknown = reviewBackends.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new PolicyLoadError(`${use}: ${unknownBackend(unknown, known)}.`);
}

/** One policy that is in the lists of several agents. */
function isOneInTwoLists(one: PolicySource, other: PolicySource): boolean {
  if (one.use !== other.use || JSON.stringify(one.options) !== JSON.stringify(other.options)) return false;
  if (one.agents === undefined || other.agents === undefined) return false;
  return !one.agents.some((agent) => other.agents?.includes(agent));
}

/** Stands for a policy that hung while it was loaded: it is not loaded, and runs that it covers are refused by its name. */
export function neverAsked({ use }: PolicySource): Policy {
  return { name: use, onMessage: () => ({ action: 'block', reason: 'in quarantine' }) };
}

/** @throws PolicyLoadError */
export function builtIn(use: string): unknown {
  const policy = BUILT_IN_POLICIES.get(use);
  if (policy === undefined) throw new PolicyLoadError(`${use}: there is no built-in policy of this name.`);
  return policy;
}
