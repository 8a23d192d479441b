/** What agents say of their model servers, and what turns are started with, seen by an agent that the test plays over the real bus. */
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { FromAgent, ToAgent, TurnStart } from '../../agent/bus/messages.ts';
import { callSupervisor } from '../../agent/bus/transport.ts';
import { deferred } from '../backend/collect.ts';
import { type RunningStack, type StackOptions, startWithoutAgents } from './running-stack.ts';

/** A stack whose agent is played: the first turn that starts, and how to answer. */
async function play(options: StackOptions): Promise<[RunningStack, Promise<TurnStart>, (message: FromAgent) => void]> {
  const stack = await startWithoutAgents(options);
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const started = deferred<TurnStart>();
  let send: (message: FromAgent) => void = () => {};
  callSupervisor(join(stack.folder, 's.sock'), stop.signal, (connection) => {
    connection.onMessage((message: ToAgent) => {
      if (message.type === 'turn-start') started.resolve(message);
    });
    send = (message) => connection.send(message);
    send({ type: 'hello', agent: 'assistant', incarnation: 'one', turns: [] });
  });
  return [stack, started.promise, (message) => send(message)];
}

const ALONE = { agents: [{ name: 'assistant' }] };

test('a prompt that was cut silently is said to readers of the run, now and in the history', async () => {
  const [stack, started, send] = await play(ALONE);
  const run = await stack.say('Why?');
  const { turn } = await started;
  send({ type: 'notice', turn, code: 'prompt_truncated', text: 'Ollama left out <b>half</b> of it.' });
  send({ type: 'delta', turn, channel: 'text', offset: 0, text: 'So.' });
  send({
    type: 'turn-ended',
    end: { turn, outcome: 'finished', textLength: 3, reasoningLength: 0, finishReason: 'stop' },
  });
  expect((await stack.wait(run)).content).toBe('So.');
  const events = await stack.eventsOf(run);
  const notice = { code: 'prompt_truncated', text: 'Ollama left out <b>half</b> of it.', turn: 1 };
  expect(events.filter(({ type }) => type === 'notice')).toMatchObject([{ ...notice, run, chat: 'main' }]);
  const [asked, answer] = stack.supervisor.history('assistant', undefined).messages;
  expect(asked).toMatchObject({ role: 'user', notices: [notice] });
  expect(answer).not.toHaveProperty('notices');
});

test('a notice about a turn that nobody knows is not recorded', async () => {
  const [stack, started, send] = await play(ALONE);
  const run = await stack.say('Why?');
  const { turn } = await started;
  send({ type: 'notice', turn: 'elsewhere.1', code: 'prompt_truncated', text: 'no' });
  send({
    type: 'turn-ended',
    end: { turn, outcome: 'finished', textLength: 0, reasoningLength: 0, finishReason: 'stop' },
  });
  await stack.wait(run);
  expect((await stack.eventsUntil({}, ({ type }) => type === 'run-end')).some(({ type }) => type === 'notice')).toBe(
    false,
  );
});

test('a turn starts with all that the agent says about sampling and loading', async () => {
  const options = {
    ...{ temperature: 0.5, topP: 0.9, topK: 40, repeatPenalty: 1.1, maxTokens: 7, seed: 3 },
    ...{ context: 4096, numGpu: -1, keepAlive: '5m' },
  };
  const [stack, started] = await play({ agents: [{ name: 'assistant', ...options }] });
  await stack.say('Why?');
  expect((await started).options).toEqual(options);
});
