/** What comes between a review and its verdict: people, lost agents and connections, a new supervisor, the end of the stack. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type ScriptedModel, scriptedModel } from '../../agent/scripted-model.ts';
import { type RunningStack, type StackOptions, shownText, startStack } from '../running-stack.ts';
import { ASKS, answer, reviewer, underReview } from './reviewing.ts';

interface Scene {
  stack: RunningStack;
  model: ScriptedModel;
  judge: ScriptedModel;
  run: string;
  /** The judge is asked; it has not answered. */
  asked: Awaited<ReturnType<ScriptedModel['call']>>;
}

/** An answer, `Hi`, that is being reviewed. */
async function reviewing(when: 'before' | 'after', options: StackOptions = {}): Promise<Scene> {
  const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
  const policies = [reviewer(ASKS, `reviewWhen: '${when}',`)];
  const stack = await startStack({ backends: [model.definition, judge.definition], policies, ...options });
  const run = await stack.say('hello');
  await answer(model, 'Hi');
  const asked = await judge.call();
  await underReview(stack, run);
  return { stack, model, judge, run, asked };
}

const SHOWN = { before: '', after: 'Hi' };

describe.each(['before', 'after'] as const)('%s', (when) => {
  test('a person stops the run: the judge is no longer asked, nothing more is shown', async () => {
    const { stack, run, asked } = await reviewing(when);
    expect(await stack.supervisor.stopRun(run)).toMatchObject({ status: 'stopped', content: '' });
    await asked.closed;
    const events = await stack.eventsOf(run);
    expect(shownText(events, 1)).toBe(SHOWN[when]);
    await stack.until(() => stack.engine.bench.runs.all().length === 0);
    expect(stack.supervisor.policies()[0]).toMatchObject({ failures: 0, reviews: { calls: 1 } });
  });

  test('a person corrects: the answer is corrected where the reader is', async () => {
    const { stack, model, judge, run, asked } = await reviewing(when);
    await stack.supervisor.interject('assistant', undefined, 'Louder.');
    await asked.closed;
    const again = await answer(model, 'HI');
    expect(again.body.messages.at(-1)?.content).toContain('Louder.');
    await answer(judge, 'yes');
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'HI' });
    expect(shownText(await stack.eventsOf(run), 1)).toBe(SHOWN[when]);
  });

  test('the agent dies: the answer is there already and is not lost', async () => {
    const { stack, run, asked } = await reviewing(when);
    stack.endAgent('assistant');
    asked.say('yes');
    asked.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi' });
    expect(stack.charged).toEqual([]);
    expect(shownText(await stack.eventsOf(run), 1)).toBe('Hi');
  });

  test('the agent dies and the answer is objected to: the next turn waits for the next agent', async () => {
    const { stack, model, judge, run, asked } = await reviewing(when);
    stack.endAgent('assistant');
    asked.say('no');
    asked.finish();
    await stack.event(run, 'turn-cut');
    await stack.startAgent('assistant');
    await answer(model, 'better');
    await answer(judge, 'yes');
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'better' });
  });

  test('the connection to the agent is lost: it goes on, and the agent may forget the turn only then', async () => {
    const { stack, run, asked } = await reviewing(when);
    const told = vi.spyOn(stack.engine.bench.links, 'send');
    const isToldToForget = (): boolean => told.mock.calls.some(([, { type }]) => type === 'turn-end-recorded');
    const seq = (await stack.eventsUntil({ run }, ({ type }) => type === 'review')).at(-1)?.seq;
    stack.dropConnections();
    await stack.eventsUntil({ agent: 'assistant' }, ({ type }) => type === 'agent-ready', seq);
    expect(isToldToForget()).toBe(false);
    asked.say('yes');
    asked.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi' });
    expect(isToldToForget()).toBe(true);
    expect(told.mock.calls.some(([, { type }]) => type === 'turn-resume' || type === 'turn-cancel')).toBe(false);
    expect(shownText(await stack.eventsOf(run), 1)).toBe('Hi');
  });

  test('the supervisor is replaced: the answer is judged again, shown once, and the model is asked once', async () => {
    const { stack, judge, run, asked } = await reviewing(when);
    await stack.stopSupervisor();
    await asked.closed;
    await stack.startSupervisor();
    const { body } = await answer(judge, 'yes');
    expect(body.messages.at(-1)?.content).toBe('judge: Hi');
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi' });
    const events = await stack.eventsOf(run);
    expect(shownText(events, 1)).toBe('Hi');
    expect(events.filter(({ type }) => type === 'turn-start')).toHaveLength(1);
  });

  test('the supervisor is replaced and the agent is gone: the run is tried again', async () => {
    const { stack, model, judge, run } = await reviewing(when);
    await stack.stopSupervisor();
    stack.endAgent('assistant', { tell: false });
    await stack.startSupervisor();
    await stack.startAgent('assistant');
    await answer(model, 'Hi again');
    await answer(judge, 'yes');
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi again' });
  });

  test('the stack stops: it is reviewed to its end before that, and nothing new begins', async () => {
    const { stack, run, asked } = await reviewing(when);
    const later = await stack.say('later');
    const drained = stack.engine.drain(20_000);
    asked.say('yes');
    asked.finish();
    await drained;
    expect(stack.supervisor.run(run)).toMatchObject({ status: 'answered', content: 'Hi' });
    expect(stack.supervisor.run(later).status).toBe('queued');
  });
});

test('an objection in the last moment of the stack is kept, and corrected after the next start', async () => {
  const { stack, model, judge, run, asked } = await reviewing('before');
  const drained = stack.engine.drain(20_000);
  asked.say('no');
  asked.finish();
  await drained;
  expect(stack.supervisor.run(run).status).toBe('running');
  await stack.stopSupervisor();
  await stack.startSupervisor();
  const again = await answer(model, 'better');
  expect(again.body.messages.at(-1)?.content).toContain('say: better');
  await answer(judge, 'yes');
  expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'better' });
});

test('a turn is reviewed by the version that it began with', async () => {
  const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
  const stack = await startStack({ backends: [model.definition, judge.definition], policies: [reviewer(ASKS)] });
  const run = await stack.say('hello');
  const call = await model.call();
  const { places } = stack.engine.bench.policies;
  const [place] = places;
  const file = join(stack.folder, 'policies', 'later.mjs');
  writeFileSync(file, `export default ${reviewer(`return { action: 'block', reason: 'later' }`)}`);
  if (place !== undefined) await stack.engine.bench.policies.replace(place, { ...place.source, file, version: 'v9' });
  call.say('Hi');
  call.finish();
  await answer(judge, 'yes');
  expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi' });
  const next = await stack.say('again');
  await answer(model, 'Hi again');
  expect(await stack.wait(next)).toMatchObject({ status: 'blocked', reason: 'reviewer: later' });
});

test('the slot of the model is free meanwhile, the chat is not', async () => {
  const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
  const backends = [{ ...model.definition, slots: 1 }, judge.definition];
  const stack = await startStack({ backends, policies: [reviewer(ASKS)] });
  const first = await stack.say('first');
  await answer(model, '1');
  const asked = await judge.call();
  const second = await stack.say('second');
  const elsewhere = await stack.say('elsewhere', { chat: 'other' });
  const call = await answer(model, 'E');
  expect(call.body.messages.at(-1)?.content).toBe('elsewhere');
  await answer(judge, 'yes');
  expect(await stack.wait(elsewhere)).toMatchObject({ content: 'E' });
  expect(stack.supervisor.run(second).status).toBe('queued');
  asked.say('yes');
  asked.finish();
  await answer(model, '2');
  await answer(judge, 'yes');
  expect(await stack.wait(first)).toMatchObject({ content: '1' });
  expect(await stack.wait(second)).toMatchObject({ content: '2' });
});
