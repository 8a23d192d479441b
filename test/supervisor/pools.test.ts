/** Agents on a pool of model servers: where their turns go, what a chat finds in the cache, who is left out, and what is said of it. */
import { describe, expect, test } from 'vitest';
import { patienceFor } from '../../supervisor/runs/placement.ts';
import { type RunningStack, startStack } from './running-stack.ts';
import { isDown, kill, type Setting, startOn } from './servers.ts';
import { strictModel } from './strict-model.ts';

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');
/** An answer of sixty words would take seconds. */
const SLOWLY = { tokensPerSecond: 20 };
const POOL = { pools: { fast: ['one', 'two'] }, agents: [{ name: 'assistant', backend: 'fast' }] };

/** How many requests each server was sent, in the order of the names. */
const counts = ({ servers }: Setting, ...names: string[]) => names.map((name) => servers.asked(name).length);

/** Starts long answers in chats of their own, one after the other; returns the runs. */
async function fill(stack: RunningStack, count: number, prefix = 'c', agent = 'assistant'): Promise<string[]> {
  const runs: string[] = [];
  for (let chat = 0; chat < count; chat++) {
    const run = await stack.say(`say: ${WORDS}`, { chat: `${prefix}${chat}`, agent });
    await stack.event(run, 'text-delta');
    runs.push(run);
  }
  return runs;
}

async function stopAll(stack: RunningStack, runs: readonly string[]): Promise<void> {
  for (const run of runs) await stack.supervisor.stopRun(run);
}

/** The servers that the turns of a run went to, as its events say. */
const servedBy = async (stack: RunningStack, run: string) =>
  (await stack.eventsOf(run)).filter(({ type }) => type === 'turn-start').map(({ backend }) => backend);

test.each([
  [0, 0],
  [1000, 1200],
  [100_000, 5000],
])('a conversation of %i tokens waits for its member for %i ms at most', (tokens, ms) => {
  expect(patienceFor(tokens)).toBe(ms);
});

describe('new chats', () => {
  test('go to the member with the least queue, one after the other', async () => {
    const setting = await startOn(
      { one: SLOWLY, two: SLOWLY, three: SLOWLY },
      { ...POOL, pools: { fast: ['one', 'two', 'three'] } },
    );
    const runs = await fill(setting.stack, 3);
    expect(counts(setting, 'one', 'two', 'three')).toEqual([1, 1, 1]);
    runs.push(...(await fill(setting.stack, 6, 'd')));
    expect(counts(setting, 'one', 'two', 'three')).toEqual([3, 3, 3]);
    await stopAll(setting.stack, runs);
  });

  test('go round while nobody works', async () => {
    const setting = await startOn({ one: {}, two: {} }, POOL);
    for (let chat = 0; chat < 6; chat++) await setting.stack.ask('say: hello', { chat: `c${chat}` });
    expect(counts(setting, 'one', 'two')).toEqual([3, 3]);
  });

  test('fill servers in proportion to their slots, and none beyond', async () => {
    const setting = await startOn({ one: { ...SLOWLY, slots: 4 }, two: { ...SLOWLY, slots: 2 } }, POOL);
    const { stack } = setting;
    const runs = await fill(stack, 3);
    expect(counts(setting, 'one', 'two')).toEqual([2, 1]);
    runs.push(...(await fill(stack, 3, 'd')));
    expect(counts(setting, 'one', 'two')).toEqual([4, 2]);
    const waiting = await stack.say('say: waits', { chat: 'late' });
    expect(stack.supervisor.run(waiting).status).toBe('queued');
    await stopAll(stack, runs.slice(0, 1));
    expect((await stack.wait(waiting)).content).toBe('waits');
    await stopAll(stack, runs);
  });

  test('go past a server that agents of its own keep busy, and each server keeps to its slots', async () => {
    const agents = [...POOL.agents, { name: 'analyst', backend: 'one' }];
    const setting = await startOn({ one: SLOWLY, two: SLOWLY }, { ...POOL, agents });
    const own = await fill(setting.stack, 3, 'own', 'analyst');
    const runs = await fill(setting.stack, 3);
    expect(counts(setting, 'one', 'two')).toEqual([3, 3]);
    await stopAll(setting.stack, [...own, ...runs]);
  });
});

describe('a chat', () => {
  test('stays where its prompt is in the cache, over messages, corrections and restarts of the supervisor', async () => {
    const setting = await startOn({ one: SLOWLY, two: {} }, POOL);
    const { stack, servers } = setting;
    const run = await stack.say(`say: ${WORDS}`, { chat: 'home' });
    await stack.event(run, 'text-delta');
    await stack.supervisor.interject('assistant', 'home', 'say: shorter');
    expect(await stack.wait(run)).toMatchObject({ status: 'answered' });
    expect(await servedBy(stack, run)).toEqual(['one', 'one']);
    // The other one has been idle for longer, and would be next.
    const second = await stack.ask('say: second', { chat: 'home' });
    expect(second.usage.cached_tokens).toBeGreaterThan(30);
    await stack.stopSupervisor();
    await stack.startSupervisor();
    await stack.until(() => stack.supervisor.backends().every(({ up }) => up));
    const third = await stack.ask('say: third', { chat: 'home' });
    expect(third.usage.cached_tokens).toBeGreaterThan(second.usage.cached_tokens);
    expect(servers.asked('two')).toEqual([]);
  });

  test('whose prompt takes long to read waits for its member while that is full; others do not wait for it', async () => {
    // They keep more prompts than they work on at a time.
    const setting = await startOn({ one: {}, two: {} }, POOL, { slots: 1 });
    const { stack, servers } = setting;
    const long = Array.from({ length: 3000 }, (_, index) => `w${index}`).join(' ');
    await stack.ask(long, { chat: 'home' });
    await stack.ask('say: elsewhere', { chat: 'other' });
    servers.get('one').change(SLOWLY);
    const guest = await fill(stack, 1, 'guest');
    const run = await stack.say('say: back', { chat: 'home' });
    await stack.ask('say: meanwhile', { chat: 'another' });
    expect(stack.supervisor.run(run).status).toBe('queued');
    await stopAll(stack, guest);
    const view = await stack.wait(run);
    expect(view.usage.cached_tokens).toBeGreaterThan(2000);
    expect(servers.asked('two')).toEqual(['say: elsewhere', 'say: meanwhile']);
  });

  test('moves when its member is full and another one is not; then it is at home there', async () => {
    const setting = await startOn({ one: { ...SLOWLY, slots: 1 }, two: {} }, POOL);
    const { stack } = setting;
    await stack.ask('say: first', { chat: 'home' });
    await stack.ask('say: elsewhere', { chat: 'other' });
    expect(counts(setting, 'one', 'two')).toEqual([1, 1]);
    const guest = await fill(stack, 1, 'guest');
    expect(counts(setting, 'one', 'two')).toEqual([2, 1]);
    const moved = await stack.ask('say: moved', { chat: 'home' });
    expect(moved.content).toBe('moved');
    await stopAll(stack, guest);
    expect((await stack.ask('say: stays', { chat: 'home' })).usage.cached_tokens).toBeGreaterThan(0);
    expect(counts(setting, 'one', 'two')).toEqual([2, 3]);
  });

  test('that its caller holds is known by what was said first', async () => {
    const setting = await startOn({ one: {}, two: {} }, POOL);
    const { stack } = setting;
    const converse = async (name: string, count: number): Promise<void> => {
      const earlier: { role: 'user' | 'assistant'; content: string }[] = [];
      for (let turn = 0; turn < count; turn++) {
        const content = `say: ${name} ${turn}`;
        const { run } = await stack.supervisor.complete({ agent: 'assistant', content, earlier, options: {} });
        const answer = await stack.wait(run);
        earlier.push({ role: 'user', content }, { role: 'assistant', content: answer.content });
      }
    };
    await converse('apples', 3);
    await converse('pears', 3);
    const asked = (name: string) => setting.servers.asked(name).map((text) => text?.split(' ')[1]);
    expect([asked('one'), asked('two')]).toEqual([Array(3).fill('apples'), Array(3).fill('pears')]);
  });
});

describe('a dead member', () => {
  test('is left out at once; what it was answering is answered by another one, once; then it is taken back', async () => {
    const setting = await startOn({ one: SLOWLY, two: {} }, POOL);
    const { stack, servers } = setting;
    const run = await stack.say(`say: ${WORDS}`, { chat: 'home' });
    await stack.event(run, 'text-delta');
    await servers.get('one').close();
    const view = await stack.wait(run);
    expect(view).toMatchObject({ status: 'answered', content: WORDS });
    expect(await servedBy(stack, run)).toEqual(['one', 'two']);
    const events = await stack.eventsOf(run);
    expect(events.filter(({ type }) => type === 'turn-end')).toHaveLength(1);
    expect(events.filter(({ type }) => type === 'notice')).toEqual([]);
    for (let chat = 0; chat < 3; chat++) await stack.ask('say: meanwhile', { chat: `c${chat}` });
    expect(servers.asked('two')).toHaveLength(4);
    expect(stack.supervisor.readiness()).toEqual({ ready: true, reasons: [] });
    await servers.revive('one');
    await stack.until(() => !isDown(stack, 'one'));
    for (let chat = 0; chat < 2; chat++) await stack.ask('say: back', { chat: `d${chat}` });
    expect(servers.asked('one')).toEqual(['say: back']);
  });

  test('takes the home of its chats with it; they are at home where they are answered next', async () => {
    const setting = await startOn({ one: {}, two: {} }, POOL);
    const { stack, servers } = setting;
    await stack.ask('say: first', { chat: 'home' });
    await kill(setting, 'one');
    await stack.ask('say: second', { chat: 'home' });
    await servers.revive('one');
    await stack.until(() => !isDown(stack, 'one'));
    await stack.ask('say: third', { chat: 'home' });
    expect(servers.asked('two')).toEqual(['say: second', 'say: third']);
  });

  test('and all others too: runs wait, or go to the fallback; of a pool that is one as well', async () => {
    const agents = [
      ...POOL.agents,
      { name: 'careful', backend: 'fast', fallback: ['spare'] },
      { name: 'lone', backend: 'three', fallback: ['fast'] },
    ];
    const setting = await startOn(
      { one: {}, two: {}, three: {}, four: {} },
      { pools: { ...POOL.pools, spare: ['three', 'four'] }, agents },
    );
    const { stack, servers } = setting;
    await kill(setting, 'one');
    await kill(setting, 'two');
    const waiting = await stack.say('say: waits');
    const careful = await stack.ask('say: careful', { agent: 'careful' });
    expect(careful.content).toBe('careful');
    const [notice] = (await stack.eventsOf(careful.run)).filter(({ type }) => type === 'notice');
    expect(notice).toMatchObject({ code: 'backend_fallback', backend: 'three' });
    expect(notice?.text).toBe('No member of fast answers; spare is asked instead.');
    expect(stack.supervisor.agents()[1]).toMatchObject({ backend: 'fast', fallback: 'spare' });
    expect(stack.supervisor.run(waiting).status).toBe('queued');
    await servers.revive('two');
    expect((await stack.wait(waiting)).content).toBe('waits');
    await kill(setting, 'three');
    expect((await stack.ask('say: lone', { agent: 'lone' })).content).toBe('lone');
    expect(servers.asked('two')).toEqual(['say: waits', 'say: lone']);
  });

  test('while the supervisor is restarted: the turn that it had goes to another one', async () => {
    const setting = await startOn({ one: SLOWLY, two: {} }, POOL);
    const { stack, servers } = setting;
    const run = await stack.say(`say: ${WORDS}`);
    await stack.event(run, 'text-delta');
    await stack.stopSupervisor();
    await servers.get('one').close();
    await stack.startSupervisor();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: WORDS });
    expect(servers.asked('two')).toHaveLength(1);
  });
});

describe('failures of a member that is there', () => {
  test('send the run to another one at once', async () => {
    const setting = await startOn({ one: { fault: { kind: 'truncate', afterTokens: 1 } }, two: {} }, POOL);
    const { stack } = setting;
    const view = await stack.ask('say: one two three');
    expect(view).toMatchObject({ status: 'answered', content: 'one two three' });
    expect(await servedBy(stack, view.run)).toEqual(['one', 'two']);
    expect(isDown(stack, 'one')).toBe(false);
  });

  test('that are about the prompt are mended where they were shown', async () => {
    const models = [];
    for (const name of ['one', 'two', 'three']) models.push({ name, model: await strictModel({ strictRoles: true }) });
    const stack = await startStack({
      backends: models.map(({ name, model }) => ({ ...model.definition, name })),
      pools: { fast: ['one', 'two', 'three'] },
      agents: [{ name: 'assistant', system: 'Be brief.', backend: 'fast' }],
    });
    await stack.until(() => stack.supervisor.backends().every(({ up }) => up));
    expect((await stack.ask('hello')).status).toBe('answered');
    expect(models.map(({ model }) => model.prompts.length)).toEqual([2, 0, 0]);
  });
});

describe('members that differ', () => {
  test('are asked for the model that they have', async () => {
    const names = { one: { models: ['small'] }, two: { models: ['large'] }, three: { models: ['large:latest'] } };
    const agents = [...POOL.agents, { name: 'wants-large', backend: 'fast', model: 'large' }];
    const setting = await startOn(names, { pools: { fast: ['one', 'two', 'three'] }, agents });
    for (let chat = 0; chat < 4; chat++)
      await setting.stack.ask('say: hello', { agent: 'wants-large', chat: `c${chat}` });
    expect(counts(setting, 'one', 'two', 'three')).toEqual([0, 2, 2]);
  });

  test('on one GPU keep to its limit', async () => {
    const options = { ...POOL, gpuGroups: { card: 3 } };
    const setting = await startOn({ one: SLOWLY, two: SLOWLY }, options, { gpuGroup: 'card' });
    const runs = await fill(setting.stack, 3);
    runs.push(await setting.stack.say('say: waits', { chat: 'late' }));
    expect(setting.stack.supervisor.agents()[0]).toMatchObject({ running: 3, queued: 1 });
    expect(counts(setting, 'one', 'two')).toEqual([2, 1]);
    await stopAll(setting.stack, runs);
  });
});

test('questions of policies name a pool like any backend; without a name they go to the least queue of the agent’s own', async () => {
  const asks = (place: string) =>
    `{ name: 'asks-${place || 'own'}', async review({ ask }) {
      await ask({ ${place && `backend: '${place}',`} messages: [{ role: 'user', content: 'say: ${place || 'own'}' }] });
    } }`;
  const setting = await startOn(
    { one: { ...SLOWLY, slots: 1 }, two: {}, three: {}, four: {} },
    { ...POOL, pools: { ...POOL.pools, judges: ['three', 'four'] }, policies: [asks(''), asks('judges')] },
  );
  const { stack, servers } = setting;
  const guest = await stack.say(`say: ${WORDS}`, { chat: 'guest' });
  await stack.event(guest, 'turn-start');
  expect((await stack.ask('say: hello')).status).toBe('answered');
  expect(servers.asked('two')).toEqual(['say: hello', 'say: own']);
  expect([...servers.asked('three'), ...servers.asked('four')]).toEqual(['say: judges']);
  await stopAll(stack, [guest]);
});
