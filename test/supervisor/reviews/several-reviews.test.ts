/** Several policies on one answer, and what else meets a review: masks, continued answers, other verdicts, a storage that fails. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scriptedModel } from '../../agent/scripted-model.ts';
import { connectTo } from '../../store/temporary-store.ts';
import { sayCoded, shownText, startStack } from '../running-stack.ts';
import { ASKS, answer, lastFailure, reviewer, reviewStates, underReview } from './reviewing.ts';

const slowly = (ms: number, then: string): string => `await new Promise((r) => setTimeout(r, ${ms})); ${then}`;

describe('two at once', () => {
  test('the foremost verdict wins, whoever is first', async () => {
    const quick = reviewer(`return { action: 'cut', reason: 'q', from: 8 }`, '', 'quick');
    const slow = reviewer(slowly(100, `return { action: 'cut', reason: 's', from: 4 }`), '', 'slow');
    const stack = await startStack({ policies: [quick, slow] });
    const run = await stack.say(sayCoded('0123456789'));
    expect(await stack.wait(run)).toMatchObject({ status: 'stopped', reason: 'slow: s' });
    expect(shownText(await stack.eventsOf(run), 1)).toBe('0123');
  });

  test('of equal ones the severest wins, also after the answer was shown', async () => {
    const mild = reviewer(`return { action: 'interject', text: 'Again.' }`, `reviewWhen: 'after',`, 'mild');
    const harsh = reviewer(slowly(100, `return { action: 'block', reason: 'h' }`), `reviewWhen: 'after',`, 'harsh');
    const stack = await startStack({ policies: [mild, harsh] });
    expect(await stack.ask('say: Hello')).toMatchObject({ status: 'blocked', reason: 'harsh: h' });
  });

  test('one fails: the other is no longer waited for', async () => {
    const failing = reviewer(`throw new Error('oops')`, '', 'failing');
    const endless = reviewer(
      `turn.signal.addEventListener('abort', () => (globalThis.heard = true)); return new Promise(() => {})`,
    );
    const stack = await startStack({ policies: [failing, endless] });
    expect(await stack.ask('say: Hello')).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('failing'),
    });
    expect((globalThis as { heard?: boolean }).heard).toBe(true);
  });

  test('before and after: it is shown when the first has passed it, and is the answer when both have', async () => {
    const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
    const after = reviewer(ASKS, `reviewWhen: 'after',`, 'after');
    const stack = await startStack({
      backends: [model.definition, judge.definition],
      policies: [reviewer(`return undefined`, '', 'before'), after],
    });
    const run = await stack.say('hello');
    await answer(model, 'Hi');
    await stack.event(run, 'text-delta');
    expect(stack.supervisor.run(run)).toMatchObject({ status: 'running', content: '' });
    expect(stack.supervisor.history('assistant', undefined).messages.at(-1)).toMatchObject({
      content: 'Hi',
      status: 'streaming',
    });
    await answer(judge, 'yes');
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi' });
    expect(reviewStates(await stack.eventsOf(run)).slice(-1)).toEqual(['after passed']);
  });
});

describe('with other policies', () => {
  test('an objection at the end of the turn needs no review, and shows nothing that was not reviewed', async () => {
    const other = `{ name: 'other', onTurnEnd: () => ({ action: 'cut', reason: 'o', from: 4 }) }`;
    const stack = await startStack({ policies: [reviewer(`return undefined`), other] });
    const run = await stack.say(sayCoded('0123456789'));
    expect(await stack.wait(run)).toMatchObject({ status: 'stopped', reason: 'other: o' });
    const events = await stack.eventsOf(run);
    expect(shownText(events, 1)).toBe('');
    expect(reviewStates(events)).toEqual([]);
  });

  test('what they mask is masked in what is given away', async () => {
    const masks = `{ name: 'masks', patterns: ['secret'], onText: ({ match }) => match && { action: 'redact', from: match.from, to: match.to, mask: '***' } }`;
    const says = `throw new Error(JSON.stringify([turn.shown, turn.text.length, turn.question, turn.history]))`;
    const stack = await startStack({
      policies: [masks, reviewer(says)],
      agents: [{ name: 'assistant', system: 'Be brief.' }],
    });
    const message = sayCoded('a secret!');
    await stack.ask(message);
    expect(lastFailure(stack)).toContain(
      JSON.stringify([
        'a ***!',
        9,
        message,
        [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: message },
        ],
      ]).slice(0, 100),
    );
  });

  test('reasoning is shown as it comes', async () => {
    const model = await scriptedModel();
    const policy = reviewer(`return { action: 'block', reason: turn.text }`);
    const stack = await startStack({ backend: model.definition, policies: [policy] });
    const run = await stack.say('hello');
    const call = await model.call();
    call.think('hm');
    call.say('Hi');
    await stack.event(run, 'reasoning-delta');
    call.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'blocked', reason: 'reviewer: Hi' });
  });
});

test('an agent that goes on with cut answers begins anew after a whole one', async () => {
  const model = await scriptedModel('scripted', 'at once', 'continues');
  const policy = reviewer(
    `if (turn.text.includes('bad')) return { action: 'interject', text: 'Better.' }`,
    `reviewWhen: 'after',`,
  );
  const stack = await startStack({
    backend: model.definition,
    policies: [policy],
    agents: [{ name: 'assistant', resume: 'continue' }],
  });
  const run = await stack.say('hello');
  await answer(model, 'a bad one');
  const again = await answer(model, 'a good one');
  expect(again.body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'a good one' });
  expect((await stack.eventsOf(run)).filter(({ type }) => type === 'turn-start')).not.toContainEqual(
    expect.objectContaining({ continues: expect.anything() }),
  );
});

test('a turn that goes on is reviewed as a whole, and asked about without its beginning twice', async () => {
  const model = await scriptedModel('scripted', 'at once', 'continues');
  const policy = reviewer(
    `if (turn.turn === 2) throw new Error(JSON.stringify([turn.text, turn.history.at(-1).role]));
     return { action: 'interject', text: 'Go on.', from: 4 }`,
  );
  const agents = [{ name: 'assistant', resume: 'continue' as const }];
  const stack = await startStack({ backend: model.definition, policies: [policy], agents });
  const run = await stack.say('hello');
  await answer(model, '0123456789');
  await answer(model, 'abc');
  await stack.wait(run);
  expect(lastFailure(stack)).toContain('["0123abc","user"]');
});

test('the storage fails when the verdict is recorded: nothing of it is shown, and the run is answered anew', async () => {
  const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
  const stack = await startStack({ backends: [model.definition, judge.definition], policies: [reviewer(ASKS)] });
  const run = await stack.say('hello');
  await answer(model, 'Hi');
  const asked = await judge.call();
  await underReview(stack, run);
  const database = connectTo(join(stack.folder, 'interject.db'));
  stack.engine.bench.recorder.flush();
  database.exec(`create trigger broken before insert on review begin select raise(abort, 'disk is full'); end`);
  const told = stack.eventsUntil({}, ({ type }) => type === 'degraded');
  asked.say('yes');
  asked.finish();
  await told;
  expect(stack.engine.bench.runs.all()).toEqual([]);
  stack.engine.bench.recorder.flush();
  database.exec('drop trigger broken');
  await answer(model, 'Hi again');
  await answer(judge, 'yes');
  expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi again' });
  expect(shownText(await stack.eventsOf(run), 1)).toBe('');
});

test('reviews that are still going on when a run leaves the store cost what they cost', async () => {
  const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
  const more = `await turn.ask({ backend: 'judge', messages: [{ role: 'user', content: 'x' }] }); return new Promise(() => {})`;
  const stack = await startStack({ backends: [model.definition, judge.definition], policies: [reviewer(more)] });
  const run = await stack.say('hello');
  await answer(model, 'Hi');
  await answer(judge, 'yes');
  await stack.until(() => stack.engine.bench.asks.working.length === 0);
  await new Promise((resolve) => setImmediate(resolve));
  await stack.supervisor.stopRun(run);
  expect(stack.supervisor.policies()[0]?.reviews).toMatchObject({ calls: 1, prompt_tokens: 7, completion_tokens: 5 });
});
