/** Agents on different model servers, of which some die and come back: who waits, who goes elsewhere, and what is said of it. */
import { describe, expect, test } from 'vitest';
import { mostAtOnce } from './model-calls.ts';
import { type SeenEvent, startStack } from './running-stack.ts';
import { isDown, kill, Servers, type Setting, startOn } from './servers.ts';

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');
/** An answer of sixty words would take seconds. */
const SLOWLY = { tokensPerSecond: 20 };

const notices = (events: readonly SeenEvent[]): SeenEvent[] => events.filter(({ type }) => type === 'notice');

const TWO_AGENTS = [
  { name: 'assistant', backend: 'one' },
  { name: 'analyst', backend: 'two' },
];

describe('a dead one', () => {
  test('holds up nobody else; its runs wait and are answered when it is back', async () => {
    const setting = await startOn({ one: {}, two: {} }, { agents: TWO_AGENTS });
    const { servers, stack } = setting;
    await kill(setting, 'one');
    const waiting = [await stack.say('say: first'), await stack.say('say: second', { chat: 'side' })];
    for (const text of ['a', 'b', 'c'])
      expect((await stack.ask(`say: ${text}`, { agent: 'analyst' })).content).toBe(text);
    expect(waiting.map((run) => stack.supervisor.run(run).status)).toEqual(['queued', 'queued']);
    expect(stack.supervisor.readiness()).toEqual({ ready: true, reasons: [] });
    expect(stack.supervisor.backends()).toMatchObject([
      { name: 'one', up: false, detail: expect.stringContaining('ECONNREFUSED') },
      { name: 'two', up: true },
    ]);
    expect(stack.supervisor.agents()[0]).not.toHaveProperty('fallback');
    await servers.revive('one');
    const views = await Promise.all(waiting.map((run) => stack.wait(run)));
    expect(views.map(({ content }) => content)).toEqual(['first', 'second']);
    const events = await stack.eventsUntil({}, ({ type, run }) => type === 'run-end' && run === waiting[1]);
    const changes = events.filter(({ type }) => type.startsWith('backend-'));
    expect(changes.filter(({ backend }) => backend === 'two').map(({ type }) => type)).toEqual(['backend-up']);
    expect(changes.filter(({ backend }) => backend === 'one').map(({ type }) => type)).toEqual([
      ...['backend-up', 'backend-down', 'backend-up'],
    ]);
    expect(notices(events)).toEqual([]);
  });

  test('does not hold up the other chats of an agent whose concurrency is bounded', async () => {
    const agents = [
      { name: 'assistant', backend: 'one', concurrency: 1 },
      { name: 'analyst', backend: 'two' },
    ];
    const setting = await startOn({ one: {}, two: { slots: 1 } }, { agents });
    await kill(setting, 'one');
    for (let chat = 0; chat < 8; chat++) await setting.stack.say('say: waits', { chat: `c${chat}` });
    expect((await setting.stack.ask('say: now', { agent: 'analyst' })).content).toBe('now');
  });

  test('and another one: why is said of each', async () => {
    const setting = await startOn({ one: {}, two: {} });
    await kill(setting, 'one');
    await kill(setting, 'two');
    const { ready, reasons } = setting.stack.supervisor.readiness();
    expect(ready).toBe(false);
    expect(reasons).toEqual([
      expect.stringMatching(/^the model server one \(http.*\) is not ready: .*ECONNREFUSED/),
      expect.stringMatching(/^the model server two \(http.*\) is not ready: .*ECONNREFUSED/),
    ]);
  });
});

describe('a fallback', () => {
  const FALLING_BACK = [{ name: 'assistant', backend: 'one', fallback: ['two'] }];

  test('answers while the own one is dead, visibly; then it is the own one again', async () => {
    const setting = await startOn({ one: {}, two: {} }, { agents: FALLING_BACK });
    const { servers, stack } = setting;
    expect((await stack.ask('say: before')).content).toBe('before');
    await kill(setting, 'one');
    expect(stack.supervisor.agents()[0]).toMatchObject({ backend: 'one', fallback: 'two' });
    const meanwhile = await stack.ask('say: meanwhile');
    expect(meanwhile).toMatchObject({ status: 'answered', content: 'meanwhile' });
    expect(notices(await stack.eventsOf(meanwhile.run))).toMatchObject([
      { code: 'backend_fallback', backend: 'two', run: meanwhile.run, agent: 'assistant', turn: 1 },
    ]);
    expect(notices(await stack.eventsOf(meanwhile.run))[0]?.text).toMatch(/one .*two/);
    await servers.revive('one');
    await stack.until(() => !isDown(stack, 'one'));
    expect(stack.supervisor.agents()[0]).not.toHaveProperty('fallback');
    const after = await stack.ask('say: after');
    expect(notices(await stack.eventsOf(after.run))).toEqual([]);
    expect(servers.asked('two')).toEqual(['say: meanwhile']);
    expect(servers.asked('one')).toEqual(['say: after']);
  });

  test('takes over when the own one dies in the middle of an answer, and when a message finds it dead', async () => {
    const setting = await startOn({ one: SLOWLY, two: {} }, { agents: FALLING_BACK });
    const { servers, stack } = setting;
    const run = await stack.say(`say: ${WORDS}`);
    await stack.event(run, 'text-delta');
    await servers.get('one').close();
    const side = await stack.ask('say: found it dead', { chat: 'side' });
    expect([side.status, side.content]).toEqual(['answered', 'found it dead']);
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: WORDS });
    const events = await stack.eventsOf(run);
    expect(events.filter(({ type }) => type === 'turn-cut')).toHaveLength(1);
    expect(notices(events)).toMatchObject([{ code: 'backend_fallback', backend: 'two', turn: 2 }]);
  });

  test('goes on with the correction of an answer that was cut on the one that died', async () => {
    const setting = await startOn({ one: SLOWLY, two: {} }, { agents: FALLING_BACK });
    const { servers, stack } = setting;
    const run = await stack.say(`say: ${WORDS}`);
    await stack.event(run, 'text-delta');
    const corrected = stack.supervisor.interject('assistant', undefined, 'say: corrected');
    void servers.get('one').close();
    stack.engine.bench.backends.suspect('one', 'it is gone');
    await corrected;
    expect(await stack.wait(run)).toMatchObject({ status: 'answered' });
    const events = await stack.eventsOf(run);
    expect(events.filter(({ type }) => type === 'turn-start')).toHaveLength(2);
    expect(notices(events)).toMatchObject([{ backend: 'two', turn: 2 }]);
    expect(servers.get('two').requests()[0]?.messages.at(-1)?.content).toContain('say: corrected');
  });

  test('that has not the model of the agent is passed over', async () => {
    const agents = [{ name: 'assistant', backend: 'one', model: 'qwen3', fallback: ['two', 'three'] }];
    const names = { one: { models: ['qwen3'] }, two: { models: ['other'] }, three: { models: ['qwen3:latest'] } };
    const setting = await startOn(names, { agents });
    const { servers, stack } = setting;
    await kill(setting, 'one');
    expect((await stack.ask('say: third')).content).toBe('third');
    expect([servers.asked('two'), servers.asked('three')]).toEqual([[], ['say: third']]);
    await kill(setting, 'three');
    const run = await stack.say('say: waits');
    await servers.revive('three');
    expect((await stack.wait(run)).content).toBe('waits');
    expect([servers.asked('two'), servers.asked('three')]).toEqual([[], ['say: waits']]);
  });

  test('keeps its slots, also when the supervisor is restarted meanwhile', async () => {
    const slow = { slots: 1, tokensPerSecond: 200 };
    const setting = await startOn({ one: {}, two: slow }, { agents: FALLING_BACK });
    const { servers, stack } = setting;
    await kill(setting, 'one');
    const first = await stack.say(`say: ${WORDS}`);
    await stack.event(first, 'text-delta');
    await stack.stopSupervisor();
    await stack.startSupervisor();
    const second = await stack.say('say: second', { chat: 'side' });
    expect((await stack.wait(second)).content).toBe('second');
    expect((await stack.wait(first)).content).toBe(WORDS);
    expect(mostAtOnce(servers.get('two').requests())).toBe(1);
    expect(servers.asked('two')).toHaveLength(2);
  });
});

describe('backends on one GPU', () => {
  const calls = ({ servers }: Setting, ...names: string[]) =>
    names.flatMap((name) => [...servers.get(name).requests()]);

  test('have the limit of their group, 1 unless something else is said; others go on meanwhile', async () => {
    for (const [gpuGroups, most] of [
      [undefined, 1],
      [{ gpu: 3 }, 3],
    ] as const) {
      const servers = new Servers();
      for (const name of ['one', 'two', 'three']) await servers.start(name, { tokensPerSecond: 100 });
      const backends = servers.configurations.map((backend) =>
        backend.name === 'three' ? backend : { ...backend, gpuGroup: 'gpu' },
      );
      const agents = ['one', 'two', 'three'].map((backend) => ({ name: `on-${backend}`, backend }));
      const stack = await startStack({ backends, agents, ...(gpuGroups && { gpuGroups }) });
      await stack.until(() => stack.supervisor.backends().every(({ up }) => up));
      const runs = await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          stack.say('say: one two three four five six seven eight', {
            agent: agents[index % 3]?.name ?? '',
            chat: `c${index}`,
          }),
        ),
      );
      const views = await Promise.all(runs.map((run) => stack.wait(run)));
      expect(new Set(views.map(({ status }) => status))).toEqual(new Set(['answered']));
      const [inGroup, elsewhere] = [calls({ servers, stack }, 'one', 'two'), calls({ servers, stack }, 'three')];
      expect(mostAtOnce(inGroup)).toBeLessThanOrEqual(most);
      expect(mostAtOnce(inGroup) > 1).toBe(most > 1);
      expect(mostAtOnce(elsewhere)).toBeGreaterThan(1);
    }
  });
});

describe('failures of a server that is there', () => {
  test('cost one run a pause; the server stays up, and others are answered meanwhile', async () => {
    const { servers, stack } = await startOn({ one: {} });
    const pauses = [250, 1000];
    const run = await stack.say('fault: truncate 2\nsay: one two three four');
    expect((await stack.ask('say: meanwhile', { chat: 'side' })).content).toBe('meanwhile');
    expect(stack.supervisor.run(run).status).toBe('running');
    expect(await stack.wait(run)).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/^backend_truncated: /),
    });
    const tries = servers
      .get('one')
      .requests()
      .filter(({ outcome }) => outcome === 'failed');
    expect(tries).toHaveLength(3);
    for (const [index, pause] of pauses.entries()) {
      const waited = Number(tries[index + 1]?.started) - Number(tries[index]?.endedAt);
      expect(waited).toBeGreaterThan(pause - 20);
    }
    const events = await stack.eventsUntil({}, ({ type, run: of }) => type === 'run-end' && of === run);
    expect(events.filter(({ type }) => type === 'backend-down')).toEqual([]);
  });

  test('hold back the later messages of the chat, so that its order is kept', async () => {
    const { servers, stack } = await startOn({ one: {} });
    servers.get('one').change({ fault: { kind: 'error-line', afterTokens: 1, times: 1 } });
    const runs = [await stack.say('say: first'), await stack.say('say: second')];
    const views = await Promise.all(runs.map((run) => stack.wait(run)));
    expect(views.map(({ content }) => content)).toEqual(['first', 'second']);
    expect(servers.asked('one')).toEqual(['say: first', 'say: first', 'say: second']);
  });
});
