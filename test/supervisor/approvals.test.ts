/** Runs that wait for a person, through a whole stack in one process. */
import { describe, expect, test } from 'vitest';
import { type ScriptedModel, scriptedModel } from '../agent/scripted-model.ts';
import { type RunningStack, shownText, startStack } from './running-stack.ts';

const ON_MESSAGE = `{ name: 'asks', onMessage: ({ content }) =>
  content.includes('PAUSE') ? { action: 'pause', reason: 'a person should see it' } : undefined }`;
const ON_TEXT = `{ name: 'asks', patterns: ['secret'], onText: ({ match }) =>
  match === undefined ? undefined : { action: 'pause', reason: 'it may be a secret' } }`;
const ON_TURN_END = `{ name: 'asks', holdback: 'turn', onTurnEnd: ({ channel, text }) =>
  channel === 'text' && text.includes('wire') ? { action: 'pause', reason: 'money' } : undefined }`;

const types = async (stack: RunningStack, run: string): Promise<string[]> =>
  (await stack.eventsOf(run)).map(({ type }) => type).filter((type) => type !== 'text-delta');

/** Says it and waits until a person is waited for; returns run and approval. */
async function pausedRun(stack: RunningStack, content: string, chat = 'main'): Promise<{ run: string; id: string }> {
  const run = await stack.say(content, { chat });
  return { run, id: String((await stack.event(run, 'run-paused')).approval) };
}

describe('an answer that is paused in mid-stream', () => {
  async function paused(): Promise<{ stack: RunningStack; model: ScriptedModel; run: string; id: string }> {
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition, policies: [ON_TEXT], slots: 1 });
    const run = await stack.say('hello');
    const call = await model.call();
    call.say('The secret');
    await call.closed;
    const id = String((await stack.event(run, 'run-paused')).approval);
    return { stack, model, run, id };
  }

  test('nothing more is shown, and the person who runs the stack sees what is withheld', async () => {
    const { stack, run, id } = await paused();
    expect(stack.supervisor.approvals()).toEqual([
      {
        ...{ id: Number(id), run, agent: 'assistant', chat: 'main', kind: 'answer', policy: 'asks' },
        ...{ reason: 'it may be a secret', shown: 'The ', withheld: 'secret', is_complete: false },
        created_at: expect.any(Number),
      },
    ]);
    const view = stack.supervisor.run(run);
    expect(view).toMatchObject({ status: 'running', content: '', approval: { id: Number(id), policy: 'asks' } });
    expect(JSON.stringify(stack.supervisor.history('assistant', undefined))).not.toContain('secret');
    const seen = await stack.eventsUntil({ run }, ({ type }) => type === 'run-paused');
    expect(shownText(seen, 1)).toBe('The ');
    expect(seen.slice(-3)).toMatchObject([
      { type: 'intervention', action: 'pause', turn: 1, offset: 4 },
      { type: 'turn-cut', text: 'The ', reason: 'paused' },
      { type: 'run-paused', turn: 1, policy: 'asks', reason: 'it may be a secret' },
    ]);
  });

  test('frees its slot for another chat, and its own chat stays busy', async () => {
    const { stack, model, run, id } = await paused();
    const second = await stack.say('later');
    const other = await stack.say('other', { chat: 'other' });
    const call = await model.call();
    expect(call.body.messages.at(-1)?.content).toBe('other');
    call.finish();
    expect((await stack.wait(other)).status).toBe('answered');
    expect(stack.supervisor.run(second).status).toBe('queued');
    await stack.supervisor.decideApproval(id, { decision: 'approve' });
    expect((await stack.wait(run)).status).toBe('answered');
    (await model.call()).finish();
    expect((await stack.wait(second)).status).toBe('answered');
  });

  test('approved: what was withheld is shown too and is the answer, once', async () => {
    const { stack, run, id } = await paused();
    expect(await stack.supervisor.decideApproval(id, { decision: 'approve' })).toMatchObject({
      ...{ status: 'answered', content: 'The secret' },
      messages: [{ role: 'user' }, { role: 'assistant', content: 'The secret', status: 'complete' }],
    });
    const events = await stack.eventsOf(run);
    expect(events.slice(-3)).toMatchObject([
      { type: 'run-resumed', approval: Number(id), decision: 'approved' },
      { type: 'turn-end', turn: 1, text: 'The secret', reason: 'approved' },
      { type: 'run-end', status: 'answered' },
    ]);
    expect(stack.supervisor.approvals()).toEqual([]);
  });

  test('edited: what the person wrote is the answer, also for later runs', async () => {
    const { stack, model, run, id } = await paused();
    await stack.supervisor.decideApproval(id, { decision: 'edit', content: 'No comment.' });
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'No comment.' });
    const next = await stack.say('next');
    const call = await model.call();
    expect(call.body.messages.slice(0, 2)).toMatchObject([{ content: 'hello' }, { content: 'No comment.' }]);
    call.finish();
    await stack.wait(next);
  });

  test('refused: the run is blocked, and what was withheld is never shown', async () => {
    const { stack, run, id } = await paused();
    await stack.supervisor.decideApproval(id, { decision: 'refuse', reason: 'not for the public' });
    const view = await stack.wait(run);
    expect(view).toMatchObject({ status: 'blocked', reason: 'refused by a person: not for the public', content: '' });
    expect(view.messages.at(-1)).toMatchObject({ content: 'The ', status: 'interrupted' });
    const events = (await stack.eventsOf(run)).filter(({ type }) => type !== 'intervention' && type !== 'run-paused');
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  test('two decisions at once: the first counts', async () => {
    const { stack, run, id } = await paused();
    const both = await Promise.allSettled([
      stack.supervisor.decideApproval(id, { decision: 'refuse' }),
      stack.supervisor.decideApproval(id, { decision: 'approve' }),
    ]);
    expect(both).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'approval_decided' } }]);
    expect((await stack.wait(run)).status).toBe('blocked');
    await expect(stack.supervisor.decideApproval('7', { decision: 'approve' })).rejects.toThrow('Nothing with this id');
  });

  test('stopped by a person, or corrected: the first ends it, the second is refused', async () => {
    const { stack, run, id } = await paused();
    await expect(stack.supervisor.interject('assistant', undefined, 'No.')).rejects.toThrow('waits for a person');
    expect(await stack.supervisor.stopRun(run)).toMatchObject({ status: 'stopped' });
    expect((await types(stack, run)).slice(-2)).toEqual(['run-resumed', 'run-end']);
    await expect(stack.supervisor.decideApproval(id, { decision: 'approve' })).rejects.toThrow('decided already');
  });

  test('survives restarts of the supervisor, and is decided there', async () => {
    const { stack, run, id } = await paused();
    for (let round = 0; round < 2; round++) {
      await stack.stopSupervisor();
      await stack.startSupervisor();
      await stack.until(() => stack.engine.bench.links.connected('assistant') !== undefined);
    }
    expect(stack.supervisor.approvals()).toMatchObject([{ run, withheld: 'secret' }]);
    expect(stack.supervisor.run(run).status).toBe('running');
    await stack.supervisor.decideApproval(id, { decision: 'approve' });
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'The secret' });
  });
});

test('an answer that is paused in its reasoning cannot be approved, there is none; a person may write it', async () => {
  const stack = await startStack({ policies: [ON_TEXT] });
  const { run, id } = await pausedRun(stack, 'think: it is a secret of mine\nsay: hello');
  expect(stack.supervisor.approvals()).toMatchObject([
    { withheld: '', withheld_reasoning: 'secret', is_complete: false },
  ]);
  const approved = stack.supervisor.decideApproval(id, { decision: 'approve' });
  await expect(approved).rejects.toMatchObject({ code: 'invalid_request', message: expect.stringContaining('edit') });
  expect(stack.supervisor.approvals()).toMatchObject([{ run }]);
  await stack.supervisor.decideApproval(id, { decision: 'edit', content: 'Hello.' });
  expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hello.' });
});

describe('an answer that is paused at its end', () => {
  test('is complete; approved it is shown whole', async () => {
    const stack = await startStack({ policies: [ON_TURN_END] });
    const { run, id } = await pausedRun(stack, 'say: wire it now');
    expect(stack.supervisor.approvals()).toMatchObject([{ shown: '', withheld: 'wire it now', is_complete: true }]);
    await stack.supervisor.decideApproval(id, { decision: 'approve' });
    const view = await stack.wait(run);
    expect(view).toMatchObject({ status: 'answered', content: 'wire it now' });
    expect(view.usage.completion_tokens).toBeGreaterThan(0);
    expect(stack.calls()).toHaveLength(1);
  });
});

describe('a message that is paused', () => {
  test('approved: the run goes on to its first turn, and is not judged again', async () => {
    const stack = await startStack({ policies: [ON_MESSAGE] });
    const { run, id } = await pausedRun(stack, 'say: PAUSE');
    expect(stack.supervisor.approvals()).toMatchObject([{ kind: 'message', shown: 'say: PAUSE', withheld: '' }]);
    expect(stack.calls()).toEqual([]);
    await stack.supervisor.decideApproval(id, { decision: 'approve' });
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'PAUSE' });
    expect((await types(stack, run)).filter((type) => type === 'run-paused')).toHaveLength(1);
  });

  test('edited: the model and the history have the other message', async () => {
    const stack = await startStack({ policies: [ON_MESSAGE] });
    const { run, id } = await pausedRun(stack, 'say: PAUSE');
    await stack.supervisor.decideApproval(id, { decision: 'edit', content: 'say: harmless' });
    const view = await stack.wait(run);
    expect(view).toMatchObject({ status: 'answered', content: 'harmless' });
    expect(view.messages[0]).toMatchObject({ role: 'user', content: 'say: harmless' });
    expect(stack.calls('PAUSE')).toEqual([]);
  });

  test('refused: blocked, the model is not asked', async () => {
    const stack = await startStack({ policies: [ON_MESSAGE] });
    const { run, id } = await pausedRun(stack, 'say: PAUSE');
    await stack.supervisor.decideApproval(id, { decision: 'refuse' });
    const reason = 'refused by a person: asks: a person should see it';
    expect(await stack.wait(run)).toMatchObject({ status: 'blocked', reason });
    expect(stack.calls()).toEqual([]);
  });

  test('a policy after it that blocks has the sharper word', async () => {
    const blocks = `{ name: 'blocks', onMessage: () => ({ action: 'block', reason: 'never' }) }`;
    const stack = await startStack({ policies: [ON_MESSAGE, blocks] });
    expect(await stack.ask('say: PAUSE')).toMatchObject({ status: 'blocked', reason: 'blocks: never' });
    expect(stack.supervisor.approvals()).toEqual([]);
  });
});

describe('nobody decides in time', () => {
  const HURRIED = { policies: [ON_MESSAGE], agents: [{ name: 'assistant', approvalSeconds: 0.05 }] };

  test('the run expires', async () => {
    const stack = await startStack(HURRIED);
    const { run, id } = await pausedRun(stack, 'say: PAUSE');
    expect(await stack.wait(run)).toMatchObject({ status: 'expired', reason: 'nobody decided in time' });
    expect((await stack.event(run, 'run-resumed')).decision).toBe('expired');
    await expect(stack.supervisor.decideApproval(id, { decision: 'approve' })).rejects.toThrow('decided already');
  });

  test('also while the supervisor was away', async () => {
    const stack = await startStack({ ...HURRIED, agents: [{ name: 'assistant', approvalSeconds: 1 }] });
    const { run } = await pausedRun(stack, 'say: PAUSE');
    const expiresAt = stack.supervisor.approvals()[0]?.expires_at ?? 0;
    await stack.stopSupervisor();
    await stack.until(() => Date.now() > expiresAt);
    await stack.startSupervisor();
    expect(await stack.wait(run)).toMatchObject({ status: 'expired' });
  });
});
