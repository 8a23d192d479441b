/** Swarms of a running stack. */
import type { SwarmView } from '../../../supervisor/swarms/views.ts';
import type { SwarmRequest } from '../../../swarm/request.ts';
import type { RunningStack } from '../running-stack.ts';

const LONG_ENOUGH_MS = 60_000;

/** The swarm when it has ended. */
export async function endOf(stack: RunningStack, swarm: string): Promise<SwarmView> {
  const view = await stack.supervisor.swarms.wait(swarm, LONG_ENOUGH_MS);
  if (view.state === 'running') throw new Error(`it did not end: ${JSON.stringify(view)}`);
  return view;
}

/** Runs one to its end. */
export async function startSwarm(stack: RunningStack, request: SwarmRequest): Promise<SwarmView> {
  return endOf(stack, (await stack.supervisor.swarms.start(request, undefined)).swarm);
}

const OF_THE_WAY = ['duration_ms', 'tokens', 'turns'];

/** What has to be the same however often it was interrupted: all but times, ids, and what it took. */
export function essence({ state, steps, result, error }: SwarmView): unknown {
  const told = steps.map(({ step, name, agent, answer, error: failed }) => ({ step, name, agent, answer, failed }));
  const text = JSON.stringify({ state, steps: told, result, error }, (key, value) =>
    OF_THE_WAY.includes(key) ? undefined : value,
  );
  return JSON.parse(text);
}
