/** Fits a message list to a chat template that does not take every role everywhere. Pure. */
import type { ModelMessage, TemplateAbilities } from '../../agent/backend/backend.ts';

export type RoleAbilities = Pick<TemplateAbilities, 'systemRole' | 'consecutiveUsers'>;

/** What every template takes: no system message, user and assistant in turns. */
export const STRICTEST: RoleAbilities = { systemRole: false, consecutiveUsers: false };

const JOINT = '\n\n';

const ROLE_REFUSAL =
  /system (role|message|prompt)s?\b.*\b(not|unsupported|isn't|aren't)\b|(unsupported|not supported|only).*\bsystem\b|roles? must alternate|alternate (between )?user|jinja|chat[ _-]?template|raise_exception/is;

/** Whether an error of a server is about the roles of the messages, or about its template, which stumbles over little else. */
export function isRoleRefusal(message: string): boolean {
  return ROLE_REFUSAL.test(message);
}

/**
 * Without a system role the system prompt goes in front of the first user message; messages of one role in a row become one where
 * they are not taken. Returns the list itself when there is nothing to do.
 */
export function mapRoles(messages: readonly ModelMessage[], abilities: RoleAbilities): readonly ModelMessage[] {
  const withoutSystem = abilities.systemRole ? messages : joinSystem(messages);
  return abilities.consecutiveUsers ? withoutSystem : mergeSameRoles(withoutSystem);
}

function joinSystem(messages: readonly ModelMessage[]): readonly ModelMessage[] {
  const prompts = messages.filter(({ role }) => role === 'system').map(({ content }) => content);
  if (prompts.length === 0) return messages;
  const [first, ...rest] = messages.filter(({ role }) => role !== 'system');
  if (first?.role === 'user') return [{ role: 'user', content: [...prompts, first.content].join(JOINT) }, ...rest];
  return [{ role: 'user', content: prompts.join(JOINT) }, ...(first === undefined ? [] : [first]), ...rest];
}

function mergeSameRoles(messages: readonly ModelMessage[]): readonly ModelMessage[] {
  const merged: ModelMessage[] = [];
  for (const message of messages) {
    const last = merged.at(-1);
    if (last?.role !== message.role) merged.push(message);
    else merged[merged.length - 1] = { role: last.role, content: last.content + JOINT + message.content };
  }
  return merged.length === messages.length ? messages : merged;
}
