/** A model server whose failure quotes what the model wrote: nothing of that is shown, wherever the failure is told. */
import { expect, test } from 'vitest';
import { scriptedModel } from '../agent/scripted-model.ts';
import { startStack } from './running-stack.ts';

const NO_HIDDEN = `{ name: 'no-hidden', patterns: ['HIDDEN'], onText: ({ match }) => match && { action: 'cut', reason: 'no' } }`;

/** As llama-server says it in mid-stream (common/chat.cpp), and an event that breaks off: both hold what no policy has seen. */
test.each([
  ['an error event', { error: { code: 500, message: "Invalid diff: 'so far HIDDEN' not found at start of 'HIDDEN'" } }],
  ['an event that makes no sense', '{"choices":[{"delta":{"content":"HIDDEN'],
])('%s', async (_, event) => {
  const model = await scriptedModel();
  const stack = await startStack({ backend: model.definition, policies: [NO_HIDDEN] });
  const run = await stack.say('hello');
  while (stack.supervisor.run(run).status !== 'failed') {
    const call = await Promise.race([model.call(), stack.wait(run).then(() => undefined)]);
    call?.say('so far ');
    call?.chunk(event);
  }
  const view = await stack.wait(run);
  expect(view.reason).toMatch(/^backend_(failed|garbage): \w/);
  const told = [view, await stack.eventsOf(run), stack.supervisor.history('assistant', undefined)];
  expect(JSON.stringify(told)).not.toContain('HIDDEN');
});

test('a policy is told all of it', async () => {
  const model = await scriptedModel();
  const says = `{ name: 'says', onError: ({ message }) => ({ action: 'interject', text: message }) }`;
  const stack = await startStack({ backend: model.definition, policies: [says] });
  await stack.say('hello');
  (await model.call()).chunk({ error: { message: 'what it said' } });
  const next = await model.call();
  expect(JSON.stringify(next.body.messages)).toContain('the server reported: what it said');
  next.finish();
});
