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

/** `groups`: which backends are in which group, and how many a group may have in flight. */
const limits = (
  agents: Record<string, number>,
  backends: Record<string, number> = { b1: 99 },
  groups: { of: Record<string, string>; limits: Record<string, number> } = { of: {}, limits: {} },
): Limits => ({
  agent: (name) => agents[name] ?? 0,
  backend: (name) => backends[name] ?? 0,
  groupOf: (name) => groups.of[name],
  group: (name) => groups.limits[name] ?? 1,
});

const chosen = (waiting: Waiting[], working: SlotUser[], given: Limits): string[] =>
  chooseRuns(waiting, working, given).map(({ id }) => id);

const paused = (chatId: string, backend = 'b1'): Waiting => ({ ...user(chatId, backend), isPaused: true });

/** Two backends on one GPU, a third one elsewhere. */
const grouped = (limit: number, agents: Record<string, number> = { a: 9 }): Limits =>
  limits(agents, { b1: 9, b2: 9, b3: 9 }, { of: { b1: 'gpu', b2: 'gpu' }, limits: { gpu: limit } });

describe('tables', () => {
  const A = [user('a/1'), user('a/2'), user('a/3')];
  const SHARED = [user('a/1', 'b1'), user('a/2', 'b2'), user('a/3', 'b3')];

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
    ['a group of backends has one slot', SHARED, [], grouped(1), ['a/1', 'a/3']],
    ['a group has two', SHARED, [], grouped(2), ['a/1', 'a/2', 'a/3']],
    ['what works elsewhere in the group counts', SHARED, [user('a/9', 'b2')], grouped(1), ['a/3']],
    ['a slot of the group is not taken by who finds no room', SHARED, [], grouped(1, { a: 0, b: 9 }), []],
    ['who is paused holds up nobody else', [paused('a/1'), user('a/2')], [], limits({ a: 9 }), ['a/2']],
    ['who is paused holds up its chat', [paused('a/1'), user('a/1')], [], limits({ a: 9 }), []],
    ['who is paused takes no slot', [paused('a/1'), user('a/2')], [], limits({ a: 9 }, { b1: 1 }), ['a/2']],
  ])('%s', (_, waiting, working, given, expected) => {
    expect(chosen(waiting, working, given)).toEqual(expected);
  });
});

describe('properties', () => {
  const chatId = fc.constantFrom('a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1');
  const backend = fc.constantFrom('b1', 'b2', 'b3');
  const users = fc
    .array(fc.tuple(chatId, backend, fc.boolean()), { maxLength: 20 })
    .map((list) =>
      list.map(([chat, server, isPaused], index) => ({ ...user(chat, server), id: `${index}`, isPaused })),
    );
  const limit = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.constant(Number.POSITIVE_INFINITY));
  const anyLimits = fc
    .record({ a: limit, b: limit, c: limit, b1: limit, b2: limit, b3: limit, g1: limit, g2: limit })
    .chain((all) => {
      const group = fc.option(fc.constantFrom('g1', 'g2'), { nil: undefined });
      return fc
        .record({ b1: group, b2: group, b3: group })
        .map((of) => limits(all, all, { of: of as Record<string, string>, limits: all }));
    });

  const count = (list: readonly SlotUser[], is: (each: SlotUser) => boolean): number => list.filter(is).length;

  const hasRoom = (each: SlotUser, list: readonly SlotUser[], given: Limits): boolean => {
    const group = given.groupOf(each.backend);
    return (
      count(list, ({ agent }) => agent === each.agent) < given.agent(each.agent ?? '') &&
      count(list, (other) => other.backend === each.backend) < given.backend(each.backend) &&
      (group === undefined || count(list, (other) => given.groupOf(other.backend) === group) < given.group(group))
    );
  };

  const isFirstOfChat = (each: SlotUser, waiting: readonly SlotUser[]): boolean =>
    waiting.find((other) => other.chatId === each.chatId) === each;

  test('never over a limit of agent, backend or group, never two of a chat, in order', () => {
    fc.assert(
      fc.property(users, users, anyLimits, (waiting, working, given) => {
        const taken = chooseRuns(waiting, working, given);
        for (const [index, each] of taken.entries()) {
          const before = [...working, ...taken.slice(0, index)];
          expect(hasRoom(each, before, given)).toBe(true);
          expect(count(before, (other) => other.chatId === each.chatId)).toBe(0);
          expect(isFirstOfChat(each, waiting)).toBe(true);
          expect(each.isPaused).toBe(false);
        }
        expect(taken).toEqual(waiting.filter((each) => taken.includes(each)));
      }),
    );
  });

  test('nobody is left out who could be served', () => {
    fc.assert(
      fc.property(users, users, anyLimits, (waiting, working, given) => {
        const taken = chooseRuns(waiting, working, given);
        for (const each of waiting) {
          const isFree = isFirstOfChat(each, waiting) && !working.some((other) => other.chatId === each.chatId);
          if (isFree && !each.isPaused && !taken.includes(each))
            expect(hasRoom(each, [...working, ...taken], given)).toBe(false);
        }
      }),
    );
  });

  test('a full group changes nothing for who is on other backends', () => {
    fc.assert(
      fc.property(users, fc.record({ b1: limit, b3: limit }), (all, { b1, b3 }) => {
        const agents = { a: 99, b: 99, c: 99 };
        const unlike = all.map((each, index) => ({ ...each, chatId: `${each.agent}/${index}` }));
        const given = (group: number): Limits =>
          limits(agents, { b1, b2: 9, b3 }, { of: { b1: 'gpu', b2: 'gpu' }, limits: { gpu: group } });
        const elsewhere = (group: number): string[] =>
          chooseRuns(unlike, [], given(group)).flatMap(({ id, backend: place }) => (place === 'b3' ? [id] : []));
        expect(elsewhere(0)).toEqual(elsewhere(Number.POSITIVE_INFINITY));
      }),
    );
  });

  test('served one after the other, everybody gets a turn, however small the limits', () => {
    fc.assert(
      fc.property(users, (all) => {
        const ones = { a: 1, b: 1, c: 1, b1: 1, b2: 1, b3: 1 };
        const given = limits(ones, ones, { of: { b1: 'gpu', b2: 'gpu' }, limits: { gpu: 1 } });
        let waiting = all.map((each) => ({ ...each, isPaused: false }));
        for (let round = 0; round < all.length; round++) {
          const taken = chooseRuns(waiting, [], given);
          // The oldest of all is always among them: nobody can be overtaken for ever.
          if (waiting.length > 0) expect(taken[0]).toBe(waiting[0]);
          waiting = waiting.filter((each) => !taken.includes(each));
        }
        expect(waiting).toEqual([]);
      }),
    );
  });
});

describe('runs that several backends will do for, and that may wait for one of them', () => {
  interface Choosy extends Waiting {
    members: readonly string[] | undefined;
    /** It takes no other one while this one could have room. */
    insistsOn: string | undefined;
    place: number;
  }

  const BACKENDS = ['b1', 'b2', 'b3'];
  const anyChoosy = fc
    .array(
      fc.record({
        chatId: fc.constantFrom('a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1'),
        members: fc.option(fc.subarray(BACKENDS, { minLength: 1 }), { nil: undefined }),
        backend: fc.constantFrom(...BACKENDS),
        insistsOn: fc.option(fc.constantFrom(...BACKENDS), { nil: undefined }),
        isPaused: fc.boolean(),
        isParked: fc.boolean(),
      }),
      { maxLength: 20 },
    )
    .map((list) =>
      list.map((each, place): Choosy => ({ ...each, id: `${place}`, place, agent: each.chatId.split('/')[0] })),
    );
  const limit = fc.integer({ min: 0, max: 3 });
  const group = fc.option(fc.constantFrom('g1', 'g2'), { nil: undefined });
  const anyLimits = fc
    .record({
      most: fc.record({ a: limit, b: limit, c: limit, b1: limit, b2: limit, b3: limit, g1: limit, g2: limit }),
      of: fc.record({ b1: group, b2: group, b3: group }),
    })
    .map(({ most, of }) => limits(most, most, { of: of as Record<string, string>, limits: most }));

  const accepts = ({ insistsOn }: Choosy, free: readonly string[]): boolean =>
    insistsOn === undefined || free.includes(insistsOn);
  /** Whoever `order` says is next, wherever it says. */
  const choose = (
    waiting: readonly Choosy[],
    working: readonly SlotUser[],
    given: Limits,
    order: readonly number[],
  ) => {
    let step = 0;
    const any = <T>(list: readonly T[]): T => list[(order[step++] ?? 0) % list.length] as T;
    return chooseRuns(waiting, working, given, {
      accepts,
      next: any,
      member: ({ insistsOn }, free) => (insistsOn !== undefined && free.includes(insistsOn) ? insistsOn : any(free)),
    });
  };

  const count = (list: readonly SlotUser[], is: (each: SlotUser) => boolean): number => list.filter(is).length;
  const isFree = (backend: string, users: readonly SlotUser[], given: Limits): boolean => {
    const name = given.groupOf(backend);
    return (
      count(users, (each) => each.backend === backend) < given.backend(backend) &&
      (name === undefined || count(users, (each) => given.groupOf(each.backend) === name) < given.group(name))
    );
  };
  const canStart = (run: Choosy, users: readonly SlotUser[], given: Limits): boolean => {
    const free = (run.members ?? [run.backend]).filter((backend) => isFree(backend, users, given));
    const hasAgent = count(users, ({ agent }) => agent === run.agent) < given.agent(run.agent ?? '');
    return hasAgent && free.length > 0 && (run.members === undefined || accepts(run, free));
  };

  test('limits are kept, everybody who can start does, on a backend that will do, and chats stay in order', () => {
    fc.assert(
      fc.property(
        anyChoosy,
        anyChoosy,
        anyLimits,
        fc.array(fc.nat(), { maxLength: 40 }),
        (waiting, all, given, order) => {
          const working = all.filter(({ chatId }, index) => all.findIndex((each) => each.chatId === chatId) === index);
          const own = waiting.map(({ backend }) => backend);
          const taken = choose(waiting, working, given, order);
          const users: SlotUser[] = working.filter(({ isParked }) => !isParked);
          for (const run of taken) {
            const chat = waiting.filter(({ chatId }) => chatId === run.chatId);
            expect(chat[0]).toBe(run);
            expect(count(working, ({ chatId }) => chatId === run.chatId)).toBe(0);
            expect(run.isPaused).toBe(false);
            expect(run.members ?? [own[run.place]]).toContain(run.backend);
            expect(canStart(run, users, given)).toBe(true);
            expect(isFree(run.backend, users, given)).toBe(true);
            users.push(run);
          }
          for (const run of waiting) {
            const isFirst = waiting.find(({ chatId }) => chatId === run.chatId) === run;
            const isBusy = working.some(({ chatId }) => chatId === run.chatId);
            if (isFirst && !isBusy && !run.isPaused && !taken.includes(run)) {
              expect(canStart(run, users, given)).toBe(false);
            }
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
