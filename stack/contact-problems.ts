/** Checks whom the agents of a configuration may write to. Pure. */
import { nearestName } from '../policy/nearest-name.ts';
import type { AgentDefinition } from '../supervisor/configuration.ts';
import { contactsOf } from '../supervisor/mailbox/contacts.ts';
import { RESERVED_NAMES } from '../supervisor/mailbox/letters.ts';

/** A line for each problem. `names`: the agents of the stack; those of the configuration that are not among them do not matter. */
export function contactProblems(agents: readonly AgentDefinition[], names: readonly string[]): string[] {
  return agents.flatMap((agent, index) => {
    if (!names.includes(agent.name)) return [];
    const configured = agents.map(({ name }) => name);
    return contactsOf(agent, names).flatMap((contact, place, contacts) => {
      const field = agent.contacts === 'all' ? `agents[${index}].contacts` : `agents[${index}].contacts[${place}]`;
      if (contacts.indexOf(contact) !== place) return [`${field}: "${contact}" stands there twice.`];
      const problem = problemOf(contact, agent.name, { names, configured });
      return problem === undefined ? [] : [`${field}: ${problem}`];
    });
  });
}

function problemOf(
  contact: string,
  own: string,
  { names, configured }: Record<'names' | 'configured', readonly string[]>,
): string | undefined {
  if (contact === own) return `"${contact}" is the agent itself.`;
  if (RESERVED_NAMES.includes(contact)) {
    return `an agent named "${contact}" cannot be written to, @${contact}: means something else; give it another name.`;
  }
  if (names.includes(contact)) return undefined;
  if (configured.includes(contact)) return `"${contact}" is not in this stack: --agents leaves it out.`;
  const nearest = nearestName(contact, names);
  const hint =
    nearest === undefined || nearest === own ? `the agents are ${names.join(', ')}.` : `did you mean "${nearest}"?`;
  return `there is no agent "${contact}"; ${hint}`;
}
