/** Swarms over a real stack: recorded, resumed, stopped, shown. */
import { expect, test } from 'vitest';
import { startStack } from '../running-stack.ts';

test('parallel: every agent is asked once, in a chat that is not listed', async () => {
  const stack = await startStack({ agents: [{ name: 'a', system: 'You are A.' }, { name: 'b' }] });
  const { swarms } = stack.supervisor;
  const begun = await swarms.start({ task: 'say: hello', mode: 'parallel', agents: ['a', 'b'] }, undefined);
  expect(begun).toMatchObject({ state: 'running', mode: 'parallel', task: 'say: hello', agents: ['a', 'b'] });
  const view = await swarms.wait(begun.swarm, 20_000);
  expect(view).toMatchObject({
    state: 'finished',
    result: {
      outputs: [
        { name: 'a', answer: 'hello', outcome: 'answered' },
        { name: 'b', answer: 'hello' },
      ],
    },
    steps: [
      { step: 'agent/a', name: 'a', agent: 'a', state: 'ended', answer: 'hello' },
      { step: 'agent/b', name: 'b', agent: 'b', state: 'ended', answer: 'hello' },
    ],
  });
  expect(stack.supervisor.chats('a')).toEqual([]);
});
