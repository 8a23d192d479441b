/** Agents with `resume: 'continue'`: a corrected answer goes on where it was cut, as one seamless text. */
import { describe, expect, test } from 'vitest';
import { scriptedModel } from '../agent/scripted-model.ts';
import { connectTo } from '../store/temporary-store.ts';
import { type SeenEvent, sayCoded, startStack } from './running-stack.ts';

const MARK = '\n\n[correction] ';
const AGENTS = [{ name: 'assistant', resume: 'continue' as const }];
const WATCHABLE = { agents: AGENTS, simulator: { tokensPerSecond: 300 } };

const of = (events: SeenEvent[], type: SeenEvent['type']): SeenEvent[] => events.filter((event) => event.type === type);

/** What a reader has who only puts text together; fails where a delta does not join on. */
function joined(events: SeenEvent[]): string {
  return of(events, 'text-delta').reduce((text, delta) => {
    expect(delta.offset).toBe(text.length);
    return text + String(delta.text);
  }, '');
}

function storedLines(folder: string): unknown[] {
  return connectTo(`${folder}/interject.db`).prepare('select role, content, status from chat_history').all();
}

const scriptedContinuing = () => scriptedModel('scripted', 'at once', 'continues');

describe('a cut answer', () => {
  test('goes on: one seamless text for readers, in the history and for later runs', async () => {
    const stack = await startStack(WATCHABLE);
    const message = sayCoded('All is well. An ERROR came up, sadly.');
    const view = await stack.ask(message);
    const whole = 'All is well. An came up, sadly.';
    expect(view).toMatchObject({ status: 'answered', content: whole });
    const events = await stack.eventsOf(view.run);
    expect(joined(events)).toBe(whole);
    expect(of(events, 'turn-start')).toMatchObject([{ turn: 1 }, { turn: 2, continues: 16 }]);
    expect(of(events, 'turn-cut')).toMatchObject([{ turn: 1, text: 'All is well. An ' }]);
    expect(of(events, 'turn-end')).toMatchObject([{ turn: 2, text: whole }]);
    expect(of(events, 'notice')).toEqual([]);
    const correction = view.interventions[0]?.reason;
    expect(stack.calls()[1]?.messages).toEqual([
      { role: 'user', content: `${message}${MARK}${correction}` },
      { role: 'assistant', content: 'All is well. An' },
    ]);
    const lines = [
      { role: 'user', content: message, status: 'complete' },
      { role: 'supervisor', content: correction, status: 'complete' },
      { role: 'assistant', content: whole, status: 'complete' },
    ];
    expect(view.messages).toEqual(lines);
    stack.engine.bench.recorder.flush();
    expect(storedLines(stack.folder)).toEqual(lines);
    await stack.ask('say: next');
    expect(stack.calls('say: next')[0]?.messages).toEqual([
      { role: 'user', content: message },
      { role: 'assistant', content: whole },
      { role: 'user', content: 'say: next' },
    ]);
  });

  test('a word across the seam is found, and cut again; corrections gather', async () => {
    const model = await scriptedContinuing();
    const policy = `{ name: 'apart', patterns: ['foobar', 'nono'], onText: ({ match }) =>
      match && { action: 'interject', text: 'No ' + match.pattern + '.' } }`;
    const stack = await startStack({ agents: AGENTS, backend: model.definition, policies: [policy] });
    const run = await stack.say('hello');
    const first = await model.call();
    first.say('a foonono');
    await first.closed;
    const second = await model.call();
    expect(second.body.messages.at(-1)).toEqual({ role: 'assistant', content: 'a foo' });
    expect(second.body).toMatchObject({ continue_final_message: true });
    second.say('bar');
    await second.closed;
    const third = await model.call();
    expect(third.body.messages).toEqual([
      { role: 'user', content: `hello${MARK}No nono.${MARK}No foobar.` },
      { role: 'assistant', content: 'a foo' },
    ]);
    third.say('d');
    third.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'a food' });
    expect(joined(await stack.eventsOf(run))).toBe('a food');
  });

  test('by a person goes on too, with the white space once', async () => {
    const model = await scriptedContinuing();
    const stack = await startStack({ agents: AGENTS, backend: model.definition });
    const run = await stack.say('hello');
    const first = await model.call();
    first.say('one  ');
    await stack.event(run, 'text-delta');
    await stack.supervisor.interject('assistant', undefined, 'Count on.');
    await first.closed;
    const second = await model.call();
    expect(second.body.messages.at(-1)).toEqual({ role: 'assistant', content: 'one' });
    second.say(' ');
    second.say('  two');
    second.finish();
    expect(await stack.wait(run)).toMatchObject({ content: 'one   two' });
    expect(joined(await stack.eventsOf(run))).toBe('one   two');
  });

  test('the cap of interventions stays', async () => {
    const model = await scriptedContinuing();
    const stack = await startStack({ agents: AGENTS, backend: model.definition });
    const run = await stack.say('hello');
    for (let turn = 1; turn <= 4; turn++) (await model.call()).say('x ERROR');
    const view = await stack.wait(run);
    expect(view).toMatchObject({ status: 'failed', reason: 'intervention_limit' });
    expect(joined(await stack.eventsOf(run))).toMatch(/^x +x +x +x +$/);
    expect(view.messages.filter(({ role }) => role === 'assistant')).toHaveLength(1);
  });
});

describe('a continued turn that is disturbed', () => {
  async function untilContinued() {
    const model = await scriptedContinuing();
    const stack = await startStack({ agents: AGENTS, backend: model.definition });
    const run = await stack.say('hello');
    const first = await model.call();
    first.say('fine. ERROR');
    await first.closed;
    return { model, stack, run, call: await model.call() };
  }

  test('by a new supervisor: goes on right', async () => {
    const { stack, run, call } = await untilContinued();
    call.say(' so');
    await stack.eventsUntil({ run }, (event) => event.type === 'text-delta' && event.turn === 2);
    await stack.stopSupervisor();
    call.say(' far');
    await stack.startSupervisor();
    call.say(', good');
    call.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'fine. so far, good' });
    expect(joined(await stack.eventsOf(run))).toBe('fine. so far, good');
  });

  test('by the end of its agent: what was shown stays, and it goes on from there', async () => {
    const { model, stack, run, call } = await untilContinued();
    call.say('so ');
    await stack.eventsUntil({ run }, (event) => event.type === 'text-delta' && event.turn === 2);
    stack.endAgent('assistant');
    await stack.startAgent('assistant');
    const again = await model.call();
    expect(again.body.messages.at(-1)).toEqual({ role: 'assistant', content: 'fine. so' });
    expect(again.body.messages[0]?.content).toContain(MARK);
    again.say(' far');
    again.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'fine. so far' });
    const events = await stack.eventsOf(run);
    expect(joined(events)).toBe('fine. so far');
    expect(of(events, 'turn-start').map(({ continues }) => continues)).toEqual([undefined, 6, 9]);
  });

  test('by a new supervisor without its agent: goes on from what was recorded', async () => {
    const { model, stack, run, call } = await untilContinued();
    call.say('so ');
    await stack.eventsUntil({ run }, (event) => event.type === 'text-delta' && event.turn === 2);
    await stack.stopSupervisor();
    stack.endAgent('assistant', { tell: false });
    await stack.startSupervisor();
    await stack.startAgent('assistant');
    const again = await model.call();
    expect(again.body.messages.at(-1)).toEqual({ role: 'assistant', content: 'fine. so' });
    again.say('far');
    again.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'fine. so far' });
    expect(joined(await stack.eventsOf(run))).toBe('fine. so far');
  });

  test('by a server that refuses to go on: it is answered anew, which is said', async () => {
    const model = await scriptedModel('scripted', 'by hand', 'continues');
    const stack = await startStack({ agents: AGENTS, backend: model.definition });
    const run = await stack.say('hello');
    const first = await model.call();
    first.accept();
    first.say('fine. ERROR');
    await first.closed;
    const second = await model.call();
    second.refuse(400, 'Assistant response prefill is incompatible with enable_thinking.');
    const third = await model.call();
    expect(third.body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    third.accept();
    third.say('better');
    third.finish();
    const view = await stack.wait(run);
    expect(view).toMatchObject({ status: 'answered', content: 'better' });
    const assistants = view.messages.filter(({ role }) => role === 'assistant');
    expect(assistants.map(({ content, status }) => [content, status])).toEqual([
      ['fine. ', 'interrupted'],
      ['better', 'complete'],
    ]);
    const notices = of(await stack.eventsOf(run), 'notice');
    expect(notices).toMatchObject([{ code: 'resume_regenerates', turn: 3, backend: 'scripted' }]);
  });
});

describe('is answered anew, which is said once a run,', () => {
  test.each<[string, 'untold' | 'continues', 'think' | 'say', string, string]>([
    ['on a server that cannot go on', 'untold', 'say', 'fine. ERROR', 'cannot go on'],
    ['after a cut inside reasoning', 'continues', 'think', 'hm ERROR', 'before any of its text'],
    ['when nothing was shown', 'continues', 'say', ' ERROR', 'before any of its text'],
  ])('%s', async (_, template, how, text, words) => {
    const model = await scriptedModel('scripted', 'at once', template);
    const stack = await startStack({ agents: AGENTS, backend: model.definition });
    const run = await stack.say('hello');
    for (let turn = 1; turn <= 2; turn++) (await model.call())[how](text);
    const last = await model.call();
    expect(last.body.messages.at(-1)?.role).toBe('user');
    last.say('better');
    last.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'better' });
    const events = await stack.eventsOf(run);
    expect(of(events, 'turn-start').every(({ continues }) => continues === undefined)).toBe(true);
    const notices = of(events, 'notice');
    expect(notices).toMatchObject([{ code: 'resume_regenerates', turn: 2, text: expect.stringContaining(words) }]);
  });
});
