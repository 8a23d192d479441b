/** While a supervisor is away its port is anybody's: a stack whose port was taken goes on with what was acknowledged, says so, and waits. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect, test } from 'vitest';
import { type StackUnderTest, startedStack } from './stack-under-test.ts';
import { until } from './until.ts';

const TEST_MS = 120_000;

/** Kills the supervisor; another program has its port before init has looked. */
async function takeAddress(stack: StackUnderTest): Promise<Server> {
  const port = Number(new URL(stack.url).port);
  stack.kill('init', 'SIGSTOP');
  stack.kill('supervisor');
  const thief = createServer((socket) => socket.destroy());
  await until('the port to be free', async () => once(thief.listen(port, '127.0.0.1'), 'listening'));
  stack.kill('init', 'SIGCONT');
  return thief;
}

test(
  'another program took the port of a killed supervisor: nothing is lost, nothing ends, and the stack is back when that one has gone',
  async () => {
    const stack = await startedStack();
    const before = stack.pid('supervisor');
    await stack.client.simulate({ ttftMs: 200, tokensPerSecond: 20 });
    const run = await stack.client.send('assistant', { content: 'say: kept' });
    const thief = await takeAddress(stack);
    await until('the warning', () => stack.output.includes('goes on and waits for its address: Port'), 60_000);
    const waiting = stack.pid('supervisor');
    expect([0, before]).not.toContain(waiting);
    // Behind the shut door.
    await until('the end of the run', () =>
      stack.log().some((line) => line.run === run && line.msg === 'run answered'),
    );
    thief.close();
    expect(await stack.client.ended(run)).toMatchObject({ status: 'answered', content: 'kept' });
    await until('a word of it', () => stack.output.includes('The stack can be reached again'));
    expect(stack.pid('supervisor')).toBe(waiting);
    await stack.stop();
  },
  TEST_MS,
);

test('a stack whose port was taken can be stopped', { timeout: TEST_MS }, async () => {
  const stack = await startedStack();
  const thief = await takeAddress(stack);
  await until('the warning', () => stack.output.includes('goes on and waits for its address: Port'), 60_000);
  await stack.stop();
  thief.close();
});
