/** Swarms over a real stack: each step is a supervised run of its own, recorded and shown. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { SwarmRequest } from '../../../swarm/request.ts';
import { type RunningStack, sayCoded, startStack } from '../running-stack.ts';
import { endOf, startSwarm } from './swarm-of.ts';

const AGENTS = [{ name: 'a', system: 'You are A.' }, { name: 'b', system: 'You are B.' }, { name: 'c' }];
const PARALLEL: SwarmRequest = { task: 'say: hello', mode: 'parallel', agents: ['a', 'b'] };

test('parallel: every agent is asked once, as itself, in a chat that is not listed', async () => {
  const stack = await startStack({ agents: AGENTS });
  const begun = await stack.supervisor.swarms.start(PARALLEL, undefined);
  expect(begun).toMatchObject({ state: 'running', mode: 'parallel', task: 'say: hello', agents: ['a', 'b'] });
  const view = await endOf(stack, begun.swarm);
  const step = (name: string) => ({ step: `agent/${name}`, name, agent: name, state: 'ended', answer: 'hello' });
  const output = (name: string) => ({ name, answer: 'hello', turns: 1, tool_calls: 0, outcome: 'answered' });
  expect(view).toMatchObject({
    state: 'finished',
    steps: [step('a'), step('b')],
    result: { outputs: [output('a'), output('b')], final_summary: '## a\nhello\n\n## b\nhello' },
  });
  expect(stack.calls().map(({ messages }) => messages[0]?.content)).toEqual(['You are A.', 'You are B.']);
  expect([...stack.supervisor.chats('a'), ...stack.supervisor.chats('b')]).toEqual([]);
  const chat = `swarm-${begun.swarm}-agent/a`;
  expect(stack.supervisor.history('a', chat).messages.map(({ content }) => content)).toEqual(['say: hello', 'hello']);
});

test('every word passes the gate: what a policy corrects is corrected, and counts as one more turn', async () => {
  const stack = await startStack({ agents: AGENTS });
  const view = await startSwarm(stack, {
    ...PARALLEL,
    agents: ['a'],
    task: sayCoded('All good until an ERROR shows up'),
  });
  const [output] = view.result?.outputs ?? [];
  expect(output).toMatchObject({ turns: 2, outcome: 'answered' });
  expect(output?.answer).not.toContain('ERROR');
  expect(stack.supervisor.run(view.steps[0]?.run ?? '').interventions).toMatchObject([{ policy: 'error-keyword' }]);
});

test('in a debate the critics have their own system prompt, and their runs are of the same agents', async () => {
  const stack = await startStack({ agents: AGENTS });
  const view = await startSwarm(stack, { ...PARALLEL, mode: 'debate', synthesizer: 'c' });
  expect(view.steps.map(({ step, name, agent }) => [step, name, agent])).toEqual([
    ['round1/a', 'a', 'a'],
    ['round1/b', 'b', 'b'],
    ['critique/a', 'a_critique', 'a'],
    ['critique/b', 'b_critique', 'b'],
    ['synthesis', 'c', 'c'],
  ]);
  // Both critics are asked at once: whose request comes first is nobody's business.
  const critic = stack.calls().find(({ messages }) => /^You are A\..*Criticise/s.test(messages[0]?.content ?? ''));
  expect(critic?.messages[0]?.content).toMatch(/- b: hello/);
  expect(critic?.messages[1]?.content).toBe('say: hello');
});

test('an agent that fails is an output with the reason, without turns or time, and what it cost; the others go on', async () => {
  const blocks = `{ name: 'blocks', onTurnEnd: ({ agent }) =>
    agent === 'a' ? { action: 'block', reason: 'not from a' } : undefined }`;
  const stack = await startStack({ agents: AGENTS, policies: [blocks] });
  const view = await startSwarm(stack, PARALLEL);
  expect(view).toMatchObject({ state: 'finished', result: { final_summary: 'hello' } });
  const error = 'blocked: blocks: not from a';
  const [output] = view.result?.outputs ?? [];
  const nothing = { name: 'a', answer: '', turns: 0, tool_calls: 0, duration_ms: 0 };
  expect(output).toEqual({ ...nothing, error, outcome: 'blocked', tokens: expect.any(Number) });
  expect(output?.tokens).toBeGreaterThan(0);
  expect(view.steps[0]).toMatchObject({ name: 'a', state: 'ended', answer: '', error });
});

test('an agent that dies of it again and again fails after the usual attempts', async () => {
  const stack = await startStack({ agents: AGENTS, simulator: { ttftMs: 50 } });
  const { swarm } = await stack.supervisor.swarms.start(PARALLEL, undefined);
  const [run = ''] = stack.supervisor.swarms.view(swarm).steps.map((step) => step.run);
  const first = run === '' ? await startedRun(stack, swarm, 'a') : run;
  for (let turn = 1; turn <= 3; turn++) {
    await stack.eventsUntil({ run: first }, (event) => event.type === 'turn-start' && event.turn === turn);
    stack.endAgent('a');
    await stack.startAgent('a');
  }
  const view = await endOf(stack, swarm);
  expect(view.result?.outputs).toMatchObject([
    { name: 'a', error: expect.stringMatching(/^failed: agent_died: agent a was lost 3 times/) },
    { name: 'b', answer: 'hello' },
  ]);
});

async function startedRun(stack: RunningStack, swarm: string, name: string): Promise<string> {
  const events = await stack.eventsUntil({ swarm }, (event) => event.type === 'swarm-step' && event.name === name);
  return String(events.at(-1)?.run);
}

test('a swarm that fails says why, and shows what there was', async () => {
  const stack = await startStack({ agents: AGENTS });
  const view = await startSwarm(stack, { ...PARALLEL, mode: 'review', reviewer: 'c', maxRounds: 1 });
  expect(view).toMatchObject({
    state: 'failed',
    error: { name: 'MaxRoundsExceeded', message: 'the reviewer approved none of 1 rounds' },
    result: { outputs: [{ name: 'a' }, { name: 'b' }] },
  });
  const end = (await stack.eventsUntil({ swarm: view.swarm }, ({ type }) => type === 'swarm-end')).at(-1);
  expect(end).toMatchObject({ state: 'failed', error: 'the reviewer approved none of 1 rounds' });
});

test('events of a swarm: who began, with which run, and who ended; nothing else', async () => {
  const stack = await startStack({ agents: AGENTS });
  const { swarm, steps } = await startSwarm(stack, { ...PARALLEL, mode: 'sequential' });
  const events = await stack.eventsUntil({ swarm }, ({ type }) => type === 'swarm-end');
  const [a, b] = steps.map(({ run }) => run);
  expect(events.map(({ type, agent, run, state }) => [type, agent, run, state])).toEqual([
    ['swarm-start', undefined, undefined, undefined],
    ['swarm-step', 'a', a, 'started'],
    ['swarm-step', 'a', a, 'ended'],
    ['swarm-step', 'b', b, 'started'],
    ['swarm-step', 'b', b, 'ended'],
    ['swarm-end', undefined, undefined, 'finished'],
  ]);
});

describe('stopping', () => {
  test('ends the runs, also those that wait, and asks nobody any more', async () => {
    const stack = await startStack({ agents: AGENTS, slots: 1, simulator: { slots: 1, tokensPerSecond: 20 } });
    const long = { ...PARALLEL, task: `say: ${'word '.repeat(1000)}`, synthesizer: 'c' };
    const { swarm } = await stack.supervisor.swarms.start(long, undefined);
    await stack.eventsUntil({}, ({ type }) => type === 'text-delta');
    const stopped = await stack.supervisor.swarms.stop(swarm);
    expect(stopped).toMatchObject({ state: 'stopped', steps: [{ state: 'stopped' }, { state: 'stopped' }] });
    expect(stopped.result).toBeUndefined();
    for (const { run = '' } of stopped.steps) expect(stack.supervisor.run(run)).toMatchObject({ status: 'stopped' });
    await stack.until(() => stack.engine.bench.runs.all().length === 0);
    expect(await stack.supervisor.swarms.stop(swarm)).toEqual(stopped);
    expect(stack.calls()).toHaveLength(1);
    expect(await stack.ask('say: next', { agent: 'c' })).toMatchObject({ content: 'next' });
  });
});

test('what waits for somebody interactive goes first, whatever the priorities of the agents', async () => {
  const agents = [
    { name: 'a', priority: 'high' as const },
    { name: 'b', priority: 'low' as const },
  ];
  const stack = await startStack({ agents, slots: 1, simulator: { slots: 1, ttftMs: 30 } });
  const items = ['1', '2', '3', '4'];
  const request: SwarmRequest = { task: 'say: x', mode: 'map-reduce', agents: ['a'], reducer: 'a', items };
  const { swarm } = await stack.supervisor.swarms.start(request, undefined);
  await stack.until(() => stack.supervisor.agents()[0]?.queued === 3);
  await stack.ask('say: at once', { agent: 'b' });
  await endOf(stack, swarm);
  const order = stack.calls().map(({ messages }) => messages.at(-1)?.content.includes('at once'));
  expect(order).toEqual([false, true, false, false, false, false]);
});

test('a key is the same swarm again, also when it has ended; another request is refused', async () => {
  const stack = await startStack({ agents: AGENTS });
  const { swarms } = stack.supervisor;
  const both = await Promise.all([swarms.start(PARALLEL, 'once'), swarms.start(PARALLEL, 'once')]);
  const { swarm } = await endOf(stack, both[0].swarm);
  const again = await swarms.start(PARALLEL, 'once');
  expect([both[1].swarm, again.swarm, again.state]).toEqual([swarm, swarm, 'finished']);
  await expect(swarms.start({ ...PARALLEL, mode: 'vote' }, 'once')).rejects.toMatchObject({ code: 'key_conflict' });
  expect(swarms.list().map((one) => one.swarm)).toEqual([swarm]);
  expect(stack.calls()).toHaveLength(2);
});

test('many agents at once are nothing to warn of', async () => {
  const warnings: string[] = [];
  const listen = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', listen);
  onTestFinished(() => void process.off('warning', listen));
  const agents = Array.from({ length: 14 }, (_, index) => ({ name: `a${index}` }));
  const stack = await startStack({ agents });
  const view = await startSwarm(stack, { ...PARALLEL, agents: agents.map(({ name }) => name) });
  expect(view.result?.outputs.map(({ answer }) => answer)).toEqual(agents.map(() => 'hello'));
  expect(warnings).toEqual([]);
});

test('a hundred swarms at a time, also when more are asked for at once', async () => {
  const stack = await startStack({ agents: AGENTS });
  stack.endAgent('a');
  const asked = Array.from({ length: 110 }, () =>
    stack.supervisor.swarms.start({ ...PARALLEL, mode: 'vote', agents: ['a'] }, undefined),
  );
  const settled = await Promise.allSettled(asked);
  expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
  const [refused] = settled.filter((one) => one.status === 'rejected');
  expect(refused?.reason).toMatchObject({ code: 'too_many_swarms' });
});
