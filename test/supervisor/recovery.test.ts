/** What is lost between agents, supervisor and model server in mid-turn, and that nobody notices more of it than need be. */
import { describe, expect, test } from 'vitest';
import { scriptedModel } from '../agent/scripted-model.ts';
import { runInProgress } from './run-in-progress.ts';
import { sayCoded, shownText, startStack } from './running-stack.ts';

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`).join(' ');
/** Long enough to restart something in between. */
const SLOWLY = { simulator: { tokensPerSecond: 300 } };
/** After its first word it is not done before the test is; what is asked after `simulator.change(AT_ONCE)` is. */
const STUCK = { simulator: { tokensPerSecond: 0.5 } };
const AT_ONCE = { tokensPerSecond: 0 };

describe('a lost connection between agent and supervisor', () => {
  test('in mid-turn, again and again: nothing is lost, nothing comes twice, the model is asked once', async () => {
    const { stack, run, call } = await runInProgress();
    let after = 0;
    for (let round = 0; round < 4; round++) {
      call.say(`before ${round}, `);
      after = (await stack.eventsUntil({ run }, ({ type }) => type === 'text-delta', after)).at(-1)?.seq ?? 0;
      stack.dropConnections();
      call.say(`after ${round}; `);
      await stack.eventsUntil({ agent: 'assistant' }, ({ type }) => type === 'agent-ready', after);
    }
    call.finish();
    const text = [0, 1, 2, 3].map((round) => `before ${round}, after ${round}; `).join('');
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: text });
    expect(shownText(await stack.eventsOf(run), 1)).toBe(text);
    const isStart = ({ type }: { type: string }): boolean => type === 'turn-start';
    expect((await stack.eventsOf(run)).filter(isStart)).toHaveLength(1);
  });

  test('with a cut meanwhile: the agent is told when it is back, and the run goes on', async () => {
    const { stack, model, run, call } = await runInProgress();
    call.say('Hi there');
    await stack.event(run, 'text-delta');
    stack.dropConnections();
    await stack.until(() => stack.engine.bench.links.connected('assistant') === undefined);
    await stack.supervisor.interject('assistant', undefined, 'Louder.');
    await call.closed;
    const next = await model.call();
    next.say('HI');
    next.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'HI' });
  });

  test('while the answer ends: the end is told after the reconnect, and recorded once', async () => {
    const { stack, run, call } = await runInProgress();
    call.say('Hi');
    await stack.event(run, 'text-delta');
    stack.dropConnections();
    call.say(' there');
    call.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi there' });
    const events = await stack.eventsOf(run);
    stack.dropConnections();
    await stack.eventsUntil({ agent: 'assistant' }, ({ type }) => type === 'agent-ready', events.at(-1)?.seq);
    expect(stack.supervisor.run(run).status).toBe('answered');
    expect(events.filter(({ type }) => type === 'turn-end')).toHaveLength(1);
  });
});

describe('a supervisor that is replaced in mid-turn', () => {
  test('waits for an agent whose process lives, however late it comes; one that nobody knows of has lost its turn', async () => {
    const { stack, run, call, model } = await runInProgress();
    call.say('Hi');
    await stack.event(run, 'text-delta');
    const other = await stack.say('hello', { agent: 'analyst' });
    await model.call();
    stack.keepAgentsOut();
    await stack.stopSupervisor();
    await stack.startSupervisor((agent) => agent === 'assistant');
    expect(await stack.event(other, 'turn-cut')).toMatchObject({ reason: 'agent_lost' });
    stack.letAgentsIn();
    call.say(' there');
    call.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi there' });
    expect((await stack.eventsOf(run)).filter(({ type }) => type === 'turn-start')).toHaveLength(1);
    const again = await model.call();
    again.say('Hello');
    again.finish();
    expect(await stack.wait(other)).toMatchObject({ status: 'answered', content: 'Hello' });
  });

  test('goes on where the last one ended: one model call, one answer, the deltas put together are the answer', async () => {
    const stack = await startStack(SLOWLY);
    const run = await stack.say(sayCoded(WORDS));
    await stack.event(run, 'text-delta');
    await stack.stopSupervisor();
    await stack.startSupervisor();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: WORDS });
    expect(shownText(await stack.eventsOf(run), 1)).toBe(WORDS);
    expect(stack.calls()).toHaveLength(1);
  });

  test('also when a word that is not to be shown lies across the place where it stopped', async () => {
    const { stack, model, run, call } = await runInProgress();
    call.think('hm');
    call.say('fine, ERR');
    await stack.eventsUntil({ run }, (event) => event.type === 'text-delta' && event.text === 'fine, ');
    await stack.stopSupervisor();
    await stack.startSupervisor();
    call.say('OR');
    await call.closed;
    const next = await model.call();
    expect(next.body.messages[1]).toEqual({ role: 'assistant', content: 'fine, ' });
    next.say('better');
    next.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'better' });
    const events = await stack.eventsOf(run);
    expect([shownText(events, 1), shownText(events, 1, 'reasoning')]).toEqual(['fine, ', 'hm']);
  });

  test('gets the end of an answer that ended meanwhile', async () => {
    const { stack, run, call } = await runInProgress();
    call.say('Hi');
    await stack.event(run, 'text-delta');
    await stack.stopSupervisor();
    call.say(' there');
    call.finish();
    await call.closed;
    await stack.startSupervisor();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi there' });
  });

  test('keeps what waits, in its order, and the interventions that count', async () => {
    const never = `{ name: 'sour', holdback: 0, onText: ({ text }) =>
      text.length > 3 ? { action: 'interject', text: 'Again.' } : undefined }`;
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition, policies: [never] });
    const [run, second, third] = [await stack.say('first'), await stack.say('second'), await stack.say('third')];
    for (let turn = 0; turn < 2; turn++) (await model.call()).say('too long');
    const open = await model.call();
    await stack.stopSupervisor();
    await stack.startSupervisor();
    open.say('too long');
    (await model.call()).say('too long');
    expect(await stack.wait(run)).toMatchObject({ status: 'failed', reason: 'intervention_limit' });
    for (const text of ['second', 'third']) {
      const call = await model.call();
      expect(call.body.messages.at(-1)?.content).toBe(text);
      call.say('ok');
      call.finish();
      await stack.wait(text === 'second' ? second : third);
    }
  });

  test('without its agent: the turn is lost after a second, the run is tried again with the next agent', async () => {
    const stack = await startStack(STUCK);
    const run = await stack.say(sayCoded(WORDS));
    await stack.event(run, 'text-delta');
    await stack.stopSupervisor();
    stack.simulator.change(AT_ONCE);
    stack.endAgent('assistant', { tell: false });
    await stack.startSupervisor();
    await stack.event(run, 'turn-cut');
    expect(stack.supervisor.run(run)).toMatchObject({ status: 'running' });
    await stack.startAgent('assistant');
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: WORDS });
    const events = await stack.eventsOf(run);
    expect(events.filter(({ type }) => type === 'turn-cut')).toMatchObject([{ turn: 1, text: shownText(events, 1) }]);
    expect(shownText(events, 2)).toBe(WORDS);
  });
});

describe('an agent that dies', () => {
  test('in mid-turn: the run is tried again; the model sees nothing of the lost turn', async () => {
    const stack = await startStack(STUCK);
    const run = await stack.say(sayCoded(WORDS));
    await stack.event(run, 'text-delta');
    stack.simulator.change(AT_ONCE);
    stack.endAgent('assistant');
    await stack.startAgent('assistant');
    const view = await stack.wait(run);
    expect(view).toMatchObject({ status: 'answered', content: WORDS });
    expect(view.messages.map(({ role, status }) => `${status} ${role}`)).toEqual([
      ...['complete user', 'interrupted assistant', 'complete assistant'],
    ]);
    expect(stack.calls().map(({ messages }) => messages.length)).toEqual([1, 1]);
  });

  test('three times with one message: that message fails, the next one is served', async () => {
    const stack = await startStack(STUCK);
    const [run, next] = [await stack.say(sayCoded(WORDS)), await stack.say('say: next')];
    for (let turn = 1; turn <= 3; turn++) {
      await stack.eventsUntil({ run }, (event) => event.type === 'text-delta' && event.turn === turn);
      if (turn === 3) stack.simulator.change(AT_ONCE);
      stack.endAgent('assistant');
      await stack.startAgent('assistant');
    }
    expect((await stack.wait(run)).reason).toBe('agent_died: agent assistant was lost 3 times with this message');
    expect((await stack.wait(next)).content).toBe('next');
  });

  test('on purpose, however often: that is not the fault of the message', async () => {
    const stack = await startStack(STUCK);
    const run = await stack.say(sayCoded(WORDS));
    for (let turn = 1; turn <= 3; turn++) {
      await stack.eventsUntil({ run }, (event) => event.type === 'text-delta' && event.turn === turn);
      if (turn === 3) stack.simulator.change(AT_ONCE);
      stack.endAgent('assistant', { expected: true });
      await stack.startAgent('assistant');
    }
    expect((await stack.wait(run)).status).toBe('answered');
  });

  test('what happened to agents is told', async () => {
    const stack = await startStack();
    stack.endAgent('assistant');
    await stack.startAgent('assistant');
    const isBack = ({ type, incarnation }: { type: string } & Record<string, unknown>): boolean =>
      type === 'agent-ready' && incarnation === 'assistant-3';
    const events = await stack.eventsUntil({ agent: 'assistant' }, isBack);
    const told = events.filter(({ type }) => type.startsWith('agent-'));
    expect(told.map(({ type, incarnation }) => [type, incarnation])).toEqual([
      ['agent-ready', 'assistant-1'],
      ['agent-exit', 'assistant-1'],
      ['agent-ready', 'assistant-3'],
    ]);
    expect(told[1]).toMatchObject({ reason: 'killed', restarting: true });
  });
});

describe('a model server that fails', () => {
  test('once: the run is tried again and answered', async () => {
    const stack = await startStack();
    stack.simulator.change({ fault: { kind: 'truncate', afterTokens: 2, times: 1 } });
    const view = await stack.ask('say: one two three four');
    expect(view).toMatchObject({ status: 'answered', content: 'one two three four' });
    expect(stack.calls().map(({ outcome }) => outcome)).toEqual(['failed', 'completed']);
    const events = await stack.eventsOf(view.run);
    expect(events.filter(({ type }) => type === 'turn-cut')).toMatchObject([
      { turn: 1, reason: expect.stringContaining('backend_truncated') },
    ]);
  });

  test('three times: the run fails and says why; the next one is served', async () => {
    const stack = await startStack();
    stack.simulator.change({ fault: { kind: 'error-line', afterTokens: 1, times: 3 } });
    const view = await stack.ask('say: one two three four');
    expect(view.status).toBe('failed');
    expect(view.reason).toMatch(/^backend_failed: /);
    expect(stack.calls()).toHaveLength(3);
    expect((await stack.ask('say: next')).content).toBe('next');
  });

  test('in a way that no retry helps: the run fails at once', async () => {
    const stack = await startStack();
    stack.simulator.change({ fault: { kind: 'garbage', afterTokens: 1, times: 1 } });
    const view = await stack.ask('say: one two three four');
    expect(view).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^backend_garbage: /) });
    expect(stack.calls()).toHaveLength(1);
    expect(stack.supervisor.readiness().ready).toBe(true);
  });

  test('by going away: the stack says so, and goes on when it is back', async () => {
    const stack = await startStack(STUCK);
    const { port } = stack.simulator;
    const run = await stack.say(sayCoded(WORDS));
    await stack.event(run, 'text-delta');
    await stack.simulator.close();
    await stack.eventsUntil({}, ({ type }) => type === 'backend-down');
    await stack.restartSimulator(port);
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: WORDS });
    const changes = (await stack.eventsUntil({}, ({ type }) => type === 'run-end')).filter(({ type }) =>
      type.startsWith('backend-'),
    );
    expect(changes.map(({ type }) => type)).toEqual(['backend-up', 'backend-down', 'backend-up']);
  });
});
