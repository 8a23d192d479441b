/** Checks what refers to what in a configuration file: names are unique, whatever an agent names exists, a limit is somebody's. */
import { nearestName } from '../policy/nearest-name.ts';
import { membersOf } from '../supervisor/pools.ts';
import type { LoadedConfiguration } from './config.ts';
import { contactProblems } from './contact-problems.ts';
import { usageFailure } from './failure.ts';
import { policyProblem } from './plan-policies.ts';

/** Names of what there will be in the stack. */
interface Known {
  backends: readonly string[];
  agents: readonly string[];
}

/** @throws Failure (exit code 2) with a line for each problem */
export function checkReferences(loaded: LoadedConfiguration | undefined, { backends, agents }: Known): void {
  if (loaded === undefined) return;
  const problems = [
    ...twice('agents', loaded.agents ?? []),
    ...twice('backends', loaded.backends ?? []),
    ...poolProblems(loaded, backends),
    ...unknownBackends(loaded, backends),
    ...unusedGroups(loaded),
    ...contactProblems(loaded.agents ?? [], agents),
    ...unknownPolicies(loaded),
  ];
  if (problems.length > 0) throw usageFailure(problems.map((problem) => `${loaded.name}: ${problem}`).join('\n'));
}

function twice(list: string, entries: readonly { name: string }[]): string[] {
  return entries.flatMap(({ name }, index) => {
    const first = entries.findIndex((other) => other.name === name);
    return first === index ? [] : [`${list}[${index}].name: "${name}" is the name of ${list}[${first}] already.`];
  });
}

type Pools = NonNullable<LoadedConfiguration['pools']>;

function poolProblems({ pools = {} }: LoadedConfiguration, backends: readonly string[]): string[] {
  return Object.entries(pools).flatMap(([pool, members]) => [
    ...(backends.includes(pool)
      ? [`pools.${pool}: "${pool}" is the name of a backend already; give the pool another one.`]
      : []),
    ...members.flatMap((name, index) => {
      const field = `pools.${pool}[${index}]`;
      const first = members.indexOf(name);
      if (first !== index) return `${field}: "${name}" is pools.${pool}[${first}] already; name each member once.`;
      return memberProblem(field, name, pools, backends);
    }),
  ]);
}

function memberProblem(field: string, name: string, pools: Pools, backends: readonly string[]): string[] {
  const isPool = !backends.includes(name) && Object.hasOwn(pools, name);
  if (isPool) return [`${field}: "${name}" is a pool; a pool is made of backends: name its members here.`];
  return backendProblem(field, name, backends);
}

function unknownBackends({ agents = [], pools = {} }: LoadedConfiguration, backends: readonly string[]): string[] {
  const known = [...backends, ...Object.keys(pools)];
  return agents.flatMap(({ backend, fallback = [] }, index) => [
    ...(backend === undefined ? [] : backendProblem(`agents[${index}].backend`, backend, known)),
    ...fallback.flatMap((name, place) => {
      const field = `agents[${index}].fallback[${place}]`;
      if (name === backend) return `${field}: "${name}" is the agent's own backend.`;
      const isOwn = backend !== undefined && membersOf(pools, backend).includes(name);
      return isOwn
        ? `${field}: "${name}" is in the agent's own pool "${backend}"; leave it out.`
        : backendProblem(field, name, known);
    }),
  ]);
}

function backendProblem(field: string, name: string, known: readonly string[]): string[] {
  if (known.includes(name)) return [];
  return [`${field}: there is no backend "${name}"; ${hint(name, known, 'name it under backends.')}`];
}

function unusedGroups({ backends = [], gpuGroups = {} }: LoadedConfiguration): string[] {
  const used = [...new Set(backends.flatMap(({ gpuGroup }) => gpuGroup ?? []))];
  const unused = Object.keys(gpuGroups).filter((name) => !used.includes(name));
  return unused.map((name) => {
    return `gpuGroups.${name}: no backend has this gpuGroup; ${hint(name, used, 'name it in a backend, or leave it out.')}`;
  });
}

function hint(name: string, known: readonly string[], otherwise: string): string {
  if (known.length === 0) return otherwise;
  const nearest = nearestName(name, known);
  return nearest === undefined ? `known are ${known.join(', ')}.` : `did you mean "${nearest}"?`;
}

function unknownPolicies({ agents = [], policies = [] }: LoadedConfiguration): string[] {
  const lists = [
    { field: 'policies', references: policies },
    ...agents.map((agent, index) => ({ field: `agents[${index}].policies`, references: agent.policies ?? [] })),
  ];
  return lists.flatMap(({ field, references }) =>
    references.flatMap((reference, index) => {
      const problem = policyProblem(reference);
      return problem === undefined ? [] : [`${field}[${index}]: ${problem}.`];
    }),
  );
}
