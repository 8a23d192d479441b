/** Leases of a real engine: who gets them when, who is told what, and that nobody interactive waits for long. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { LeaseHolder } from '../../../supervisor/runs/leases.ts';
import type { RunningStack } from '../running-stack.ts';
import { onServers } from './two-servers.ts';

/** Longer to say than a test needs. */
const LONG = `say: ${'word '.repeat(3000)}`;
const SLOW = { tokensPerSecond: 50 };

/** Holds leases and writes down what it is told. */
function holder(stack: RunningStack) {
  const told: string[] = [];
  const { leases } = stack.engine.bench;
  const tell =
    (what: string): LeaseHolder['granted'] =>
    (ids) =>
      void told.push(`${what} ${ids.join(' ')}`);
  leases.attach({
    granted: tell('granted'),
    refused: (ids, reason) => void told.push(`refused ${ids.join(' ')}: ${reason}`),
    recalled: tell('recalled'),
    company: (ids, others) => void told.push(`${others ? 'company' : 'alone'} ${ids.join(' ')}`),
  });
  onTestFinished(() => leases.attach(undefined));
  let count = 0;
  const ask = (...backends: string[]): number[] => {
    const wishes = backends.map((backend) => ({ lease: ++count, backend }));
    leases.ask(wishes);
    return wishes.map(({ lease }) => lease);
  };
  return { told, ask, giveBack: (lease: number) => leases.giveBack(lease), leases };
}

const used = (stack: RunningStack, backend: string): number => {
  const { runs, asks, leases } = stack.engine.bench;
  return runs.slotsUsed([...asks.working, ...leases.users]).get(backend) ?? 0;
};

describe('a lease', () => {
  test('is a used slot, in the metrics too: a message waits for it, its holder is told, and the message goes first then', async () => {
    const { stack, servers } = await onServers({ one: {} });
    const { told, ask, giveBack } = holder(stack);
    const [first = 0] = ask('one');
    expect(told).toEqual(['granted 1']);
    expect(used(stack, 'one')).toBe(1);
    expect(await stack.supervisor.metrics()).toContain('agents_backend_slots_used{backend="one"} 1');
    const run = await stack.say('say: hello');
    expect(told).toEqual(['granted 1', 'recalled 1']);
    expect(servers.one?.requests()).toEqual([]);
    ask('one');
    giveBack(first);
    expect(told.slice(2)).toEqual([]);
    expect(await stack.wait(run)).toMatchObject({ status: 'answered' });
    await stack.until(() => told.includes('granted 2'));
    expect(used(stack, 'one')).toBe(1);
  });

  test('goes to nobody while all slots are used, and never are more used than there are', async () => {
    const { stack } = await onServers({ one: { slots: 2, ...SLOW } });
    const { told, ask } = holder(stack);
    const run = await stack.say(LONG);
    await stack.event(run, 'turn-start');
    ask('one');
    ask('one');
    expect(told).toEqual(['granted 1', 'company 1']);
    expect(used(stack, 'one')).toBe(2);
    await stack.supervisor.stopRun(run);
    await stack.until(() => told.includes('granted 2'));
    expect(used(stack, 'one')).toBe(2);
    expect(told).toContain('alone 1');
  });

  test('is told of others that come and go on its server, and on its GPU, and on no other one', async () => {
    for (const [gpuGroup, expected] of [
      [undefined, []],
      ['card', ['company 1', 'alone 1']],
    ] as const) {
      const named = { one: {}, two: SLOW };
      const groups = gpuGroup === undefined ? {} : { gpuGroup, gpuGroups: { card: 2 } };
      const { stack } = await onServers(named, groups);
      const { told, ask } = holder(stack);
      ask('one');
      const run = await stack.say('say: one two three', { agent: 'analyst' });
      await stack.wait(run);
      await stack.until(() => used(stack, 'two') === 0);
      expect(told).toEqual(['granted 1', ...expected]);
    }
  });

  test('of a server that is away is refused by name', async () => {
    const { stack, servers } = await onServers({ one: {}, two: {} });
    const { told, ask } = holder(stack);
    await servers.two?.close();
    stack.engine.bench.backends.check('two');
    await stack.until(() => stack.engine.bench.backends.isDown('two'));
    ask('one', 'two');
    expect(used(stack, 'one')).toBe(0);
    await stack.until(() => told.length > 0);
    expect(told).toEqual([expect.stringMatching(/^refused 1 2: two is down: \S/)]);
  });

  test('of a holder that is gone is given back', async () => {
    const { stack } = await onServers({ one: {} });
    const { ask, leases } = holder(stack);
    ask('one');
    const run = await stack.say('say: hello');
    leases.attach(undefined);
    expect(await stack.wait(run)).toMatchObject({ status: 'answered' });
    expect(used(stack, 'one')).toBe(0);
  });
});

describe('two leases', () => {
  test('are granted together; one that waits for the other keeps nobody from its slot', async () => {
    const { stack } = await onServers({ one: {}, two: SLOW });
    const { told, ask } = holder(stack);
    const blocking = await stack.say(LONG, { agent: 'analyst' });
    await stack.event(blocking, 'turn-start');
    ask('one', 'two');
    expect(told).toEqual([]);
    expect(await stack.ask('say: hello')).toMatchObject({ status: 'answered' });
    expect(told).toEqual([]);
    await stack.supervisor.stopRun(blocking);
    await stack.until(() => told.length > 0);
    expect(told).toEqual(['granted 1 2']);
    expect([used(stack, 'one'), used(stack, 'two')]).toEqual([1, 1]);
  });

  test('are served in the end, also when somebody always waits', async () => {
    const { stack } = await onServers({ one: {}, two: {} });
    const { told, ask } = holder(stack);
    let isOver = false;
    const talk = async (agent: string, chat: string): Promise<void> => {
      while (!isOver) await stack.ask('say: hello', { agent, chat });
    };
    const talks = ['assistant', 'analyst'].flatMap((agent) => ['x', 'y', 'z'].map((chat) => talk(agent, chat)));
    ask('one', 'two');
    await stack.until(() => told.length > 0);
    expect(told[0]).toBe('granted 1 2');
    isOver = true;
    stack.engine.bench.leases.attach(undefined);
    await Promise.all(talks);
  });

  test.each([
    ['one slot', { named: { one: {} }, backends: ['one', 'one'], options: {} }],
    ['one GPU', { named: { one: {}, two: {} }, backends: ['one', 'two'], options: { gpuGroup: 'card' } }],
  ])('of %s share it, and it is free when both are given back', async (_name, { named, backends, options }) => {
    const { stack } = await onServers(named, options);
    const { told, ask, giveBack } = holder(stack);
    const [first = 0, second = 0] = ask(...backends);
    expect(told).toEqual(['granted 1 2']);
    expect(used(stack, 'one') + used(stack, 'two')).toBe(1);
    const run = await stack.say('say: hello');
    expect(told).toEqual(['granted 1 2', 'recalled 1 2']);
    giveBack(first);
    expect(used(stack, 'one') + used(stack, 'two')).toBe(1);
    giveBack(second);
    expect(await stack.wait(run)).toMatchObject({ status: 'answered' });
  });
});
