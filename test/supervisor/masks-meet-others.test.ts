/** What is masked stays masked where other verdicts take over: a person's approval, an answer that goes on after a cut, a restart. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scriptedModel } from '../agent/scripted-model.ts';
import { connectTo } from '../store/temporary-store.ts';
import { type RunningStack, startStack } from './running-stack.ts';

const KEY = `sk-${'aB3dE6gH9jK2mN5p'.repeat(2)}`;
const MASK = '[redacted openai-key]';
const ASKS = `{ name: 'asks', patterns: ['refund'], onText: ({ match }) =>
  match === undefined ? undefined : { action: 'pause', reason: 'money' } }`;
/** Longer than what the policy of secrets holds back. */
const MORE = ' and so on'.repeat(12);

function stored(stack: RunningStack): string {
  const database = connectTo(join(stack.folder, 'interject.db'));
  const tables = ['run', 'turn', 'chat_history', 'intervention', 'approval', 'event', 'inbox'];
  return JSON.stringify(tables.map((table) => database.prepare(`select * from ${table}`).all()));
}

test('an approved answer has the mask, and nothing that waited for approval holds the secret', async () => {
  const model = await scriptedModel();
  const stack = await startStack({ backend: model.definition, policies: [{ use: 'secrets' }, ASKS] });
  const run = await stack.say('hello');
  (await model.call()).say(`A refund with the key ${KEY} opens it`);
  const id = String((await stack.event(run, 'run-paused')).approval);
  expect(stack.supervisor.approvals()[0]?.withheld).toContain(MASK);
  const view = await stack.supervisor.decideApproval(id, { decision: 'approve' });
  expect(view).toMatchObject({ status: 'answered', content: `A refund with the key ${MASK} opens it` });
  expect(stored(stack)).not.toContain(KEY.slice(0, 12));
});

test('a card number that ends where an answer waits for approval is masked', async () => {
  const model = await scriptedModel();
  const stack = await startStack({ backend: model.definition, policies: [{ use: 'secrets' }, ASKS] });
  const run = await stack.say('hello');
  (await model.call()).say('a refund to 4111 1111 1111 1111');
  const id = String((await stack.event(run, 'run-paused')).approval);
  const view = await stack.supervisor.decideApproval(id, { decision: 'approve' });
  expect(view).toMatchObject({ status: 'answered', content: 'a refund to [redacted card]' });
  expect(stored(stack)).not.toContain('4111 1111');
});

test('a correction that quotes a secret has the mask, of a message and of an answer', async () => {
  const quotes = `{ name: 'quotes', holdback: 'turn',
    onMessage: ({ content }) => ({ action: 'interject', text: 'Do not say ' + content }),
    onTurnEnd: ({ text, turn }) => turn > 1 ? undefined : { action: 'interject', text: 'Not ' + text } }`;
  const model = await scriptedModel();
  const stack = await startStack({ backend: model.definition, policies: [{ use: 'secrets' }, quotes] });
  const run = await stack.say(`My key is ${KEY}`);
  const first = await model.call();
  expect(JSON.stringify(first.body.messages)).toContain(`Do not say My key is ${MASK}`);
  first.say(`Is it ${KEY}?`);
  first.finish();
  const second = await model.call();
  expect(JSON.stringify(second.body.messages)).toContain(`Not Is it ${MASK}?`);
  second.say('Fine');
  second.finish();
  expect((await stack.wait(run)).content).toBe('Fine');
  expect(stored(stack)).not.toContain(KEY);
});

test('an answer that goes on after a cut has the mask once, also when the supervisor restarts in it', async () => {
  const model = await scriptedModel('scripted', 'at once', 'continues');
  const stack = await startStack({
    agents: [{ name: 'assistant', resume: 'continue' }],
    backend: model.definition,
    policies: [{ use: 'secrets' }, { use: 'error-keyword' }],
  });
  const run = await stack.say('hello');
  (await model.call()).say(`The key ${KEY} opens it${MORE} ERROR`);
  const second = await model.call();
  expect(second.body.messages.at(-1)?.content).toContain(MASK);
  expect(JSON.stringify(second.body.messages)).not.toContain(KEY);
  second.say(`${MORE} with ${KEY} again${MORE}`);
  await stack.eventsUntil(
    { run },
    ({ type, action, turn }) => type === 'intervention' && action === 'redact' && turn === 2,
  );
  await stack.stopSupervisor();
  await stack.startSupervisor();
  second.say('the end');
  second.finish();
  const view = await stack.wait(run);
  expect(view.status).toBe('answered');
  expect(view.content.split(MASK)).toHaveLength(3);
  expect(view.content.endsWith('the end')).toBe(true);
  expect(view.interventions.filter(({ action }) => action === 'redact')).toHaveLength(2);
  expect(stored(stack)).not.toContain(KEY.slice(0, 12));
});
