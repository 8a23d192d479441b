/** Message lists for templates that do not take every role everywhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelMessage } from '../../../agent/backend/backend.ts';
import { isRoleRefusal, mapRoles, STRICTEST } from '../../../supervisor/context/roles.ts';

const system: ModelMessage = { role: 'system', content: 'Be brief.' };
const user = (content: string): ModelMessage => ({ role: 'user', content });
const assistant = (content: string): ModelMessage => ({ role: 'assistant', content });
const told = (messages: readonly ModelMessage[]): string[] =>
  messages.map(({ role, content }) => `${role}: ${content}`);

describe('a template', () => {
  const chat = [system, user('a'), user('b'), assistant('c'), user('d')];

  test.each<[string, boolean, boolean, string[]]>([
    ['that takes everything', true, true, told(chat)],
    ['without a system role', false, true, ['user: Be brief.\n\na', 'user: b', 'assistant: c', 'user: d']],
    ['that wants turns', true, false, ['system: Be brief.', 'user: a\n\nb', 'assistant: c', 'user: d']],
    ['that does neither', false, false, ['user: Be brief.\n\na\n\nb', 'assistant: c', 'user: d']],
  ])('%s', (_, systemRole, consecutiveUsers, expected) => {
    expect(told(mapRoles(chat, { systemRole, consecutiveUsers }))).toEqual(expected);
  });

  test('a system prompt without a user message after it becomes one', () => {
    expect(told(mapRoles([system], STRICTEST))).toEqual(['user: Be brief.']);
    expect(told(mapRoles([system, assistant('x')], STRICTEST))).toEqual(['user: Be brief.', 'assistant: x']);
  });

  test('a list that fits is returned as it is: there is nothing to try again', () => {
    const fits = [user('a'), assistant('b'), user('c')];
    expect(mapRoles(fits, STRICTEST)).toBe(fits);
    expect(mapRoles(chat, { systemRole: true, consecutiveUsers: true })).toBe(chat);
  });

  test('nothing that was said is lost, and mapping twice is mapping once', () => {
    const messages = fc.array(
      fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: fc.string() }),
    ) as fc.Arbitrary<ModelMessage[]>;
    fc.assert(
      fc.property(messages, fc.boolean(), fc.boolean(), (list, systemRole, consecutiveUsers) => {
        const abilities = { systemRole, consecutiveUsers };
        const mapped = mapRoles(list, abilities);
        const text = mapped.map(({ content }) => content).join('');
        expect(list.every(({ content }) => text.includes(content))).toBe(true);
        expect(mapRoles(mapped, abilities)).toBe(mapped);
        if (!systemRole) expect(mapped.some(({ role }) => role === 'system')).toBe(false);
        if (!consecutiveUsers) expect(mapped.every(({ role }, index) => role !== mapped[index - 1]?.role)).toBe(true);
      }),
    );
  });
});

test.each([
  // llama-server, with templates that raise.
  'Unable to generate parser for this template. Error: Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/...',
  'the server answered 500: While executing CallExpression: Error: Jinja Exception: System role not supported',
  // Others, by public reports.
  'System role not supported',
  'Only user, assistant and tool roles are supported, got system. chat_template raised',
  'Conversation roles must alternate user/assistant/user/assistant/...',
  'After the optional system message, conversation roles must alternate user and assistant',
  'system messages are not supported by this model',
])('a refusal for its roles: %s', (message) => expect(isRoleRefusal(message)).toBe(true));

test.each([
  'the server answered 400: max_tokens must be positive',
  'the server answered 404: model "system-7b" not found',
  'the server answered 500: out of memory',
  'the server answered 429: the system is overloaded',
])('another refusal: %s', (message) => expect(isRoleRefusal(message)).toBe(false));
