/** Reviews that ask a model: slots, what it costs, a judge that is away, and a judge at the one slot of the agent's own server. */
import { describe, expect, test } from 'vitest';
import { scriptedModel } from '../../agent/scripted-model.ts';
import { shownText, startStack } from '../running-stack.ts';
import { ASKS, answer, lastFailure, reviewer, reviewStates } from './reviewing.ts';

const OWN = `const { text } = await turn.ask({ messages: [{ role: 'user', content: 'judge: ' + turn.text }] });
  return text === 'no' ? { action: 'block', reason: 'no' } : undefined;`;

describe('a judge of its own', () => {
  test('is asked when the answer is whole; its tokens are its own and are summed', async () => {
    const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
    const stack = await startStack({ backends: [model.definition, judge.definition], policies: [reviewer(ASKS)] });
    const run = await stack.say('hello');
    await answer(model, 'Hi');
    const { body } = await answer(judge, 'no');
    expect(body).toMatchObject({ model: 'scripted', messages: [{ role: 'user', content: 'judge: Hi' }], stream: true });
    await answer(model, 'better');
    await answer(judge, 'yes');
    expect(await stack.wait(run)).toMatchObject({
      status: 'answered',
      content: 'better',
      usage: { prompt_tokens: 14, completion_tokens: 10 },
    });
    const events = await stack.eventsOf(run);
    expect(shownText(events, 1)).toBe('');
    expect(reviewStates(events)).toEqual([
      'reviewer started',
      'reviewer objected',
      'reviewer started',
      'reviewer passed',
    ]);
    expect(stack.supervisor.policies()[0]).toMatchObject({
      verdicts: { interject: 1 },
      failures: 0,
      reviews: { calls: 2, prompt_tokens: 14, completion_tokens: 10 },
    });
  });

  test('that is away is waited for a little, then the review has failed', async () => {
    const away = { name: 'judge', kind: 'openai', url: 'http://127.0.0.1:9' } as const;
    const model = await scriptedModel('model');
    for (const [more, expected] of [
      [
        '',
        {
          status: 'failed',
          content: '',
          reason: expect.stringMatching(/^policy_failed: policy reviewer failed in review: it threw /),
        },
      ],
      [`onFailure: 'open',`, { status: 'answered', content: 'Hi' }],
    ] as const) {
      const stack = await startStack({ backends: [model.definition, away], policies: [reviewer(ASKS, more)] });
      const run = await stack.say('hello');
      await answer(model, 'Hi');
      expect(await stack.wait(run)).toMatchObject(expected);
      expect(reviewStates(await stack.eventsOf(run))).toEqual(['reviewer started', 'reviewer failed']);
      expect(stack.supervisor.policies()[0]).toMatchObject({ failures: 1, reviews: { calls: 1 } });
      expect(lastFailure(stack)).toContain('judge is down');
    }
  });

  test('that the configuration does not have is refused at load, and when it is asked', async () => {
    const declared = reviewer(ASKS, `reviewBackends: ['jugde'],`);
    await expect(startStack({ policies: [declared] })).rejects.toThrow('no backend "jugde"; known are simulator');
    const stack = await startStack({ policies: [reviewer(ASKS)] });
    expect(await stack.ask('say: Hi')).toMatchObject({ status: 'failed' });
    expect(lastFailure(stack)).toContain('there is no backend "judge"; known are simulator');
  });

  test.each([
    ['undefined', 'expected object'],
    ['{ messages: [] }', 'messages'],
    [`{ messages: [{ role: 'x', content: '' }] }`, 'messages.0.role'],
    [`{ messages: [{ role: 'user', content: '' }], maxTokens: -1 }`, 'maxTokens'],
    [`{ messages: [{ role: 'user', content: '' }], tokens: 1 }`, 'tokens'],
  ])('that is asked wrongly, %s: the failure says what is wrong', async (request, said) => {
    const stack = await startStack({ policies: [reviewer(`await turn.ask(${request})`)] });
    expect(await stack.ask('say: Hi')).toMatchObject({ status: 'failed' });
    expect(lastFailure(stack)).toContain(said);
  });
});

describe('a server with one slot', () => {
  test('serves agent and judge in turn, never two at once, and nobody waits for himself', async () => {
    const stack = await startStack({
      simulator: { slots: 1, ttftMs: 5, tokensPerSecond: 2000 },
      policies: [reviewer(OWN)],
    });
    const most = mostInFlight(stack);
    const runs = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((chat) => stack.say(`say: this is ${chat}`, { chat })),
    );
    for (const run of runs) expect(await stack.wait(run)).toMatchObject({ status: 'answered' });
    expect(stack.calls('judge: this is')).toHaveLength(5);
    expect(most()).toBe(1);
  });

  test('a review goes before turns that wait', async () => {
    const model = await scriptedModel('model');
    const stack = await startStack({
      backends: [{ ...model.definition, slots: 1 }],
      policies: [reviewer(OWN, 'reviewDeadlineMs: 300,')],
    });
    const first = await stack.say('first', { chat: 'one' });
    const call = await model.call();
    const second = await stack.say('second', { chat: 'two' });
    const third = await stack.say('third', { chat: 'three' });
    call.say('1');
    call.finish();
    const judging = await model.call();
    expect(judging.body.messages.at(-1)?.content).toBe('judge: 1');
    judging.say('yes');
    judging.finish();
    expect(await stack.wait(first)).toMatchObject({ status: 'answered' });
    const long = await model.call();
    long.say('2');
    expect(stack.engine.bench.runs.get(third)?.phase).toBe('waiting');
    long.finish();
    await answer(model, 'yes');
    expect(await stack.wait(second)).toMatchObject({ status: 'answered' });
    await answer(model, '3');
    await answer(model, 'yes');
    expect(await stack.wait(third)).toMatchObject({ status: 'answered' });
  });

  test('a review that waits longer for its slot than it may take does not fail of that', async () => {
    const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
    const stack = await startStack({
      backends: [model.definition, { ...judge.definition, slots: 1 }],
      policies: [reviewer(ASKS, '', 'patient'), reviewer(ASKS, 'reviewDeadlineMs: 100,', 'quick')],
    });
    const run = await stack.say('hello');
    await answer(model, 'Hi');
    const first = await judge.call();
    await new Promise((resolve) => setTimeout(resolve, 300));
    first.say('yes');
    first.finish();
    await answer(judge, 'yes');
    expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: 'Hi' });
  });
});

/** The most requests that a simulator worked on at a time, by its own log. */
function mostInFlight(stack: Awaited<ReturnType<typeof startStack>>): () => number {
  return () => {
    const edges = stack.simulator
      .requests()
      .flatMap(({ started, endedAt }) => [[started, 1] as const, [endedAt ?? Number.MAX_VALUE, -1] as const])
      .sort(([a, up], [b, other]) => a - b || up - other);
    let [now, most] = [0, 0];
    for (const [, step] of edges) {
      now += step;
      most = Math.max(most, now);
    }
    return most;
  };
}
