/** What policies do to a run, through a whole stack in one process. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { connectTo } from '../store/temporary-store.ts';
import { runInProgress } from './run-in-progress.ts';
import { type RunningStack, type SeenEvent, sayCoded, shownText, startStack } from './running-stack.ts';

const MARK = '\n\n[correction] ';
const of = (events: SeenEvent[], type: SeenEvent['type']): SeenEvent[] => events.filter((event) => event.type === type);

/** Slow enough to be cut before the model has said everything. */
const WATCHABLE = { simulator: { tokensPerSecond: 300 } };

/** More than a model says while a test looks the other way. */
const LONG_WAY = Array.from({ length: 400 }, (_, index) => index).join(' ');

/** All that readers could see of what models said. */
function everythingShown(stack: RunningStack, events: SeenEvent[]): string {
  const told = events
    .filter(({ type }) => type !== 'message-received' && type !== 'intervention')
    .map((event) => event.text);
  const lines = stack.supervisor.history('assistant', undefined).messages.filter(({ role }) => role === 'assistant');
  return JSON.stringify([told, lines]);
}

describe('a flagged word in an answer', () => {
  test('is cut before a reader sees it, corrected for, and the run is answered without it', async () => {
    const stack = await startStack(WATCHABLE);
    const view = await stack.ask(sayCoded('All is well. An ERROR came up, sadly.'));
    expect(view).toMatchObject({ status: 'answered', content: 'All is well. An came up, sadly.' });
    const events = await stack.eventsOf(view.run);
    expect(everythingShown(stack, events)).not.toContain('ERROR');
    expect(shownText(events, 1)).toBe('All is well. An ');
    expect(of(events, 'turn-cut')).toMatchObject([{ turn: 1, text: 'All is well. An ', reason: 'error-keyword' }]);
    expect(of(events, 'intervention')).toMatchObject([
      { policy: 'error-keyword', action: 'interject', turn: 1, offset: 'All is well. An '.length },
    ]);
    expect(view.interventions).toMatchObject([{ policy: 'error-keyword', action: 'interject', turn: 1, offset: 16 }]);
    expect(events.map(({ type }) => type).filter((type) => type !== 'text-delta')).toEqual([
      ...[
        'message-received',
        'run-start',
        'turn-start',
        'intervention',
        'turn-cut',
        'turn-start',
        'turn-end',
        'run-end',
      ],
    ]);
    const [, second] = stack.calls();
    expect(second?.messages.slice(1)).toEqual([
      { role: 'assistant', content: 'All is well. An ' },
      { role: 'user', content: view.interventions[0]?.reason },
    ]);
    expect(view.messages.map(({ role, status }) => [role, status])).toEqual([
      ...[
        ['user', 'complete'],
        ['assistant', 'interrupted'],
        ['supervisor', 'complete'],
        ['assistant', 'complete'],
      ],
    ]);
  });

  test('at the very beginning: the correction joins the message, and later runs see none of it', async () => {
    const stack = await startStack();
    const view = await stack.ask(sayCoded('ERROR, says the model.'));
    expect(view).toMatchObject({ status: 'answered', content: expect.not.stringContaining('ERROR') });
    const [first, second] = stack.calls();
    expect(second?.messages).toEqual([
      { role: 'user', content: `${first?.messages[0]?.content}${MARK}${view.interventions[0]?.reason}` },
    ]);
    await stack.ask('say: next');
    expect(stack.calls('say: next')[0]?.messages).toEqual([
      { role: 'user', content: first?.messages[0]?.content },
      { role: 'assistant', content: view.content },
      { role: 'user', content: 'say: next' },
    ]);
  });

  test('split over deltas: no part of it is shown, however long the model pauses', async () => {
    const { stack, model, run, call } = await runInProgress();
    for (const piece of ['fine. ', 'E', 'R', 'R', 'O']) call.say(piece);
    const told = await stack.event(run, 'text-delta');
    expect(told.text).toBe('fine. ');
    call.say('R');
    await call.closed;
    const next = await model.call();
    next.say('better');
    next.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'better' });
    expect(shownText(await stack.eventsOf(run), 1)).toBe('fine. ');
  });

  test('in reasoning: the turn is cut, the next one begins anew without a prefix', async () => {
    const { stack, model, run, call } = await runInProgress();
    call.think('no ERR');
    await stack.event(run, 'reasoning-delta');
    call.think('OR here');
    await call.closed;
    const next = await model.call();
    next.think('better');
    next.say('done');
    next.finish();
    const view = await stack.wait(run);
    expect(view).toMatchObject({ status: 'answered', content: 'done' });
    expect(view.interventions).toMatchObject([{ turn: 1, policy: 'error-keyword', offset: 'no '.length }]);
    const columns = 'channel, shown_offset, raw_offset, raw_from';
    const stored = connectTo(join(stack.folder, 'interject.db')).prepare(`select ${columns} from intervention`).get();
    expect(stored).toEqual({ channel: 'reasoning', shown_offset: 3, raw_offset: 'no ERROR here'.length, raw_from: 3 });
    expect(next.body.messages).toEqual([{ role: 'user', content: `hello${MARK}${view.interventions[0]?.reason}` }]);
    const events = await stack.eventsOf(run);
    expect(everythingShown(stack, events)).not.toContain('ERROR');
    expect([shownText(events, 1, 'reasoning'), shownText(events, 2, 'reasoning')]).toEqual(['no ', 'better']);
  });
});

describe('a flagged message', () => {
  test('is noted and corrected for, not refused, and does not count against the cap', async () => {
    const stack = await startStack();
    const view = await stack.ask('Why do I see an ERROR?');
    expect(view.status).toBe('answered');
    expect(view.interventions).toMatchObject([{ policy: 'error-keyword', action: 'interject', turn: 0, offset: 0 }]);
    expect(view.messages.map(({ role }) => role)).toEqual(['user', 'supervisor', 'assistant']);
    expect(stack.calls()[0]?.messages).toEqual([
      { role: 'user', content: `Why do I see an ERROR?${MARK}${view.interventions[0]?.reason}` },
    ]);
  });

  test('that makes the model say it is answered without it', async () => {
    const stack = await startStack();
    const view = await stack.ask('say: an ERROR it is');
    expect(view).toMatchObject({ status: 'answered', content: expect.not.stringContaining('ERROR') });
    expect(everythingShown(stack, await stack.eventsOf(view.run))).not.toContain('ERROR');
  });
});

const BLOCK_MESSAGE = `{ name: 'strict', onMessage: ({ content }) =>
  content.includes('secret') ? { action: 'block', reason: 'not allowed here' } : undefined }`;
const BLOCK_TEXT = `{ name: 'strict', patterns: ['bad'], onText: ({ match }) =>
  match ? { action: 'block', reason: 'enough' } : undefined }`;
const CUT_TEXT = `{ name: 'short', patterns: ['stop'], onText: ({ match }) =>
  match ? { action: 'cut', reason: 'long enough' } : undefined }`;
const NEVER_CONTENT = `{ name: 'sour', holdback: 0, onText: ({ text }) =>
  text.length > 3 ? { action: 'interject', text: 'Again.' } : undefined }`;
const WHOLE_TURN = `{ name: 'whole', holdback: 'turn', onTurnEnd: ({ text }) =>
  text.includes('bad') ? { action: 'interject', text: 'Without "bad", please.' } : undefined }`;

describe('block and cut', () => {
  test('a blocked message never reaches the model', async () => {
    const stack = await startStack({ policies: [BLOCK_MESSAGE] });
    const view = await stack.ask('tell me the secret');
    expect(view).toMatchObject({ status: 'blocked', reason: 'strict: not allowed here', content: '' });
    expect(view.interventions).toMatchObject([{ action: 'block', turn: 0 }]);
    expect(stack.calls()).toEqual([]);
    expect((await stack.ask('say: something else')).content).toBe('something else');
    expect(stack.calls('secret')).toEqual([]);
  });

  test('a blocked answer ends the run; what came before it stays, later runs see nothing of it', async () => {
    const stack = await startStack({ policies: [BLOCK_TEXT], simulator: { slots: 1, tokensPerSecond: 200 } });
    const view = await stack.ask(`say: good and bad ${LONG_WAY}`);
    expect(view).toMatchObject({ status: 'blocked', reason: 'strict: enough', content: '' });
    const events = await stack.eventsOf(view.run);
    expect(shownText(events, 1)).not.toContain('bad');
    expect(of(events, 'turn-cut')).toMatchObject([{ turn: 1, text: shownText(events, 1) }]);
    await stack.ask('say: next');
    expect(stack.calls('say: next')[0]?.messages).toHaveLength(1);
    expect(stack.calls()[0]?.outcome).toBe('cancelled');
  });

  test('how long the agent needed to close the connection is kept, and what was withheld', async () => {
    const stack = await startStack({ policies: [BLOCK_TEXT], simulator: { tokensPerSecond: 200 } });
    const { run } = await stack.ask(`say: good and bad ${LONG_WAY}`);
    await stack.until(() => stack.engine.bench.runs.get(run) === undefined);
    stack.engine.bench.recorder.flush();
    const rows = connectTo(`${stack.folder}/interject.db`).prepare('select cut_ms, withheld from intervention').all();
    expect(rows).toEqual([{ cut_ms: expect.any(Number), withheld: expect.stringContaining('bad') }]);
  });

  test('a cut answer ends the run with what was shown; it is the answer that later runs see', async () => {
    const stack = await startStack({ policies: [CUT_TEXT] });
    const view = await stack.ask('say: so far and stop here');
    expect(view).toMatchObject({ status: 'stopped', reason: 'short: long enough' });
    expect(view.messages.at(-1)).toEqual({ role: 'assistant', content: 'so far and ', status: 'interrupted' });
    await stack.ask('say: next');
    expect(stack.calls('say: next')[0]?.messages[1]).toEqual({ role: 'assistant', content: 'so far and ' });
  });

  test('the fourth intervention of policies ends the run', async () => {
    const stack = await startStack({ policies: [NEVER_CONTENT] });
    const view = await stack.ask('say: something long');
    expect(view).toMatchObject({ status: 'failed', reason: 'intervention_limit' });
    expect(view.interventions).toHaveLength(4);
    expect(stack.calls()).toHaveLength(4);
  });

  test('a policy that wants the whole turn: nothing is shown before it has judged', async () => {
    const stack = await startStack({ policies: [WHOLE_TURN] });
    const good = await stack.ask('say: all of this at once, at the end, and not before');
    expect(of(await stack.eventsOf(good.run), 'text-delta')).toHaveLength(1);
    const corrected = await stack.ask('say: a bad thing');
    expect(corrected).toMatchObject({ status: 'answered', content: 'a thing' });
    const events = await stack.eventsOf(corrected.run);
    expect(shownText(events, 1)).toBe('');
    expect(shownText(events, 2)).toBe('a thing');
  });

  test('readers are told that text is held back', async () => {
    const stack = await startStack({ policies: [WHOLE_TURN], simulator: { tokensPerSecond: 100 } });
    const live = stack.eventsUntil({}, ({ type }) => type === 'run-end');
    await stack.ask(`say: ${'word '.repeat(40)}`);
    const held = of(await live, 'held');
    expect(held.length).toBeGreaterThan(0);
    expect(held[0]).toMatchObject({ turn: 1, agent: 'assistant' });
    expect(held[0]?.characters).toBeGreaterThanOrEqual(32);
  });

  test('of several policies the one that objects to the earlier text is heard', async () => {
    const stack = await startStack({ policies: [BLOCK_TEXT, CUT_TEXT] });
    expect(stack.supervisor.agents()[0]?.policies).toEqual(['strict', 'short']);
    expect((await stack.ask('say: bad, stop', { chat: 'one' })).reason).toBe('strict: enough');
    const slowly = await startStack({ policies: [BLOCK_TEXT, CUT_TEXT], ...WATCHABLE });
    expect((await slowly.ask('say: stop and then bad', { chat: 'two' })).reason).toBe('short: long enough');
  });
});
