/** An agent over a real socket and real HTTP, with a supervisor that loses its connections and a model that is played by hand. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { runAgent } from '../../agent/agent-process.ts';
import type { ToAgent } from '../../agent/bus/messages.ts';
import type { Log } from '../../agent/log.ts';
import { type ScriptedCall, type ScriptedModel, scriptedModel } from './scripted-model.ts';
import { type RecordingSupervisor, recordingSupervisor } from './supervisor-end.ts';

const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface Setting {
  supervisor: RecordingSupervisor;
  model: ScriptedModel;
  /** Ends the agent, as when its process is to end. */
  stop(): void;
}

/** An agent that has said its first hello. */
async function start(given?: ScriptedModel, lateAcceptanceMs?: number): Promise<Setting> {
  const [supervisor, model] = [await recordingSupervisor(), given ?? (await scriptedModel())];
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const settings = { agent: 'assistant', incarnation: 'a1', socketPath: supervisor.path, backends: [model.definition] };
  runAgent({ ...settings, ...(lateAcceptanceMs !== undefined && { lateAcceptanceMs }) }, SILENT, stopping.signal);
  expect(await supervisor.next('hello')).toEqual({ type: 'hello', agent: 'assistant', incarnation: 'a1', turns: [] });
  return { supervisor, model, stop: () => stopping.abort() };
}

/** An agent whose model has been asked for the turn `t1` and has said nothing yet. */
async function startTurn(): Promise<Setting & { call: ScriptedCall }> {
  const setting = await start();
  setting.supervisor.send(turnStart('t1'));
  return { ...setting, call: await setting.model.call() };
}

function turnStart(turn: string, changes: Partial<Extract<ToAgent, { type: 'turn-start' }>> = {}): ToAgent {
  const messages = [{ role: 'user' as const, content: 'hello' }];
  const fixed = { type: 'turn-start', turn, run: 'r', backend: 'scripted', model: 'm', messages } as const;
  return { ...fixed, options: { temperature: 0.5, seed: 7 }, ...changes };
}

describe('a turn', () => {
  test('the command reaches the model, its answer comes back as deltas and one end', async () => {
    const { supervisor, call } = await startTurn();
    expect(call.body).toMatchObject({ model: 'm', stream: true, temperature: 0.5, seed: 7 });
    expect(call.body.messages).toEqual([{ role: 'user', content: 'hello' }]);
    expect(call.body).not.toHaveProperty('top_p');
    call.think('hm');
    call.say('Hel');
    expect(await supervisor.next('delta')).toEqual({
      ...{ type: 'delta', turn: 't1', channel: 'reasoning', offset: 0, text: 'hm' },
    });
    expect(await supervisor.text('t1', 3)).toBe('Hel');
    call.say('lo');
    call.finish();
    expect(await supervisor.next('delta')).toMatchObject({ channel: 'text', offset: 3, text: 'lo' });
    const { end } = await supervisor.next('turn-ended');
    expect(end).toMatchObject({ turn: 't1', outcome: 'finished', textLength: 5, reasoningLength: 2 });
    expect(end).toMatchObject({ finishReason: 'stop', usage: { promptTokens: 7, completionTokens: 5 } });
    expect(end.firstDeltaMs).toBeGreaterThan(0);
    expect(end).not.toHaveProperty('cutMs');
  });

  test('two at a time do not mix', async () => {
    const { supervisor, model } = await start();
    supervisor.send(turnStart('t1', { messages: [{ role: 'user', content: 'one' }] }));
    supervisor.send(turnStart('t2', { messages: [{ role: 'user', content: 'two' }] }));
    for (const call of [await model.call(), await model.call()]) {
      call.say(`answer to ${call.body.messages[0]?.content}`);
      call.finish();
    }
    await supervisor.next('turn-ended');
    await supervisor.next('turn-ended');
    const texts = (turn: string): string =>
      supervisor.received
        .map((message) => (message.type === 'delta' && message.turn === turn ? message.text : ''))
        .join('');
    expect([texts('t1'), texts('t2')]).toEqual(['answer to one', 'answer to two']);
  });

  test.each([
    [
      'a connection that breaks',
      'backend_unreachable',
      (call: Awaited<ReturnType<ScriptedModel['call']>>) => call.break(),
    ],
    ['an error inside the stream', 'backend_failed', (call) => call.chunk({ error: { code: 500, message: 'oh' } })],
    ['a tool call', 'tool_calls_unsupported', (call) => call.chunk(toolCall)],
  ])('%s fails it by name, with the length of what had come', async (_, errorCode, misbehave) => {
    const { supervisor, call } = await startTurn();
    call.say('abc');
    await supervisor.text('t1', 3);
    misbehave(call);
    const { end } = await supervisor.next('turn-ended');
    expect(end).toMatchObject({ outcome: 'failed', errorCode, textLength: 3 });
    expect(end.errorMessage).not.toBe('');
  });

  test('a backend that the agent does not know fails it', async () => {
    const { supervisor } = await start();
    supervisor.send(turnStart('t1', { backend: 'elsewhere' }));
    const { end } = await supervisor.next('turn-ended');
    expect(end).toMatchObject({ outcome: 'failed', errorCode: 'agent_failed', textLength: 0 });
    expect(end.errorMessage).toContain('elsewhere');
  });
});

const toolCall = {
  choices: [{ delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{}' } }] } }],
};

describe('cancelling', () => {
  test('closes the connection to the model and says how long that took', async () => {
    const { supervisor, call } = await startTurn();
    call.say('It is an ERR');
    await supervisor.text('t1', 12);
    call.say('OR');
    await supervisor.next('delta');
    supervisor.send({ type: 'turn-cancel', turn: 't1', offset: 14 });
    supervisor.send({ type: 'turn-cancel', turn: 't1' });
    await call.closed;
    const { end } = await supervisor.next('turn-ended');
    expect(end).toMatchObject({ outcome: 'cancelled', textLength: 14 });
    expect(end.cutMs).toBeGreaterThan(0);
  });

  test('the time counts from the delta that was objected to, not from reasoning of the same length', async () => {
    const { supervisor, call } = await startTurn();
    call.think('abc');
    await supervisor.text('t1', 3);
    const thought = performance.now();
    while (performance.now() - thought < 1000) await new Promise(setImmediate);
    call.say('xyz');
    await supervisor.text('t1', 3);
    supervisor.send({ type: 'turn-cancel', turn: 't1', offset: 3 });
    const { end } = await supervisor.next('turn-ended');
    expect(end.cutMs).toBeLessThan(1000);
  });

  test('before the first token, after the end, and of a turn that it does not have', async () => {
    const { supervisor, model } = await start();
    supervisor.send({ type: 'turn-cancel', turn: 'unknown' });
    supervisor.send(turnStart('t1'));
    const call = await model.call();
    supervisor.send({ type: 'turn-cancel', turn: 't1' });
    await call.closed;
    const { end } = await supervisor.next('turn-ended');
    expect(end).toMatchObject({ turn: 't1', outcome: 'cancelled', textLength: 0, reasoningLength: 0 });
    expect(end.timing).not.toHaveProperty('firstTextMs');
    supervisor.send({ type: 'turn-cancel', turn: 't1' });
    supervisor.send(turnStart('t2'));
    const second = await model.call();
    second.finish();
    expect((await supervisor.next('turn-ended')).end).toMatchObject({ turn: 't2', outcome: 'finished' });
  });

  test('a cancel in the same breath as the start never leaves a model call behind', async () => {
    const { supervisor } = await start();
    supervisor.send(turnStart('t1'));
    supervisor.send({ type: 'turn-cancel', turn: 't1' });
    expect((await supervisor.next('turn-ended')).end).toMatchObject({ outcome: 'cancelled' });
  });

  test('an agent that is to end closes its connections at once', async () => {
    const { supervisor, model, stop } = await start();
    supervisor.send(turnStart('t1'));
    const call = await model.call();
    call.say('abc');
    await supervisor.text('t1', 3);
    stop();
    await call.closed;
    expect(call.isOpen).toBe(false);
  });
});

describe('a model server that does not take the request', () => {
  const startWaiting = async (lateAcceptanceMs?: number): Promise<Setting> =>
    start(await scriptedModel('scripted', 'by hand'), lateAcceptanceMs);

  test('is told of when it is late, and when it has taken it after all', async () => {
    const { supervisor, model } = await startWaiting(20);
    supervisor.send(turnStart('t1'));
    const call = await model.call();
    expect(await supervisor.next('turn-waiting')).toEqual({ type: 'turn-waiting', turn: 't1' });
    call.accept();
    expect(await supervisor.next('turn-accepted')).toEqual({ type: 'turn-accepted', turn: 't1' });
    call.say('abc');
    call.finish();
    expect((await supervisor.next('turn-ended')).end).toMatchObject({ outcome: 'finished', textLength: 3 });
    const types = supervisor.received.map(({ type }) => type);
    expect(types).toEqual(['hello', 'turn-waiting', 'turn-accepted', 'delta', 'turn-ended']);
  });

  test('is late after five seconds, where nothing else is said', async () => {
    const { supervisor } = await startWaiting();
    const sent = performance.now();
    supervisor.send(turnStart('t1'));
    await supervisor.next('turn-waiting');
    expect(performance.now() - sent).toBeGreaterThan(4900);
  });

  test('that takes it in time, or that breaks, is not told of', async () => {
    const { supervisor, model } = await startWaiting(60_000);
    supervisor.send(turnStart('t1'));
    const call = await model.call();
    call.accept();
    call.finish();
    await supervisor.next('turn-ended');
    supervisor.send(turnStart('t2'));
    (await model.call()).break();
    expect((await supervisor.next('turn-ended')).end).toMatchObject({ errorCode: 'backend_unreachable' });
    expect(supervisor.received.map(({ type }) => type)).toEqual(['hello', 'turn-ended', 'turn-ended']);
  });

  test('is left at once when the turn is cancelled; nothing more is told of it', async () => {
    const { supervisor, model } = await startWaiting(20);
    supervisor.send(turnStart('t1'));
    const call = await model.call();
    await supervisor.next('turn-waiting');
    supervisor.send({ type: 'turn-cancel', turn: 't1' });
    await call.closed;
    expect((await supervisor.next('turn-ended')).end).toMatchObject({ outcome: 'cancelled', textLength: 0 });
    expect(supervisor.received.map(({ type }) => type)).toEqual(['hello', 'turn-waiting', 'turn-ended']);
  });

  test('is told of again to a supervisor that may not have heard of it', async () => {
    const { supervisor, model } = await startWaiting(20);
    supervisor.send(turnStart('t1'));
    const call = await model.call();
    await supervisor.next('turn-waiting');
    supervisor.drop();
    await supervisor.next('hello');
    supervisor.send({ type: 'turn-resume', turn: 't1', textOffset: 0, reasoningOffset: 0 });
    await supervisor.next('turn-waiting');
    call.accept();
    expect(await supervisor.next('turn-accepted')).toEqual({ type: 'turn-accepted', turn: 't1' });
  });
});

describe('a lost supervisor', () => {
  test('the model goes on meanwhile; the next supervisor gets what is behind its offsets, then what comes', async () => {
    const { supervisor, call } = await startTurn();
    call.think('think');
    call.say('abc');
    await supervisor.text('t1', 8);
    await supervisor.die();
    call.say('def');
    await supervisor.listen();
    expect(await supervisor.next('hello')).toMatchObject({ incarnation: 'a1', turns: [{ turn: 't1' }] });
    call.say('g');
    supervisor.send({ type: 'turn-resume', turn: 't1', textOffset: 2, reasoningOffset: 5 });
    const again = await supervisor.next('delta');
    expect(again).toMatchObject({ channel: 'text', offset: 2 });
    expect('cdefg'.startsWith(again.text)).toBe(true);
    await supervisor.text('t1', 7, 2 + again.text.length);
    call.say('h');
    expect(await supervisor.next('delta')).toMatchObject({ channel: 'text', offset: 7, text: 'h' });
    call.finish();
    expect((await supervisor.next('turn-ended')).end).toMatchObject({ textLength: 8, reasoningLength: 5 });
  });

  test('until it is told to resume a turn it sends nothing of it', async () => {
    const { supervisor, model, call } = await startTurn();
    call.say('abc');
    await supervisor.text('t1', 3);
    supervisor.drop();
    await supervisor.next('hello');
    const before = supervisor.received.length;
    call.say('def');
    call.finish();
    await call.closed;
    supervisor.send(turnStart('t2'));
    const other = await model.call();
    other.finish();
    expect((await supervisor.next('turn-ended')).end.turn).toBe('t2');
    expect(supervisor.received.slice(before).map(({ type }) => type)).toEqual(['turn-ended']);
    supervisor.send({ type: 'turn-resume', turn: 't1', textOffset: 3, reasoningOffset: 0 });
    expect(await supervisor.next('delta')).toMatchObject({ turn: 't1', offset: 3, text: 'def' });
    expect((await supervisor.next('turn-ended')).end).toMatchObject({ turn: 't1', outcome: 'finished' });
  });

  test('an end is sent again to every supervisor until one has recorded it', async () => {
    const { supervisor, model, call } = await startTurn();
    call.say('abc');
    call.finish();
    const first = await supervisor.next('turn-ended');
    for (let round = 0; round < 3; round++) {
      supervisor.drop();
      expect((await supervisor.next('hello')).turns).toEqual([{ turn: 't1' }]);
      supervisor.send({ type: 'turn-resume', turn: 't1', textOffset: 3, reasoningOffset: 0 });
      expect(await supervisor.next('turn-ended')).toEqual(first);
    }
    supervisor.send({ type: 'turn-end-recorded', turn: 't1' });
    supervisor.send({ type: 'turn-resume', turn: 't1', textOffset: 0, reasoningOffset: 0 });
    supervisor.send(turnStart('t2'));
    await model.call();
    supervisor.drop();
    expect((await supervisor.next('hello')).turns).toEqual([{ turn: 't2' }]);
  });

  test('a turn that the new supervisor does not want is cancelled and forgotten without a word', async () => {
    const { supervisor, model, call } = await startTurn();
    call.say('abc');
    await supervisor.text('t1', 3);
    supervisor.drop();
    await supervisor.next('hello');
    const before = supervisor.received.length;
    supervisor.send({ type: 'turn-cancel', turn: 't1' });
    supervisor.send({ type: 'turn-end-recorded', turn: 't1' });
    await call.closed;
    supervisor.send(turnStart('t2'));
    await model.call();
    supervisor.drop();
    expect((await supervisor.next('hello')).turns).toEqual([{ turn: 't2' }]);
    expect(supervisor.received.slice(before).map(({ type }) => type)).toEqual(['hello']);
  });

  test('rubbish from the supervisor costs the connection, not the turn', async () => {
    const { supervisor, call } = await startTurn();
    call.say('abc');
    await supervisor.text('t1', 3);
    supervisor.send({ type: 'turn-start', turn: 7 } as never);
    expect((await supervisor.next('hello')).turns).toEqual([{ turn: 't1' }]);
    supervisor.send({ type: 'turn-resume', turn: 't1', textOffset: 0, reasoningOffset: 0 });
    expect(await supervisor.text('t1', 3)).toBe('abc');
  });
});
