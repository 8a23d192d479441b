/**
 * The data folder cannot be written any more while the stack runs: nothing is accepted that could not be kept, nothing is shown that is
 * not stored, and when there is room again everything goes on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { EventReader, SeenEvent } from './event-reader.ts';
import { type Disk, fileSizeLimit, mountSmallDisk, smallDisk, unmount } from './full-disks.ts';
import { words } from './messages.ts';
import { StackUnderTest, startedStack } from './stack-under-test.ts';
import { readDatabase } from './stored-run.ts';
import { until } from './until.ts';
import { expectAnsweredOnce } from './whole-run.ts';

/** The supervisor looks every second whether it can write again; this is more than two of these looks. */
const SOME_LOOKS_MS = 2500;

/** Messages whose answers are under way, and one that waits for its chat. */
const OPEN = ['first', 'second'].map((chat) => ({ agent: 'assistant', content: `say: ${chat} ${words(40)}`, chat }));
interface Sent {
  content: string;
  run: string;
}

const WAITING = { agent: 'assistant', content: 'say: I can wait', chat: 'first' };

test('on a small disk that somebody fills', async () => {
  await onSmallDisk(async (stack) => {
    await stack.start();
    await expectSurvived(stack, smallDisk(stack));
  });
});

test('what dies while the disk is full comes back, and the run with it', async () => {
  await onSmallDisk(async (stack) => {
    await stack.start();
    const reader = stack.reader();
    const runs = await beginRuns(stack, reader);
    const disk = smallDisk(stack);
    disk.fill();
    await reader.next(({ type }) => type === 'degraded');
    for (const id of ['supervisor', 'assistant', 'simulator']) stack.kill(id);
    await until('a supervisor that has no room either', async () => (await stack.client.get('/readyz')).status === 503);
    expectShownIsStored(stack, reader);
    disk.makeRoom();
    await stack.ready();
    await expectAllAnswered(stack, reader, runs);
    await stack.assertNoOrphans();
    await stack.stop();
  });
});

test('when the system limits the size of files', async () => {
  const stack = await startedStack();
  await expectSurvived(stack, fileSizeLimit(stack));
});

/** Runs `work` on a stack whose data folder is a disk of its own; without the right to mount one, says why and does without. */
async function onSmallDisk(work: (stack: StackUnderTest) => Promise<void>): Promise<void> {
  const stack = new StackUnderTest();
  const problem = mountSmallDisk(stack.data);
  onTestFinished(async () => {
    await stack.endProcesses();
    if (problem === undefined) unmount(stack.data);
    await stack.end();
  });
  if (problem === undefined) return work(stack);
  console.warn(`A disk cannot be mounted here (${problem}); the test with a limit on file sizes has to do.`);
  expect(problem).toMatch(/permi|superuser|root|ENOENT/i);
}

async function expectSurvived(stack: StackUnderTest, disk: Disk): Promise<void> {
  const reader = stack.reader();
  const runs = await beginRuns(stack, reader);
  disk.fill();
  const degraded = await reader.next(({ type }) => type === 'degraded');
  expect(degraded).not.toHaveProperty('seq');
  await expectRefusal(stack);
  await sleep(SOME_LOOKS_MS);
  await expectRefusal(stack);
  expectShownIsStored(stack, reader);
  expect(reader.notes.filter(({ type }) => type === 'degraded')).toEqual([degraded]);

  disk.makeRoom();
  await stack.ready();
  const later = { content: 'say: There is room again.', key: 'later' };
  const run = await stack.client.sendUntilAcknowledged('assistant', { ...later, chat: 'later' });
  await expectAnsweredOnce(stack, reader, { run, content: later.content, answer: 'There is room again.' });
  await expectAllAnswered(stack, reader, runs);
  expect(reader.notes.filter(({ type }) => type === 'degraded')).toEqual([degraded]);
}

/** Resolves when text flows in all chats. */
async function beginRuns(stack: StackUnderTest, reader: EventReader): Promise<Sent[]> {
  await stack.client.simulate({ ttftMs: 10, tokensPerSecond: 20 });
  const runs: Sent[] = [];
  for (const { agent, ...message } of [...OPEN, WAITING]) {
    runs.push({ content: message.content, run: await stack.client.send(agent, message) });
  }
  for (const { run } of runs.slice(0, OPEN.length)) await reader.nextOf(run, 'text-delta');
  await stack.client.simulate({ tokensPerSecond: 300 });
  return runs;
}

async function expectAllAnswered(stack: StackUnderTest, reader: EventReader, runs: readonly Sent[]): Promise<void> {
  for (const { content, run } of runs) {
    await expectAnsweredOnce(stack, reader, { run, content, answer: content.replace('say: ', '') });
  }
}

async function expectRefusal(stack: StackUnderTest): Promise<void> {
  const { status, body } = await stack.client.refused('analyst', { content: 'say: no room for this' });
  expect({ status, code: body.error.code }).toEqual({ status: 507, code: 'storage_failed' });
  const readiness = await stack.client.get<{ ready: boolean; reasons: string[] }>('/readyz');
  expect(readiness).toMatchObject({ status: 503, body: { ready: false } });
  expect(readiness.body.reasons.join()).toContain('cannot be written');
}

/** The events that readers have are those in the file, the last one included; and the turns were given up. */
function expectShownIsStored({ data }: StackUnderTest, reader: EventReader): void {
  const stored = readDatabase(data, (database) => {
    const rows = database.prepare('select data from event order by seq').all() as { data: string }[];
    return rows.map((row) => JSON.parse(row.data) as SeenEvent);
  });
  expect(reader.events).toEqual(stored);
}
