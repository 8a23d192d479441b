/** What people do to a run: correct it, stop it. Through a whole stack in one process. */
import { describe, expect, test } from 'vitest';
import { scriptedModel } from '../agent/scripted-model.ts';
import { runInProgress } from './run-in-progress.ts';
import { type SeenEvent, shownText, startStack } from './running-stack.ts';

const MARK = '\n\n[correction] ';
const of = (events: SeenEvent[], type: SeenEvent['type']): SeenEvent[] => events.filter((event) => event.type === type);
/** More than a model says while a test looks the other way. */
const LONG_WAY = Array.from({ length: 400 }, (_, index) => index).join(' ');

describe('people', () => {
  test('correct a running turn: it is cut where the reader is, and the next one follows the correction', async () => {
    const { stack, model, run, call } = await runInProgress();
    call.say('Hi there, ER');
    await stack.event(run, 'text-delta');
    const view = await stack.supervisor.interject('assistant', undefined, 'In French, please.');
    expect(view).toMatchObject({ run, status: 'running' });
    expect(view.interventions).toMatchObject([
      { policy: 'person', action: 'interject', reason: 'In French, please.', turn: 1, offset: 'Hi there, '.length },
    ]);
    await call.closed;
    const next = await model.call();
    expect(next.body.messages).toEqual([
      { role: 'user', content: 'hello' },
      { role: 'assistant', content: 'Hi there, ' },
      { role: 'user', content: 'In French, please.' },
    ]);
    next.say('Bonjour');
    next.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Bonjour' });
  });

  test('correct twice in a row: the model sees both, and what was shown once', async () => {
    const { stack, model, run, call } = await runInProgress();
    call.say('Hi there');
    await stack.event(run, 'text-delta');
    const corrections = ['In French, please.', 'And louder.'];
    await Promise.all(corrections.map((text) => stack.supervisor.interject('assistant', undefined, text)));
    const next = await model.call();
    expect(next.body.messages.slice(1)).toEqual([
      { role: 'assistant', content: 'Hi there' },
      { role: 'user', content: corrections.join(MARK) },
    ]);
    next.say('BONJOUR');
    next.finish();
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'BONJOUR' });
  });

  test('their corrections do not count against the cap', async () => {
    const model = await scriptedModel();
    const stack = await startStack({ backend: model.definition });
    const run = await stack.say('hello');
    for (let round = 0; round < 5; round++) {
      await model.call();
      await stack.supervisor.interject('assistant', undefined, `Again, ${round}.`);
    }
    const last = await model.call();
    last.finish();
    expect((await stack.wait(run)).status).toBe('answered');
  });

  test('have nothing to correct or to stop in a chat where nothing runs', async () => {
    const { supervisor } = await startStack();
    const notRunning = { code: 'not_running' };
    await expect(supervisor.interject('assistant', undefined, 'x')).rejects.toMatchObject(notRunning);
    await expect(supervisor.stopChat('assistant', 'side')).rejects.toMatchObject(notRunning);
    await expect(supervisor.interject('nobody', undefined, 'x')).rejects.toMatchObject({ code: 'unknown_agent' });
  });

  test('stop a run: the model is cut off, what was shown stays', async () => {
    const stack = await startStack({ simulator: { tokensPerSecond: 200 } });
    const run = await stack.say(`say: ${LONG_WAY}`);
    await stack.event(run, 'text-delta');
    const view = await stack.supervisor.stopChat('assistant', undefined);
    expect(view).toMatchObject({ run, status: 'stopped', content: '' });
    expect(view.messages.at(-1)).toMatchObject({ role: 'assistant', status: 'interrupted' });
    const events = await stack.eventsOf(run);
    expect(of(events, 'turn-cut')[0]?.text).toBe(shownText(events, 1));
    await stack.until(() => stack.calls()[0]?.outcome === 'cancelled');
    await stack.until(() => stack.engine.bench.runs.all().length === 0);
  });

  test('stop a run that waits, and one that has ended', async () => {
    const stack = await startStack({ simulator: { tokensPerSecond: 200 } });
    const [first, second] = [await stack.say(`say: ${LONG_WAY}`), await stack.say('say: second')];
    expect(await stack.supervisor.stopRun(second)).toMatchObject({ run: second, status: 'stopped' });
    expect(await stack.supervisor.stopRun(first)).toMatchObject({ run: first, status: 'stopped' });
    const answered = await stack.ask('say: third');
    expect(await stack.supervisor.stopRun(answered.run)).toEqual(answered);
    expect(stack.calls('say: second').every(({ messages }) => messages.at(-1)?.content.includes('third'))).toBe(true);
  });
});
