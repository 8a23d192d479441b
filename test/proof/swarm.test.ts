/**
 * Swarms whose processes are killed: the supervisor after every step, an agent in the middle. Every spec has one completed call in the
 * model's own log, and the result is what it is when nobody is killed.
 */
import { describe, expect, test } from 'vitest';
import type { SwarmView } from '../../supervisor/swarms/views.ts';
import type { SwarmRequest } from '../../swarm/request.ts';
import { essence } from '../supervisor/swarms/swarm-of.ts';
import type { EventReader, SeenEvent } from './event-reader.ts';
import { sayCoded } from './messages.ts';
import { type StackUnderTest, startedStack } from './stack-under-test.ts';
import { until } from './until.ts';

const FLAGS = ['--agents', 'a,b,c', '--backend', 'simulator'];
/** A step takes long enough to be hit, and not longer. */
const PACE = { ttftMs: 150, tokensPerSecond: 200 };
const LONGEST_SWARM_MS = 60_000;

const DEBATE: SwarmRequest = { task: 'Name a colour.', mode: 'debate', agents: ['a', 'b'], synthesizer: 'c' };
const SEQUENTIAL: SwarmRequest = { task: 'Name a colour.', mode: 'sequential', agents: ['a', 'b', 'c'] };

async function begin(stack: StackUnderTest, request: SwarmRequest): Promise<string> {
  return (await stack.client.post<SwarmView>('/swarms', request)).body.swarm;
}

function ended(stack: StackUnderTest, swarm: string): Promise<SwarmView> {
  const look = async (): Promise<SwarmView | undefined> => {
    const { status, body } = await stack.client.get<SwarmView>(`/swarms/${swarm}?wait=5`);
    return status === 200 && body.state !== 'running' ? body : undefined;
  };
  return until(`the end of swarm ${swarm}`, look, LONGEST_SWARM_MS);
}

/** The prompts of the calls that were answered, in one order. */
async function completedPrompts(stack: StackUnderTest): Promise<string[]> {
  const calls = await stack.client.modelCalls();
  const completed = calls.filter(({ outcome }) => outcome === 'completed');
  return completed.map(({ messages }) => JSON.stringify(messages)).sort();
}

/** The k-th step of a swarm has begun, or ended. */
function step(reader: EventReader, swarm: string, state: string, count: number): Promise<SeenEvent> {
  const isStep = (event: SeenEvent): boolean =>
    event.type === 'swarm-step' && event.swarm === swarm && event.state === state;
  return reader.next((event) => isStep(event) && reader.events.filter(isStep).indexOf(event) === count - 1);
}

async function undisturbed(request: SwarmRequest): Promise<{ view: SwarmView; prompts: string[] }> {
  const stack = await startedStack({ flags: FLAGS });
  const view = await ended(stack, await begin(stack, request));
  const prompts = await completedPrompts(stack);
  await stack.stop();
  return { view, prompts };
}

describe.each([DEBATE, SEQUENTIAL].map((request) => [request.mode, request] as const))('%s', (_mode, request) => {
  let undisturbedSwarm: ReturnType<typeof undisturbed> | undefined;

  test.each(['ended', 'started'])('kill -9 of the supervisor after every step that has %s', async (state) => {
    undisturbedSwarm ??= undisturbed(request);
    const expected = await undisturbedSwarm;
    const steps = expected.view.steps.length;
    const stack = await startedStack({ flags: FLAGS });
    const reader = stack.reader();
    await stack.client.simulate(PACE);
    const swarm = await begin(stack, request);
    for (let count = 1; count <= steps; count++) {
      await step(reader, swarm, state, count);
      const pid = stack.pid('supervisor');
      stack.kill('supervisor');
      await until('another supervisor', () => ![0, pid].includes(stack.pid('supervisor')));
    }
    const view = await ended(stack, swarm);
    expect(essence(view)).toEqual(essence(expected.view));
    expect(await completedPrompts(stack)).toEqual(expected.prompts);
    await reader.next((event) => event.swarm === swarm && event.type === 'swarm-end');
    const told = reader.events.filter((event) => event.swarm === swarm);
    expect(told.filter(({ type }) => type === 'swarm-end')).toHaveLength(1);
    expect(told.filter(({ type }) => type === 'swarm-step')).toHaveLength(2 * steps);
    await stack.stop();
  });
});

test('kill -9 of init, and with it of everything: the next start goes on, and asks nobody again who has answered', async () => {
  const expected = await undisturbed(SEQUENTIAL);
  const stack = await startedStack({ flags: FLAGS });
  const reader = stack.reader();
  await stack.client.simulate(PACE);
  const swarm = await begin(stack, SEQUENTIAL);
  await step(reader, swarm, 'ended', 1);
  const before = await completedPrompts(stack);
  stack.kill('init');
  await stack.initEnded();
  await stack.assertNoProcess();
  await stack.start();
  expect(essence(await ended(stack, swarm))).toEqual(essence(expected.view));
  // The simulator is another one, with a log of its own.
  const after = await completedPrompts(stack);
  expect([...before, ...after].sort()).toEqual(expected.prompts);
  await stack.stop();
});

test('an agent that is killed while it answers is asked again; one that always dies is an error, and the others go on', async () => {
  const stack = await startedStack({ flags: FLAGS });
  const reader = stack.reader();
  await stack.client.simulate(PACE);
  const swarm = await begin(stack, { task: 'Name a colour.', mode: 'parallel', agents: ['a', 'b', 'c'] });
  const { run = '' } = await reader.next((event) => event.type === 'swarm-step' && event.name === 'a');
  const { run: other = '' } = await reader.next((event) => event.type === 'swarm-step' && event.name === 'b');
  await reader.nextOf(other, 'turn-start');
  stack.kill('b');
  for (let turn = 1; turn <= 3; turn++) {
    await reader.next((event) => event.run === run && event.type === 'turn-start' && event.turn === turn);
    const pid = stack.pid('a');
    stack.kill('a');
    await until('another agent', () => ![0, pid].includes(stack.pid('a')));
  }
  const view = await ended(stack, swarm);
  expect(view).toMatchObject({
    state: 'finished',
    result: {
      outputs: [
        { name: 'a', answer: '', turns: 0, duration_ms: 0, error: expect.stringContaining('agent_died') },
        { name: 'b', answer: expect.stringMatching(/\w/) },
        { name: 'c', answer: expect.stringMatching(/\w/) },
      ],
    },
  });
  await stack.stop();
});

test('kill -9 of the supervisor while a step is reviewed: it is reviewed and corrected as if nothing had happened, and asked once', async () => {
  const agents = ['a', 'b'].map((name) => ({ name, policies: [{ use: 'judge' }] }));
  const options = { files: { 'agents.config.json': JSON.stringify({ agents }) }, flags: ['--backend', 'simulator'] };
  const request: SwarmRequest = { task: sayCoded('Here is a DRIFT.'), mode: 'parallel', agents: ['a', 'b'] };
  const stack = await startedStack(options);
  const reader = stack.reader();
  await stack.client.simulate(PACE);
  const swarm = await begin(stack, request);
  for (const review of [1, 3]) {
    const isReview = ({ type, state }: SeenEvent): boolean => type === 'review' && state === 'started';
    await reader.next((event) => isReview(event) && reader.events.filter(isReview).indexOf(event) >= review - 1);
    const pid = stack.pid('supervisor');
    stack.kill('supervisor');
    await until('another supervisor', () => ![0, pid].includes(stack.pid('supervisor')));
  }
  const view = await ended(stack, swarm);
  expect(view.result?.outputs).toMatchObject([{ answer: 'Here is a .' }, { answer: 'Here is a .' }]);
  const calls = (await stack.client.modelCalls()).filter(({ outcome }) => outcome === 'completed');
  // A question of the judge quotes the task; it may be asked again.
  const isAnswer = ({ messages }: (typeof calls)[number]): boolean =>
    messages.some(({ content }) => content.startsWith(request.task));
  expect(calls.filter(isAnswer)).toHaveLength(4);
  await stack.stop();
});
