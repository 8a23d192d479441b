/** Model servers that fall silent: their turns end. */
import type { Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { BackendError } from '../../agent/backend/errors.ts';
import { scriptedModel } from '../agent/scripted-model.ts';
import { delta, eventStream, jsonReply, startRawServer } from '../backend/raw-server.ts';
import { startStack } from './running-stack.ts';

const HURRIED = [{ name: 'assistant', silenceSeconds: 0.2 }];

/** Describes itself like llama-server, and answers model calls as the test says. */
async function serverThat(answers: (socket: Socket) => void) {
  const server = await startRawServer((socket, request) => {
    if (request.startsWith('POST')) return answers(socket);
    const known = request.startsWith('GET /props') ? { total_slots: 2, model_alias: 'mute' } : { status: 'ok' };
    socket.end(jsonReply(200, known));
  });
  onTestFinished(() => server.close());
  return { name: 'mute', kind: 'openai', url: server.url } as const;
}

test('a server that never answers: the run fails, and the slot is free for the next one', async () => {
  const backend = await serverThat(() => {});
  const stack = await startStack({ backend, agents: HURRIED, slots: 1 });
  const [first, second] = await Promise.all([stack.ask('hello'), stack.ask('again')]);
  const reason = 'backend_timeout: nothing came from the model server for 0.2 s';
  expect([first, second]).toMatchObject([
    { status: 'failed', reason },
    { status: 'failed', reason },
  ]);
  await stack.until(() => stack.engine.bench.runs.all().length === 0);
});

test('a server that falls silent in mid-answer: what it said stays as interrupted', async () => {
  const backend = await serverThat((socket) => {
    socket.write(eventStream([delta({ content: 'I was about to' })]));
  });
  const stack = await startStack({ backend, agents: HURRIED, policies: [] });
  const view = await stack.ask('hello');
  expect(view).toMatchObject({ status: 'failed', reason: expect.stringContaining('backend_timeout') });
  expect(view.messages.at(-1)).toMatchObject({ content: 'I was about to', status: 'interrupted' });
});

test('a server that is slower than the limit all in all, and never silent for so long, is waited for', async () => {
  const model = await scriptedModel();
  const stack = await startStack({ backend: model.definition, agents: [{ name: 'assistant', silenceSeconds: 1 }] });
  const run = await stack.say('hello');
  const call = await model.call();
  const end = performance.now() + 1500;
  const words = setInterval(() => (performance.now() < end ? call.say('and ') : call.finish()), 20);
  onTestFinished(() => clearInterval(words));
  expect(await stack.wait(run)).toMatchObject({ status: 'answered' });
});

test('a person who stops such a run is not told of a failure', async () => {
  const model = await scriptedModel('mute', 'by hand');
  const stack = await startStack({ backend: model.definition });
  const run = await stack.say('hello');
  const call = await model.call();
  expect(await stack.supervisor.stopRun(run)).toMatchObject({ status: 'stopped' });
  await call.closed;
});

test('the failure is not tried again by itself', () => {
  expect(new BackendError('backend_timeout', 'silence').retryable).toBe(false);
});
