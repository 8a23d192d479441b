/** What can be wrong with a database of recordings, and what is left out of one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openRecordings } from '../../supervisor/store/recordings.ts';
import { runInProgress } from '../supervisor/run-in-progress.ts';
import { connectTo, queuedRun, temporaryFolder, temporaryStore } from './temporary-store.ts';

function opened(path: string) {
  const recordings = openRecordings(path);
  onTestFinished(() => recordings.close());
  return recordings;
}

test('a database without a run has nothing to replay', () => {
  const { path } = temporaryStore();
  const recordings = opened(path);
  expect([[...recordings.items({})], recordings.labels(), recordings.unrecorded({})]).toEqual([[], [], 0]);
  expect(() => [...recordings.items({ chat: 'main' })]).toThrow('There is no chat "main": there are none.');
});

test('what is no database of this version is refused with what to do', () => {
  const folder = temporaryFolder();
  const file = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  expect(() => openRecordings(file('empty.db', ''))).toThrow(/empty\.db holds no recordings: start the stack/);
  expect(() => openRecordings(file('junk.db', 'junk'.repeat(1000)))).toThrow(/junk\.db cannot be read as a database/);
  expect(() => openRecordings(join(folder, 'none.db'))).toThrow();
});

test.each([
  [1, /was recorded before streams were kept \(schema 1\)\. Start the stack with it once/],
  [4, /was recorded before streams were kept \(schema 4\)/],
  [999, /was written by a newer version of interject \(schema 999\)/],
])('a database of schema %i is refused', (version, message) => {
  const { store, path } = temporaryStore();
  store.close();
  connectTo(path).pragma(`user_version = ${version}`);
  expect(() => openRecordings(path)).toThrow(message);
});

test('a database from before agents wrote to each other is read as it is', () => {
  const { store, path } = temporaryStore();
  queuedRun(store);
  const { number } = queuedRun(store, { key: 'k' });
  store.runs.start(number, 1);
  store.close();
  const database = connectTo(path);
  database.exec('drop index run_letter; alter table run drop column from_agent; pragma user_version = 8');
  expect([...opened(path).items({})]).toMatchObject([{ kind: 'message', run: expect.any(String) }]);
});

test('turns that were recorded before streams were kept are counted and left out', () => {
  const { store, path } = temporaryStore();
  const { number } = queuedRun(store, { key: 'k' });
  store.runs.start(number, 1);
  store.turns.start({ run: number, number: 1, incarnation: 'a1', policies: 'p@v', backend: 'b', now: 5 });
  store.turns.end(number, 1, 'finished', 6);
  const recordings = opened(path);
  expect([...recordings.items({})]).toMatchObject([{ kind: 'message', policies: ['p'] }]);
  expect(recordings.unrecorded({})).toBe(1);
  expect(recordings.unrecorded({ since: Number.MAX_SAFE_INTEGER })).toBe(0);
});

test('of a run in progress there is the message, and what is over; what the stack writes meanwhile does not move it', async () => {
  const { stack, model, run, call } = await runInProgress();
  call.say('An ERROR');
  const second = await model.call();
  second.say('All is');
  await stack.eventsUntil({ run }, ({ type, turn }) => type === 'text-delta' && turn === 2);
  stack.engine.bench.recorder.flush();
  const recordings = opened(join(stack.folder, 'interject.db'));
  const seen = () => [...recordings.items({})].map(({ kind, turn }) => [kind, turn]);
  expect(seen()).toEqual([
    ['message', 0],
    ['turn', 1],
  ]);
  second.say(' well');
  second.finish();
  await stack.wait(run);
  expect(seen()).toHaveLength(2);
  expect([...opened(join(stack.folder, 'interject.db')).items({})]).toHaveLength(3);
  expect(() => [...recordings.items({ chat: 'mian' })]).toThrow('There is no chat "mian": there are assistant/main');
});
