/** A swarm whose supervisor ends in the middle, or cannot write: it goes on where it was, and asks nobody twice. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { SwarmRequest } from '../../../swarm/request.ts';
import { connectTo } from '../../store/temporary-store.ts';
import { type RunningStack, type SeenEvent, startStack } from '../running-stack.ts';
import { endOf, essence, startSwarm } from './swarm-of.ts';

const AGENTS = [{ name: 'a', system: 'You are A.' }, { name: 'b', system: 'You are B.' }, { name: 'c' }];
const TASK = 'Name three colours.';
const REQUESTS: SwarmRequest[] = [
  { task: TASK, mode: 'debate', agents: ['a', 'b'], synthesizer: 'c' },
  { task: TASK, mode: 'sequential', agents: ['a', 'b', 'c'] },
  { task: TASK, mode: 'pipeline', agents: ['a', 'b', 'a'] },
  { task: TASK, mode: 'map-reduce', agents: ['a', 'b'], items: ['x', 'y', 'z'], maxConcurrent: 2, reducer: 'c' },
];

/** Replaces the supervisor whenever a step has ended, or begun. */
async function restartAfterEach(stack: RunningStack, swarm: string, state: 'started' | 'ended'): Promise<number> {
  let restarts = 0;
  const isNext = (event: SeenEvent): boolean =>
    event.type === 'swarm-end' || (event.type === 'swarm-step' && event.state === state);
  for (let after = 0; ; restarts++) {
    const last = (await stack.eventsUntil({ swarm }, isNext, after)).at(-1);
    if (last?.type === 'swarm-end') return restarts;
    after = last?.seq ?? 0;
    await stack.stopSupervisor();
    await stack.startSupervisor();
  }
}

describe.each(REQUESTS.map((request) => [request.mode, request] as const))('%s', (_mode, request) => {
  test.each(['started', 'ended'] as const)('a new supervisor after every step that has %s', async (state) => {
    const undisturbed = await startStack({ agents: AGENTS });
    const expected = await startSwarm(undisturbed, request);
    const stack = await startStack({ agents: AGENTS });
    const { swarm } = await stack.supervisor.swarms.start(request, undefined);
    const restarts = await restartAfterEach(stack, swarm, state);
    const view = await endOf(stack, swarm);
    expect(restarts).toBeGreaterThanOrEqual(request.mode === 'map-reduce' ? 2 : 3);
    expect(essence(view)).toEqual(essence(expected));
    const prompts = (one: RunningStack) =>
      one
        .calls()
        .filter(({ outcome }) => outcome === 'completed')
        .map(({ messages }) => JSON.stringify(messages));
    expect(prompts(stack).sort()).toEqual(prompts(undisturbed).sort());
  });
});

test('a turn that is lost with both processes is asked again with the system prompt of its step', async () => {
  const stack = await startStack({ agents: AGENTS, simulator: { ttftMs: 2000 } });
  const { swarm } = await stack.supervisor.swarms.start({ task: TASK, mode: 'debate', agents: ['a', 'b'] }, undefined);
  await stack.until(() => stack.calls().length === 2);
  // The critiques are not done before they are lost.
  stack.simulator.change({ ttftMs: 600_000 });
  const isCritique = ({ type, name, state }: SeenEvent) =>
    type === 'swarm-step' && name === 'a_critique' && state === 'started';
  const begun = (await stack.eventsUntil({ swarm }, isCritique)).at(-1);
  await stack.event(String(begun?.run), 'turn-start');
  await stack.until(() => stack.calls().length === 4);
  await stack.stopSupervisor();
  for (const agent of ['a', 'b']) stack.endAgent(agent, { tell: false });
  stack.simulator.change({ ttftMs: 2 });
  await stack.startSupervisor();
  for (const agent of ['a', 'b']) await stack.startAgent(agent);
  expect(await endOf(stack, swarm)).toMatchObject({ state: 'finished' });
  const critic = stack
    .calls()
    .filter(({ messages }) => messages[0]?.content.startsWith('You are A.\n\nThe original task'));
  expect(critic.map(({ outcome }) => outcome)).toEqual(['cancelled', 'completed']);
  expect(critic[1]?.messages).toEqual(critic[0]?.messages);
});

test('a data folder that cannot be written for a while: the swarm goes on when it can, and asks nobody twice', async () => {
  const stack = await startStack({ agents: AGENTS, simulator: { ttftMs: 2000 } });
  const request: SwarmRequest = { task: TASK, mode: 'sequential', agents: ['a', 'b'] };
  const { swarm } = await stack.supervisor.swarms.start(request, undefined);
  await stack.until(() => stack.calls().length === 1);
  stack.simulator.change({ ttftMs: 2 });
  const database = connectTo(join(stack.folder, 'interject.db'));
  const execute = (sql: string): void => {
    stack.engine.bench.recorder.flush();
    database.exec(sql);
  };
  execute(`create trigger broken before insert on event when new.type = 'swarm-step'
    begin select raise(abort, 'database or disk is full'); end`);
  await stack.until(() => stack.engine.degraded !== undefined);
  await expect(stack.supervisor.swarms.start(request, undefined)).rejects.toMatchObject({ code: 'storage_failed' });
  await expect(stack.supervisor.swarms.stop(swarm)).rejects.toMatchObject({ code: 'storage_failed' });
  execute('drop trigger broken');
  expect(await endOf(stack, swarm)).toMatchObject({ state: 'finished', steps: [{ name: 'a' }, { name: 'b' }] });
  expect(stack.calls().map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
});

test('an agent that the configuration no longer has fails the swarm by name', async () => {
  const stack = await startStack({ agents: AGENTS, simulator: { ttftMs: 2000 } });
  const { swarm } = await stack.supervisor.swarms.start(
    { task: TASK, mode: 'pipeline', agents: ['a', 'b'] },
    undefined,
  );
  await stack.until(() => stack.calls().length === 1);
  await stack.stopSupervisor();
  stack.setAgents([{ name: 'a' }]);
  await stack.startSupervisor();
  const error = { name: 'UnknownSpecialist', message: 'there is no agent named b' };
  expect(await endOf(stack, swarm)).toMatchObject({ state: 'failed', error });
});
