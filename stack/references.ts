/** Checks what refers to what in a configuration file: names are unique, and whatever an agent names exists. */
import { nearestName } from '../policy/nearest-name.ts';
import type { LoadedConfiguration } from './config.ts';
import { usageFailure } from './failure.ts';
import { policyProblem } from './plan-policies.ts';

/** @throws Failure (exit code 2) with a line for each problem. `backends`: the names of those that there will be */
export function checkReferences(loaded: LoadedConfiguration | undefined, backends: readonly string[]): void {
  if (loaded === undefined) return;
  const problems = [
    ...twice('agents', loaded.agents ?? []),
    ...twice('backends', loaded.backends ?? []),
    ...unknownBackends(loaded, backends),
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

function unknownBackends({ agents = [] }: LoadedConfiguration, known: readonly string[]): string[] {
  return agents.flatMap(({ backend }, index) => {
    if (backend === undefined || known.includes(backend)) return [];
    const nearest = nearestName(backend, known);
    const hint = nearest === undefined ? `known are ${known.join(', ')}.` : `did you mean "${nearest}"?`;
    return [`agents[${index}].backend: there is no backend "${backend}"; ${hint}`];
  });
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
