/** A secret in what a swarm is asked: what a policy masks for an agent stands nowhere else either. */
import { expect, test } from 'vitest';
import { maskedAs, maskedRequest } from '../../../supervisor/swarms/masked-request.ts';
import type { SwarmRequest } from '../../../swarm/request.ts';
import { type RunningStack, startStack } from '../running-stack.ts';
import { endOf } from './swarm-of.ts';

const KEY = 'AKIAIOSFODNN7EXAMPLF';
const MASKS = `{ name: 'masks', onMessage: ({ content }) => {
  const from = content.indexOf('${KEY}');
  return from < 0 ? undefined : { action: 'redact', from, to: from + ${KEY.length}, mask: '[key]', isSecret: true };
} }`;
const AGENTS = [{ name: 'a', system: 'You are A.' }, { name: 'b', system: 'You are B.' }, { name: 'c' }];
const TASK = `Is ${KEY} a good key?`;

const REQUESTS: SwarmRequest[] = [
  { task: TASK, mode: 'debate', agents: ['a', 'b'], synthesizer: 'c' },
  { task: 'Look at it.', mode: 'map-reduce', agents: ['a', 'b'], reducer: 'c', items: ['one', `and ${KEY}`] },
  { task: 'Say yes.', mode: 'adversarial', agents: ['a'], reviewer: 'b', criteria: `It must not say ${KEY}.` },
];

/** Every text in every table. */
function stored(stack: RunningStack): string {
  const { store } = stack.engine.bench;
  return JSON.stringify([store.swarms.newest(9), store.events.page({}, 0, 10_000), store.runs.open()]);
}

test.each(REQUESTS.map((request) => [request.mode, request] as const))('%s', async (_, request) => {
  const stack = await startStack({ agents: AGENTS, policies: [MASKS] });
  const { swarms } = stack.supervisor;
  const { swarm } = await swarms.start(request, 'mine');
  const view = await endOf(stack, swarm);
  expect(view.state).toBe('finished');
  expect(JSON.stringify([view, swarms.list()])).not.toContain(KEY);
  expect(stored(stack)).not.toContain(KEY);
  const systems = view.steps.map(({ run = '' }) => stack.engine.bench.store.runs.byId(run)?.system);
  expect(JSON.stringify(systems)).not.toContain(KEY);
  expect(JSON.stringify(stack.calls().map(({ messages }) => messages))).not.toContain(KEY);
  expect((await swarms.start(request, 'mine')).swarm).toBe(swarm);
  await expect(swarms.start({ ...request, task: 'Another one.' }, 'mine')).rejects.toMatchObject({
    code: 'key_conflict',
  });
});

test('only what lies in a part of the request is masked in it', () => {
  const request = JSON.stringify({ task: 'say 42 now', mode: 'parallel', agents: ['a'] });
  const raw = 'First 42. say 42 now, and 43';
  const mask = (from: number, to: number) => ({ from, to, mask: '[…]' });
  expect(maskedRequest(request, { raw, redactions: [mask(6, 8), mask(26, 28)] })).toBeUndefined();
  const masked = maskedRequest(request, { raw, redactions: [mask(6, 8), mask(14, 16)] });
  expect(masked?.task).toBe('say […] now');
  expect(maskedAs('You were asked: say 42 now', request, JSON.stringify(masked))).toBe('You were asked: say […] now');
});
