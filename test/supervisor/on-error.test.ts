/** What policies say of turns that failed (`onError`), through a whole stack in one process. */
import { describe, expect, test } from 'vitest';
import { scriptedModel } from '../agent/scripted-model.ts';
import { type RunningStack, startStack } from './running-stack.ts';

/** A policy with this `onError`. */
const policy = (hook: string): string => `{ name: 'minds', onError: ${hook} }`;
/** Says what it was told. */
const TELLS = policy(`({ agent, chat, turn, kind, code, message, willRetry }) =>
  ({ action: 'cut', reason: JSON.stringify([agent, chat, turn, kind, code, message, willRetry]) })`);

const whatItWasTold = (reason: string | undefined): unknown => JSON.parse(reason?.replace(/^minds: /, '') ?? 'null');

async function scriptedStack(...policies: string[]) {
  const model = await scriptedModel();
  const stack = await startStack({
    ...{ backend: model.definition, policies },
    agents: [{ name: 'assistant', silenceSeconds: 0.2 }],
  });
  return { stack, model };
}

/** A run whose agent has died in mid-answer. */
async function crashed(stack: RunningStack, model: Awaited<ReturnType<typeof scriptedModel>>): Promise<string> {
  const run = await stack.say('hello');
  (await model.call()).say('I was');
  await stack.event(run, 'text-delta');
  stack.endAgent('assistant');
  return run;
}

describe('a policy is told', () => {
  test('that the agent died, and that it will be tried again', async () => {
    const { stack, model } = await scriptedStack(TELLS);
    const view = await stack.wait(await crashed(stack, model));
    expect(view.status).toBe('stopped');
    const message = 'agent assistant was lost';
    expect(whatItWasTold(view.reason)).toEqual(['assistant', 'main', 1, 'crash', 'agent_died', message, true]);
    expect(view.messages.at(-1)).toMatchObject({ content: 'I was', status: 'interrupted' });
  });

  test('that nothing came for too long', async () => {
    const { stack } = await scriptedStack(TELLS);
    const view = await stack.ask('hello');
    const told = ['assistant', 'main', 1, 'timeout', 'backend_timeout', expect.stringContaining('nothing came'), false];
    expect(whatItWasTold(view.reason)).toEqual(told);
  });

  test('that the conversation is too long', async () => {
    const stack = await startStack({ policies: [TELLS], simulator: { contextTokens: 256 } });
    const view = await stack.ask(`say: ${'word '.repeat(500)}`);
    const told = ['assistant', 'main', 1, 'overflow', 'context_overflow', expect.any(String), false];
    expect(whatItWasTold(view.reason)).toEqual(told);
  });

  test('of any other failure of the model server', async () => {
    const { stack, model } = await scriptedStack(TELLS);
    const run = await stack.say('hello');
    (await model.call()).break();
    const told = ['assistant', 'main', 1, 'backend', 'backend_unreachable', expect.any(String), true];
    expect(whatItWasTold((await stack.wait(run)).reason)).toEqual(told);
  });
});

describe('what it says is done', () => {
  test('nothing: as if nobody had been asked', async () => {
    const { stack } = await scriptedStack(policy('() => undefined'));
    expect(await stack.ask('hello')).toMatchObject({ status: 'failed', interventions: [] });
  });

  test('interject: the run is tried again with the correction', async () => {
    const { stack, model } = await scriptedStack(policy(`() => ({ action: 'interject', text: 'Be quick.' })`));
    const run = await stack.say('hello');
    (await model.call()).say('I');
    const again = await model.call();
    expect(again.body.messages).toMatchObject([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'I' },
      { role: 'user', content: 'Be quick.' },
    ]);
    again.say('Hi');
    again.finish();
    const intervention = { policy: 'minds', action: 'interject', reason: 'Be quick.' };
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi', interventions: [intervention] });
  });

  test('interject without end: it counts against the cap', async () => {
    const { stack } = await scriptedStack(policy(`() => ({ action: 'interject', text: 'Again.' })`));
    expect(await stack.ask('hello')).toMatchObject({ status: 'failed', reason: 'intervention_limit' });
  });

  test('interject after the agent died: it goes on with the next one', async () => {
    const { stack, model } = await scriptedStack(policy(`() => ({ action: 'interject', text: 'Again.' })`));
    const run = await crashed(stack, model);
    await stack.startAgent('assistant');
    const again = await model.call();
    expect(again.body.messages.at(-1)?.content).toBe('Again.');
    again.finish();
    expect((await stack.wait(run)).status).toBe('answered');
  });

  test.each(['block', 'terminate'])('%s: the run is blocked', async (action) => {
    const { stack } = await scriptedStack(policy(`() => ({ action: '${action}', reason: 'enough' })`));
    expect(await stack.ask('hello')).toMatchObject({ status: 'blocked', reason: 'minds: enough' });
  });

  test('pause, approved: the turn is tried again', async () => {
    const { stack, model } = await scriptedStack(policy(`() => ({ action: 'pause', reason: 'look' })`));
    const run = await stack.say('hello');
    await model.call();
    const { approval } = await stack.event(run, 'run-paused');
    expect(stack.supervisor.approvals()).toMatchObject([{ kind: 'error', withheld: '', is_complete: false }]);
    await stack.supervisor.decideApproval(String(approval), { decision: 'approve' });
    const again = await model.call();
    again.say('Hi');
    again.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi' });
  });

  test('pause, refused: the run is blocked', async () => {
    const { stack } = await scriptedStack(policy(`() => ({ action: 'pause', reason: 'look' })`));
    const run = await stack.say('hello');
    const { approval } = await stack.event(run, 'run-paused');
    await stack.supervisor.decideApproval(String(approval), { decision: 'refuse' });
    expect(await stack.wait(run)).toMatchObject({ status: 'blocked' });
  });

  test('of several policies the severest counts', async () => {
    const mild = policy(`() => ({ action: 'cut', reason: 'mild' })`);
    const severe = mild.replace('minds', 'severe').replace('cut', 'block').replace('mild', 'no');
    const { stack } = await scriptedStack(mild, severe);
    expect(await stack.ask('hello')).toMatchObject({ status: 'blocked', reason: 'severe: no' });
  });
});

test.each([
  [`() => { throw new Error('oh no'); }`, 'it threw Error'],
  [`() => ({ action: 'redact', from: 0, to: 1, mask: '' })`, 'there is no text to redact'],
])('a hook that fails: the run fails closed (%s)', async (hook, problem) => {
  const { stack } = await scriptedStack(policy(hook));
  const reason = `policy_failed: policy minds failed in onError: ${problem}`;
  expect(await stack.ask('hello')).toMatchObject({ status: 'failed', reason });
});

test('a failure of a policy is none that policies are asked about', async () => {
  const stack = await startStack({
    policies: [`{ name: 'broken', onTurnEnd: () => 42 }`, policy(`() => ({ action: 'cut', reason: 'asked' })`)],
  });
  expect(await stack.ask('say: hello')).toMatchObject({ status: 'failed', interventions: [] });
});
