/** A model server that others use as well: it is said, one request less is sent there until it clears, and who leaves leaves at once. */
import { describe, expect, test } from 'vitest';
import { slotsLeft } from '../../supervisor/runs/upstream-queue.ts';
import { type ScriptedModel, scriptedModel } from '../agent/scripted-model.ts';
import { type RunningStack, type SeenEvent, startStack } from './running-stack.ts';

const SOON_MS = 30;
const LONG = `say: ${Array.from({ length: 400 }, (_, index) => `word${index}`).join(' ')}`;

/** Somebody else's request; resolves when the server works on it. Returns how to end it. */
async function useDirectly(url: string): Promise<() => void> {
  const leaving = new AbortController();
  const body = JSON.stringify({ stream: true, messages: [{ role: 'user', content: LONG }] });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers, body, signal: leaving.signal });
  return () => leaving.abort();
}

const view = (stack: RunningStack) => stack.supervisor.backends()[0];

async function noticesBefore(stack: RunningStack, run: string): Promise<SeenEvent[]> {
  const events = await stack.eventsUntil({}, (event) => event.type === 'run-end' && event.run === run);
  return events.filter(({ type }) => type === 'notice');
}

test.each([
  [4, false, 4],
  [4, true, 3],
  [2, true, 1],
  [1, true, 1],
  [0, true, 0],
])('of %i slots of a server that others use (%s) there are %i left', (slots, isBusy, left) => {
  expect(slotsLeft(slots, isBusy)).toBe(left);
});

describe('others on the same server', () => {
  test('cost one request in flight until ours are taken; that is said once, and again the next time', async () => {
    const stack = await startStack({ simulator: { slots: 3, tokensPerSecond: 20 }, lateAcceptanceMs: SOON_MS });
    const leave = [await useDirectly(stack.simulator.url), await useDirectly(stack.simulator.url)];
    const first = await stack.say(LONG, { chat: 'a' });
    await stack.event(first, 'text-delta');
    // At once: when the second is known to wait, no third is sent any more.
    const later = ['b', 'c', 'd'].map((chat) => stack.say(LONG, { chat }));
    const [second = '', third = '', fourth = ''] = await Promise.all(later);
    await stack.until(() => view(stack)?.busy === 2);
    expect(view(stack)).toMatchObject({ up: true, slots: 3, detail: expect.stringContaining('others use it: 2') });
    // The server takes the second when the first has gone. Two of ours are in flight then, and no third is sent.
    await stack.supervisor.stopRun(first);
    await stack.event(second, 'text-delta');
    expect(view(stack)?.busy).toBe(1);
    expect([third, fourth].map((run) => stack.supervisor.run(run).status)).toEqual(['running', 'queued']);
    // The others have gone: all three slots are ours.
    for (const end of leave) end();
    await stack.event(third, 'text-delta');
    await stack.event(fourth, 'text-delta');
    await stack.until(() => view(stack)?.busy === undefined);
    expect(view(stack)).not.toHaveProperty('detail');
    for (const run of [second, third, fourth]) await stack.supervisor.stopRun(run);
    const told = (await noticesBefore(stack, fourth)).filter(({ run }) => run === second || run === third);
    expect(told).toMatchObject([{ code: 'backend_busy', backend: 'simulator', turn: 1 }]);
    expect(told[0]?.text).toMatch(/^simulator .*others use it/);
    // The next episode is another one.
    const again = await Promise.all([0, 1, 2].map(() => useDirectly(stack.simulator.url)));
    const late = await stack.say(LONG, { chat: 'e' });
    await stack.until(() => view(stack)?.busy === 1);
    await stack.supervisor.stopRun(late);
    for (const end of again) end();
    expect((await noticesBefore(stack, late)).filter(({ run }) => run === late)).toHaveLength(1);
  });

  test('never keep everybody out: one request is always in flight', async () => {
    const model = await scriptedModel('scripted', 'by hand');
    const stack = await startStack({ backend: model.definition, slots: 1, lateAcceptanceMs: SOON_MS });
    const runs = [await stack.say('first'), await stack.say('second', { chat: 'side' })];
    const first = await model.call();
    await stack.until(() => view(stack)?.busy === 1);
    first.accept();
    first.finish();
    const second = await model.call();
    await stack.until(() => view(stack)?.busy === 1);
    second.accept();
    second.finish();
    for (const run of runs) expect((await stack.wait(run)).status).toBe('answered');
    await stack.until(() => view(stack)?.busy === undefined);
  });
});

describe('who waits inside the server', () => {
  async function startWaiting(): Promise<{ stack: RunningStack; model: ScriptedModel }> {
    const model = await scriptedModel('scripted', 'by hand');
    const stack = await startStack({ backend: model.definition, slots: 1, lateAcceptanceMs: SOON_MS });
    return { stack, model };
  }

  test('and is stopped leaves at once, and so makes room', async () => {
    const { stack, model } = await startWaiting();
    const run = await stack.say('first');
    const next = await stack.say('second', { chat: 'side' });
    const call = await model.call();
    await stack.until(() => view(stack)?.busy === 1);
    await stack.supervisor.stopRun(run);
    await call.closed;
    const other = await model.call();
    expect(other.body.messages.at(-1)?.content).toBe('second');
    other.accept();
    other.finish();
    expect((await stack.wait(next)).status).toBe('answered');
    expect(stack.supervisor.run(run).status).toBe('stopped');
    expect(view(stack)).not.toHaveProperty('busy');
  });

  test('and whose agent dies no longer counts', async () => {
    const { stack, model } = await startWaiting();
    const run = await stack.say('first');
    await model.call();
    await stack.until(() => view(stack)?.busy === 1);
    stack.endAgent('assistant');
    expect(view(stack)).not.toHaveProperty('busy');
    await stack.startAgent('assistant');
    const call = await model.call();
    call.accept();
    call.finish();
    expect((await stack.wait(run)).status).toBe('answered');
  });

  test('is known to the next supervisor as well', async () => {
    const { stack, model } = await startWaiting();
    const run = await stack.say('first');
    const call = await model.call();
    await stack.until(() => view(stack)?.busy === 1);
    await stack.stopSupervisor();
    await stack.startSupervisor();
    await stack.until(() => view(stack)?.busy === 1);
    call.accept();
    call.say('abc');
    call.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'abc' });
  });

  test('and is taken while the supervisor is away no longer counts from its first text on', async () => {
    const { stack, model } = await startWaiting();
    const run = await stack.say('first');
    const call = await model.call();
    await stack.until(() => view(stack)?.busy === 1);
    stack.dropConnections();
    call.accept();
    call.say('abc');
    await stack.event(run, 'text-delta');
    expect(view(stack)).not.toHaveProperty('busy');
    call.finish();
    expect((await stack.wait(run)).content).toBe('abc');
  });
});
