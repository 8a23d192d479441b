/** The verdict `terminate`: the run is blocked and its agent is stopped until a person restarts it. */
import { expect, test } from 'vitest';
import { shownText, startStack } from './running-stack.ts';

const ON_TEXT = `{ name: 'guards', patterns: ['STOP'], onText: ({ match }) =>
  match === undefined ? undefined : { action: 'terminate', reason: 'out of hand' } }`;
const ON_MESSAGE = `{ name: 'guards', onMessage: ({ content }) =>
  content.includes('STOP') ? { action: 'terminate', reason: 'out of hand' } : undefined }`;

test.each([
  ['an answer', ON_TEXT],
  ['a message', ON_MESSAGE],
])('because of %s: the run is blocked, its agent stopped, its inbox kept; other agents go on', async (_, policy) => {
  const stack = await startStack({ policies: [policy] });
  const view = await stack.ask('say: STOP');
  expect(view).toMatchObject({ status: 'blocked', reason: 'guards: out of hand', content: '' });
  expect(shownText(await stack.eventsOf(view.run), 1)).toBe('');
  await stack.until(() => stack.terminated.length > 0);
  expect(stack.terminated).toEqual(['assistant']);
  expect(stack.supervisor.agents()).toMatchObject([
    { id: 'assistant', state: 'stopped' },
    { id: 'analyst', state: 'ready' },
  ]);
  const waiting = await stack.say('say: later');
  expect((await stack.ask('say: hello', { agent: 'analyst' })).status).toBe('answered');
  expect(stack.supervisor.run(waiting).status).toBe('queued');
  await stack.startAgent('assistant');
  expect(await stack.wait(waiting)).toMatchObject({ status: 'answered', content: 'later' });
});

test('another run of that agent is interrupted, and answered when the agent is back', async () => {
  const stack = await startStack({ policies: [ON_MESSAGE], simulator: { tokensPerSecond: 300 } });
  const words = Array.from({ length: 100 }, (_, index) => index).join(' ');
  const other = await stack.say(`say: ${words}`, { chat: 'other' });
  await stack.event(other, 'text-delta');
  await stack.ask('say: STOP');
  await stack.until(() => stack.terminated.length > 0);
  await stack.startAgent('assistant');
  expect(await stack.wait(other)).toMatchObject({ status: 'answered', content: words });
});

test('what waits for the agent stays in its inbox: nothing of it is judged or started before the agent is stopped', async () => {
  const stack = await startStack({ policies: [ON_MESSAGE], slots: 1 });
  const contents = ['STOP', 'say: one', 'say: two'];
  const runs = await Promise.all(contents.map((content) => stack.say(content, { chat: content.slice(-3) })));
  await stack.until(() => stack.terminated.length > 0);
  expect(runs.map((run) => stack.supervisor.run(run).status)).toEqual(['blocked', 'queued', 'queued']);
  expect(stack.calls()).toEqual([]);
  await stack.startAgent('assistant');
  const views = await Promise.all(runs.map((run) => stack.wait(run)));
  expect(views.map(({ content }) => content)).toEqual(['', 'one', 'two']);
});
