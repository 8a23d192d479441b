/** Whom an agent may write to. Pure. */
import type { AgentDefinition } from '../configuration.ts';
import type { RunRow } from '../store/runs.ts';

/** Names of the agents that this one may write to; `names`: all agents of the stack. */
export function contactsOf({ name, contacts = [] }: AgentDefinition, names: Iterable<string>): readonly string[] {
  return contacts === 'all' ? [...names].filter((other) => other !== name) : contacts;
}

/**
 * Whom the answer of a run may write to. Nobody from a conversation that its caller holds, for no reply could come back to it; nobody from
 * a step of a swarm, whose answer goes to the swarm alone.
 */
export function contactsOfRun(
  { row, agent }: { row: Pick<RunRow, 'origin' | 'isEphemeral'>; agent: AgentDefinition },
  names: Iterable<string>,
): readonly string[] {
  const isConversation = row.isEphemeral === 0 && (row.origin === 'interactive' || row.origin === 'agent');
  return isConversation ? contactsOf(agent, names) : [];
}
