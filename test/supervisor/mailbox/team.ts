/** A stack whose agents may write to each other, and what its tests look at. */
import type { RunView } from '../../../supervisor/service.ts';
import { type RunningStack, type SeenEvent, type StackOptions, startStack } from '../running-stack.ts';

export const AGENTS = [
  { name: 'planner', system: 'Plan.', contacts: ['reviewer', 'tester'] },
  { name: 'reviewer', contacts: ['planner'] },
  { name: 'tester' },
];
/** Where a message to the planner goes. */
export const TO_PLANNER = { agent: 'planner', chat: 'case' };
export function team(options: Partial<StackOptions> = {}): Promise<RunningStack> {
  return startStack({ agents: AGENTS, ...options });
}

/** Who was told what by whom, in the order of the runs that began with a message. */
export async function conversation(stack: RunningStack, first: RunView): Promise<string[]> {
  const lines: string[] = [];
  const open = [first];
  for (let view = open.shift(); view !== undefined; view = open.shift()) {
    lines.push(
      `${view.from?.agent ?? 'user'} → ${view.agent} in ${view.chat}, ${view.from?.hops ?? 0}: ${view.status}`,
    );
    for (const { run } of view.letters ?? []) open.push(await stack.wait(run));
  }
  return lines;
}

/** Codes of the notices, in their order. */
export function notices(events: readonly SeenEvent[]): unknown[] {
  return events.filter(({ type }) => type === 'notice').map(({ code }) => code);
}
