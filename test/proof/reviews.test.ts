/** Reviews in the real stack: a supervisor and an agent that are killed meanwhile, and reviews that do not return. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sayCoded } from './messages.ts';
import { shownTurns } from './shown-turns.ts';
import { type StackUnderTest, startedStack } from './stack-under-test.ts';
import { until } from './until.ts';

function filesFor(policy: object | string, files: readonly string[] = []): Record<string, string> {
  const agents = [{ name: 'assistant', policies: [policy] }];
  const fixtures = files.map((name) => [
    name,
    readFileSync(new URL(`../fixtures/proof/${name}`, import.meta.url), 'utf8'),
  ]);
  return { 'agents.config.json': JSON.stringify({ agents }), ...Object.fromEntries(fixtures) };
}

async function underReview(stack: StackUnderTest): Promise<string> {
  const reader = stack.reader();
  const run = await stack.client.send('assistant', { content: sayCoded('All of this is judged.') });
  await reader.nextOf(run, 'review');
  return run;
}

describe('killed while an answer is reviewed', () => {
  test.each(['supervisor', 'assistant'])(
    '%s: the answer is not lost, it is shown once, and the model was asked once',
    async (id) => {
      const file = 'reviewing-by-file.ts';
      const stack = await startedStack({ files: filesFor(`./${file}`, [file]) });
      const run = await underReview(stack);
      const before = stack.pid(id);
      stack.kill(id);
      const reader = stack.reader();
      await reader.next(({ type }) => type === (id === 'supervisor' ? 'agent-ready' : 'agent-exit'));
      stack.write('go', '');
      const view = await stack.client.ended(run);
      expect(view).toMatchObject({ status: 'answered', content: 'All of this is judged.' });
      await reader.nextOf(run, 'run-end');
      expect([...shownTurns(reader.of(run)).values()]).toMatchObject([{ text: 'All of this is judged.' }]);
      expect(await stack.client.modelCalls('say-coded')).toHaveLength(1);
      expect(stack.pid(id)).not.toBe(before);
    },
  );
});

test.each(['at once', 'LATER'])(
  'a review that does not return, %s: it is named, its run fails closed; the second time it is in quarantine',
  async (when) => {
    const file = 'reviewing-in-a-loop.ts';
    const stack = await startedStack({ files: filesFor(`./${file}`, [file]) });
    for (const chat of ['one', 'two']) {
      const message = { content: sayCoded(`STUMBLE ${when}`), chat, key: chat };
      const view = await stack.client.ended(await stack.client.sendUntilAcknowledged('assistant', message));
      expect(view).toMatchObject({ status: 'failed', content: '' });
      expect(view.reason).toMatch(/^policy_failed: policy reviewing-in-a-loop \(\w+\) did not return within 500 ms$/);
      expect(view.messages.some(({ content }) => content.includes('STUMBLE'))).toBe(false);
    }
    const [policy] = (await stack.client.overview()).policies;
    expect(policy).toMatchObject({ name: 'reviewing-in-a-loop', quarantined: true });
    expect(await stack.client.ask('assistant', { content: 'hello', chat: 'three' })).toMatchObject({
      status: 'failed',
      reason: expect.stringContaining('policy_quarantined'),
    });
  },
);

test('the judge that comes with it judges on the one server there is, corrects, and is counted', async () => {
  const stack = await startedStack({ files: filesFor({ use: 'judge', options: { historyCharacters: 500 } }) });
  const view = await stack.client.ask('assistant', { content: sayCoded('Here is a DRIFT for you.') });
  expect(view).toMatchObject({
    status: 'answered',
    content: 'Here is a for you.',
    interventions: [{ policy: 'judge', action: 'interject', turn: 1 }],
  });
  const [policy] = (await stack.client.overview()).policies;
  expect(policy?.reviews).toMatchObject({ calls: 2 });
  expect(policy?.reviews?.prompt_tokens).toBeGreaterThan(view.usage.prompt_tokens);
  await stack.stop();
});

test('what a review leaves behind fails later: its verdict stands, and nothing is restarted', async () => {
  const file = 'reviewing-loosely.ts';
  const stack = await startedStack({ files: filesFor(`./${file}`, [file]) });
  const supervisor = stack.pid('supervisor');
  for (const chat of ['one', 'two']) {
    expect(await stack.client.ask('assistant', { content: 'say: Hello', chat })).toMatchObject({ content: 'Hello' });
  }
  const left = (): number =>
    stack.log().filter(({ msg }) => msg === 'a policy left something behind that failed').length;
  // Of each review six or seven promises, and the listener.
  await until('what was left behind', () => left() >= 14);
  expect(stack.pid('supervisor')).toBe(supervisor);
  await stack.client.ask('assistant', { content: 'say: Hello', chat: 'three' });
  expect(stack.pid('supervisor')).toBe(supervisor);
});
