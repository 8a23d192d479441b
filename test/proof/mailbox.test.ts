/**
 * Letters between agents whose supervisor is killed at the end of the answer that sends them: none is lost, none is sent twice, and the model's
 * own log has one completed call for each.
 */
import { expect, test } from 'vitest';
import type { RunView } from '../../supervisor/service.ts';
import type { EventReader } from './event-reader.ts';
import { sayCoded, words } from './messages.ts';
import { type StackUnderTest, startedStack } from './stack-under-test.ts';
import { until } from './until.ts';

const CONFIGURATION = `export default {
  agents: [
    { name: 'planner', contacts: ['reviewer', 'tester'] },
    { name: 'reviewer', contacts: ['planner'] },
    { name: 'tester' },
  ],
};\n`;
const FLAGS = ['--backend', 'simulator'];

/** The planner writes to both, the reviewer writes back: three letters. The messages do not contain what is said. */
function askingBoth(marker: string): string {
  const back = sayCoded(`@planner: ${marker} thank you`);
  return sayCoded(`${marker} ${words(10)}\n@reviewer: ${back}\n@tester: ${marker} hello`);
}

function team(): Promise<StackUnderTest> {
  return startedStack({ flags: FLAGS, files: { 'agents.config.ts': CONFIGURATION } });
}

/** Holds that all three letters arrived, each once, and were asked of the model once. */
async function expectOneOfEach(stack: StackUnderTest, reader: EventReader, first: RunView): Promise<void> {
  expect(first.letters?.map(({ to }) => to)).toEqual(['reviewer', 'tester']);
  const [toReviewer, toTester] = await Promise.all((first.letters ?? []).map(({ run }) => stack.client.ended(run)));
  const [back] = toReviewer?.letters ?? [];
  const reply = await stack.client.ended(back?.run ?? '');
  expect([toReviewer, toTester, reply].map((view) => [view?.status, view?.from?.hops])).toEqual([
    ['answered', 1],
    ['answered', 1],
    ['answered', 2],
  ]);
  for (const [agent, from, count] of [
    ['reviewer', 'planner', 1],
    ['tester', 'planner', 1],
    ['planner', 'reviewer', 1],
  ] as const) {
    const lines = await stack.client.history(agent, first.chat);
    expect(lines.filter((line) => line.from === from)).toHaveLength(count);
  }
  const sent = reader.events.filter(({ type, chat }) => type === 'letter-sent' && chat === first.chat);
  expect(sent.map(({ agent, to }) => `${agent} → ${to}`)).toEqual([
    'planner → reviewer',
    'planner → tester',
    'reviewer → planner',
  ]);
}

/** Completed calls whose last message is a letter. */
async function completedLetters(stack: StackUnderTest): Promise<number> {
  const calls = await stack.client.modelCalls('Message from ');
  const isLetter = (content = ''): boolean => content.startsWith('Message from ');
  return calls.filter(({ outcome, messages }) => outcome === 'completed' && isLetter(messages.at(-1)?.content)).length;
}

async function anotherSupervisor(stack: StackUnderTest, pid: number): Promise<void> {
  await until('another supervisor', () => ![0, pid].includes(stack.pid('supervisor')));
}

test('kill -9 of the supervisor when the model has ended and nothing is settled, and when each end has just been told', async () => {
  const stack = await team();
  const reader = stack.reader();
  await stack.client.simulate({ ttftMs: 20, tokensPerSecond: 200 });

  const unsettled = await stack.client.send('planner', { content: askingBoth('first'), chat: 'first' });
  await reader.nextOf(unsettled, 'text-delta');
  const pid = stack.pid('supervisor');
  stack.kill('supervisor', 'SIGSTOP');
  await until('the end of the model call', async () => {
    return (await stack.client.modelCalls()).some(({ outcome }) => outcome === 'completed');
  });
  stack.kill('supervisor');
  await anotherSupervisor(stack, pid);
  await expectOneOfEach(stack, reader, await stack.client.ended(unsettled));

  for (let round = 1; round <= 3; round++) {
    const chat = `round ${round}`;
    const run = await stack.client.send('planner', { content: askingBoth(chat), chat });
    const ends = reader.nextOf(run, round === 1 ? 'letter-sent' : 'run-end');
    await ends;
    const victim = stack.pid('supervisor');
    stack.kill('supervisor');
    await anotherSupervisor(stack, victim);
    await expectOneOfEach(stack, reader, await stack.client.ended(run));
  }
  expect(await completedLetters(stack)).toBe(4 * 3);
  await stack.stop();
});

test('kill -9 of init, and with it of everything, when the answer has been settled: the next start delivers', async () => {
  const stack = await team();
  const reader = stack.reader();
  await stack.client.simulate({ ttftMs: 100, tokensPerSecond: 200 });
  const run = await stack.client.send('planner', { content: askingBoth('mine'), chat: 'mine' });
  await reader.nextOf(run, 'run-end');
  stack.kill('init');
  await stack.initEnded();
  await stack.assertNoProcess();
  await stack.start();
  await expectOneOfEach(stack, reader, await stack.client.ended(run));
  await stack.stop();
});
