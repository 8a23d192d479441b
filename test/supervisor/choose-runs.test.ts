/** Who may take a slot: limits, serial chats, order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseRuns, type Limits, type SlotUser } from '../../supervisor/choose-runs.ts';

interface Waiting extends SlotUser {
  id: string;
}

/** `agent/chat` on a backend. */
function user(chatId: string, backend = 'b1'): Waiting {
  return { id: chatId, agent: chatId.split('/')[0] ?? '', backend, chatId };
}

const limits = (agents: Record<string, number>, backends: Record<string, number> = { b1: 99 }): Limits => ({
  agent: (name) => agents[name] ?? 0,
  backend: (name) => backends[name] ?? 0,
});

const chosen = (waiting: Waiting[], working: SlotUser[], given: Limits): string[] =>
  chooseRuns(waiting, working, given).map(({ id }) => id);

describe('tables', () => {
  const A = [user('a/1'), user('a/2'), user('a/3')];

  test.each<[string, Waiting[], SlotUser[], Limits, string[]]>([
    ['nobody waits', [], [], limits({ a: 1 }), []],
    ['room for all', A, [], limits({ a: 9 }), ['a/1', 'a/2', 'a/3']],
    ['the agent has room for two', A, [], limits({ a: 2 }), ['a/1', 'a/2']],
    ['one of them is taken', A, [user('a/9')], limits({ a: 2 }), ['a/1']],
    ['the agent is not connected', A, [], limits({ a: 0 }), []],
    ['the backend is down', A, [], limits({ a: 9 }, { b1: 0 }), []],
    ['the backend has one slot', A, [], limits({ a: 9 }, { b1: 1 }), ['a/1']],
    ['a chat is busy', A, [user('a/1')], limits({ a: 9 }), ['a/2', 'a/3']],
    ['a chat is serial', [user('a/1'), user('a/1')], [], limits({ a: 9 }), ['a/1']],
    ['agents share a backend, in order', [user('a/1'), user('b/1')], [], limits({ a: 9, b: 9 }, { b1: 1 }), ['a/1']],
    ['an agent that is full does not hold up another', [...A, user('b/1')], [], limits({ a: 1, b: 1 }), ['a/1', 'b/1']],
    ['backends are independent', [user('a/1'), user('a/2', 'b2')], [], limits({ a: 9 }, { b1: 0, b2: 1 }), ['a/2']],
    [
      'who waits holds up the later ones of its chat, not those of another',
      [user('a/1', 'down'), user('a/1', 'b1'), user('a/2')],
      [],
      limits({ a: 9 }),
      ['a/2'],
    ],
  ])('%s', (_, waiting, working, given, expected) => {
    expect(chosen(waiting, working, given)).toEqual(expected);
  });
});

describe('properties', () => {
  const chatId = fc.constantFrom('a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1');
  const backend = fc.constantFrom('b1', 'b2');
  const users = fc
    .array(fc.tuple(chatId, backend), { maxLength: 20 })
    .map((list) => list.map(([chat, server], index) => ({ ...user(chat, server), id: `${index}` })));
  const limit = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constant(Number.POSITIVE_INFINITY));
  const anyLimits = fc.record({ a: limit, b: limit, c: limit, b1: limit, b2: limit });

  const count = (list: readonly SlotUser[], is: (each: SlotUser) => boolean): number => list.filter(is).length;

  test('never over a limit, never two of a chat, in order, and nobody is left out who could be served', () => {
    fc.assert(
      fc.property(users, users, anyLimits, (waiting, working, all) => {
        const given = limits(all, all);
        const taken = chooseRuns(waiting, working, given);
        const together = [...working, ...taken];
        const hasRoom = (each: SlotUser, list: readonly SlotUser[]): boolean =>
          count(list, ({ agent }) => agent === each.agent) < given.agent(each.agent) &&
          count(list, (other) => other.backend === each.backend) < given.backend(each.backend);
        for (const [index, each] of taken.entries()) {
          const before = [...working, ...taken.slice(0, index)];
          expect(hasRoom(each, before)).toBe(true);
          expect(count(before, (other) => other.chatId === each.chatId)).toBe(0);
        }
        expect(taken).toEqual(waiting.filter((each) => taken.includes(each)));
        for (const [index, each] of waiting.entries()) {
          const isFirst = !waiting.slice(0, index).some((other) => other.chatId === each.chatId);
          const isFree = isFirst && !working.some((other) => other.chatId === each.chatId);
          if (isFree && !taken.includes(each)) expect(hasRoom(each, together)).toBe(false);
        }
      }),
    );
  });
});
