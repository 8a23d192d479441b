/** What a review leaves out of the account: neither its time nor what was counted before it counts for the model's turn again. */
import { expect, test } from 'vitest';
import { scriptedModel } from '../../agent/scripted-model.ts';
import { type RunningStack, startStack } from '../running-stack.ts';
import { ASKS, answer, reviewer, underReview } from './reviewing.ts';

/** Notes what it was told that was used up, and asks the judge. */
const TELLS = reviewer(`(globalThis.toldTokens ??= []).push([turn.spent.run.tokens, turn.spent.chat.tokens]); ${ASKS}`);

async function stackOf(policies: string[]) {
  const [model, judge] = [await scriptedModel('model'), await scriptedModel('judge')];
  const stack = await startStack({ backends: [model.definition, judge.definition], policies });
  return { stack, model, judge };
}

/** A sample by the beginning of its name. */
async function sample(stack: RunningStack, start: string): Promise<number> {
  const line = (await stack.supervisor.metrics()).split('\n').find((each) => each.startsWith(start));
  return Number(line?.slice(line.lastIndexOf(' ') + 1));
}

test('a supervisor that is replaced while somebody reviews tells the same as the first one', async () => {
  const { stack, model, judge } = await stackOf([TELLS]);
  const run = await stack.say('hello');
  await answer(model, 'Hi');
  await judge.call();
  await underReview(stack, run);
  await stack.stopSupervisor();
  await stack.startSupervisor();
  await answer(judge, 'yes');
  await stack.wait(run);
  const [first, second] = (globalThis as unknown as { toldTokens: [number, number][] }).toldTokens;
  expect(first?.[0]).toBeGreaterThan(0);
  expect(second).toEqual(first);
});

test('the time of a review is no time of the model, and text waits through it', async () => {
  const { stack, model, judge } = await stackOf([reviewer(ASKS)]);
  const run = await stack.say('hello');
  await answer(model, 'Hi');
  const asked = await judge.call();
  expect(await sample(stack, 'agents_backend_slots_used{backend="judge"}')).toBe(1);
  expect(await sample(stack, 'agents_backend_slots_used{backend="model"}')).toBe(0);
  await new Promise((resolve) => setTimeout(resolve, 500));
  asked.say('yes');
  asked.finish();
  await stack.wait(run);
  const whole = await sample(stack, 'agents_run_duration_seconds_sum');
  expect(await sample(stack, 'gen_ai_client_operation_duration_seconds_sum')).toBeLessThan(whole - 0.49);
  expect(await sample(stack, 'agents_holdback_delay_seconds_sum')).toBeGreaterThan(0.49);
  expect(await sample(stack, 'gen_ai_client_time_per_output_chunk_seconds_count')).toBeNaN();
});
