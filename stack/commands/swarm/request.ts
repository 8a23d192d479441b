/** Makes a request of what was given on the command line. */
import { type SwarmRequest, swarmRequestSchema } from '../../../swarm/request.ts';
import { usageFailure } from '../../failure.ts';
import { flagOf } from '../../options.ts';

/** The options of the command, as they were read. */
export interface SwarmOptions extends Omit<SwarmRequest, 'task' | 'agents' | 'items'> {
  agents: string[] | undefined;
  item: string[] | undefined;
  json: boolean | undefined;
}

/** Fields that the command line calls otherwise. */
const NAMES: Readonly<Record<string, string>> = { task: 'TASK', items: '--item' };

/** @throws Failure (exit code 2) that names every flag that cannot be used */
export function requestOf(task: string | undefined, own: SwarmOptions, agents: readonly string[]): SwarmRequest {
  if (task === undefined) throw usageFailure('Say what is to be done: swarm "TASK". See swarm --help.');
  const { item: items, json: _, ...options } = own;
  const given = Object.entries({ ...options, task, agents, items }).filter(([, value]) => value !== undefined);
  const checked = swarmRequestSchema.safeParse(Object.fromEntries(given));
  if (checked.success) return checked.data;
  const reasons = checked.error.issues.map(({ path, message }) => {
    const [field] = path.map(String);
    return field === undefined ? message : `${NAMES[field] ?? flagOf(field)}: ${message}`;
  });
  throw usageFailure(`${reasons.join('; ')}. See swarm --help.`);
}

/** Everybody who takes part, once. */
export function participants(request: SwarmRequest): string[] {
  const { agents, synthesizer, reviewer, judge, reducer } = request;
  return [...new Set([...agents, synthesizer, reviewer, judge, reducer])].filter((name) => name !== undefined);
}
