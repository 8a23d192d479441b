/** Reviews that do not decide: late, thrown, rejected, nonsense. The run fails closed, or passes where the policy says so. */
import { describe, expect, test } from 'vitest';
import { scriptedModel } from '../../agent/scripted-model.ts';
import { sayCoded, shownText, startStack } from '../running-stack.ts';
import { ASKS, answer, lastFailure, reviewer, reviewStates } from './reviewing.ts';

/** `said`: to the person who runs the stack; `told`: to readers, when that is less. */
const FAILURES: [what: string, body: string, said: string, told?: string][] = [
  ['throws', `throw new Error('oops')`, 'it threw Error: oops', 'it threw Error'],
  [
    'throws later',
    `await new Promise((r) => setTimeout(r, 5)); null.x`,
    "it threw TypeError: Cannot read properties of null (reading 'x')",
    'it threw TypeError',
  ],
  ['rejects with a text', `return Promise.reject('no')`, 'it threw "no"', 'it threw something'],
  ['comes to nonsense', `return 7`, 'it returned a number, not a verdict'],
  [
    'comes to an unknown action',
    `return { action: 'praise' }`,
    'unknown action "praise"; known are interject, cut, redact, block, pause, terminate',
    'unknown action; known are interject, cut, redact, block, pause, terminate',
  ],
  ['never settles', `return new Promise(() => {})`, 'it did not decide within 100 ms'],
  [
    'does not hear that its time is over',
    `const end = Date.now() + 1000; for (;;) { try { await turn.ask({ backend: 'nowhere', messages: [{ role: 'user', content: '' }] }); } catch { await new Promise((r) => setImmediate(r)); } if (Date.now() > end) return; }`,
    'it did not decide within 100 ms',
  ],
];

describe.each(FAILURES)('a review that %s', (_what, body, said, told = said) => {
  test.each(['before', 'after'] as const)('%s it is shown: the run fails, and says why', async (when) => {
    const policy = reviewer(body, `reviewWhen: '${when}', reviewDeadlineMs: 100,`);
    const stack = await startStack({ policies: [policy] });
    const run = await stack.say('say: Hello');
    expect(await stack.wait(run)).toMatchObject({
      status: 'failed',
      content: '',
      reason: `policy_failed: policy reviewer failed in review: ${told}`,
    });
    expect(lastFailure(stack)).toBe(`policy reviewer failed in review: ${said}`);
    const events = await stack.eventsOf(run);
    expect(shownText(events, 1)).toBe(when === 'before' ? '' : 'Hello');
    expect(reviewStates(events)).toEqual(['reviewer started', 'reviewer failed']);
  });

  test('of a policy that may be done without: the answer passes, and the failure is counted', async () => {
    const stack = await startStack({ policies: [reviewer(body, `onFailure: 'open', reviewDeadlineMs: 100,`)] });
    expect(await stack.ask('say: Hello')).toMatchObject({ status: 'answered', content: 'Hello' });
    expect(stack.supervisor.policies()[0]).toMatchObject({ failures: 1, reviews: { calls: 1 } });
    expect(await stack.ask('say: Hello again')).toMatchObject({ status: 'answered', content: 'Hello again' });
  });
});

test('at the deadline the judge is no longer asked', async () => {
  const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
  const policy = reviewer(ASKS, 'reviewDeadlineMs: 200,');
  const stack = await startStack({ backends: [model.definition, judge.definition], policies: [policy] });
  const run = await stack.say('hello');
  await answer(model, 'Hi');
  const call = await judge.call();
  call.say('wait ');
  expect(await stack.wait(run)).toMatchObject({
    reason: 'policy_failed: policy reviewer failed in review: it did not decide within 200 ms',
  });
  await call.closed;
});

test('a judge that fails, or answers with an error, is a failure of the review', async () => {
  const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
  const stack = await startStack({ backends: [model.definition, judge.definition], policies: [reviewer(ASKS)] });
  for (const how of ['refuse', 'break'] as const) {
    const run = await stack.say('hello');
    await answer(model, 'Hi');
    // It is asked once more.
    for (let attempt = 0; attempt < 2; attempt++) {
      const call = await judge.call();
      call.say('y');
      if (how === 'break') call.break();
      else call.chunk({ error: { code: 500, message: 'out of memory', type: 'server_error' } });
    }
    expect(await stack.wait(run)).toMatchObject({ status: 'failed', reason: expect.stringContaining('policy_failed') });
  }
});

test('a judge that fails once is asked once more', async () => {
  const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
  const stack = await startStack({ backends: [model.definition, judge.definition], policies: [reviewer(ASKS)] });
  const run = await stack.say('hello');
  await answer(model, 'Hi');
  (await judge.call()).break();
  await answer(judge, 'yes');
  expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi' });
});

describe('what a review may say', () => {
  test('a redaction masks before, and is a failure after', async () => {
    const redacts = `return { action: 'redact', from: 4, to: 10, mask: '***' };`;
    const before = await startStack({ policies: [reviewer(redacts)] });
    const run = await before.say(sayCoded('the secret is out'));
    expect(await before.wait(run)).toMatchObject({ status: 'answered', content: 'the *** is out' });
    expect(JSON.stringify(await before.eventsOf(run))).not.toContain('secret');
    const after = await startStack({ policies: [reviewer(redacts, `reviewWhen: 'after',`)] });
    expect(await after.ask(sayCoded('the secret is out'))).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('a redaction cannot take back what readers have seen'),
    });
  });

  test.each([
    ['before', `{ action: 'cut', reason: 'r', from: 4 }`, { status: 'stopped', reason: 'reviewer: r' }, 'the '],
    ['after', `{ action: 'cut', reason: 'r', from: 4 }`, { status: 'stopped' }, 'the answer'],
    ['before', `{ action: 'block', reason: 'r' }`, { status: 'blocked', reason: 'reviewer: r' }, ''],
    ['after', `{ action: 'block', reason: 'r' }`, { status: 'blocked' }, 'the answer'],
    ['before', `{ action: 'terminate', reason: 'r' }`, { status: 'blocked' }, ''],
  ])('%s: %s', async (when, verdict, expected, shown) => {
    const stack = await startStack({ policies: [reviewer(`return ${verdict}`, `reviewWhen: '${when}',`)] });
    const run = await stack.say(sayCoded('the answer'));
    expect(await stack.wait(run)).toMatchObject(expected);
    expect(shownText(await stack.eventsOf(run), 1)).toBe(shown);
    expect(stack.terminated).toEqual(verdict.includes('terminate') ? ['assistant'] : []);
  });

  test.each(['before', 'after'])('%s: a pause waits for a person, who approves the answer', async (when) => {
    const policy = reviewer(`return { action: 'pause', reason: 'look' }`, `reviewWhen: '${when}',`);
    const stack = await startStack({ policies: [policy] });
    const run = await stack.say(sayCoded('the answer'));
    await stack.event(run, 'run-paused');
    const [approval] = stack.supervisor.approvals();
    await stack.supervisor.decideApproval(String(approval?.id), { decision: 'approve' });
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'the answer' });
  });

  test('corrections count against the cap', async () => {
    const stack = await startStack({ policies: [reviewer(`return { action: 'interject', text: 'Again.' }`)] });
    expect(await stack.ask('say: the answer')).toMatchObject({ status: 'failed', reason: 'intervention_limit' });
    expect(stack.calls('the answer')).toHaveLength(4);
  });
});
