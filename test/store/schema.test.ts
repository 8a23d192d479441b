/** Migrations: once each, never backwards. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../supervisor/store/store.ts';
import { connectTo, queuedRun, temporaryFolder, temporaryStore } from './temporary-store.ts';

test('opening again changes nothing and keeps what is there', () => {
  const { store, path } = temporaryStore();
  const run = queuedRun(store, { key: 'k' });
  const schema = (): unknown[] => connectTo(path).prepare('select type, name, sql from sqlite_schema').all();
  const before = schema();
  store.close();
  for (let round = 0; round < 3; round++) {
    const again = openStore(path, 'full');
    expect(again.runs.byId(run.id)).toEqual(run);
    again.close();
  }
  expect(schema()).toEqual(before);
});

/** Takes back what the sixth and the seventh migration did. */
const SIXTH_AND_SEVENTH_UNDONE =
  'drop table review; drop index chat_ephemeral; alter table chat drop column is_ephemeral';

/** Takes back what the fifth migration did. */
const FIFTH_UNDONE = [
  'drop table turn_stream; drop table run_label',
  'alter table run drop column policies; alter table intervention drop column hook',
].join(';');

/** Takes back what the fourth migration did. */
const FOURTH_UNDONE = [
  ...['channel', 'raw_from', 'raw_to', 'withheld_hash', 'withheld_length', 'mask_length', 'latency_ms'].map(
    (column) => `alter table intervention drop column ${column}`,
  ),
  'alter table turn drop column continues; alter table turn drop column resumable',
  'alter table run drop column content_hash',
  'drop table approval',
].join(';');

/** Takes back what the tenth migration did. */
const TENTH_UNDONE = 'drop table benchmark; alter table event drop column benchmark';

/** Takes back what the ninth migration did. */
const NINTH_UNDONE = [
  'drop index run_letter; drop index run_thread',
  ...['from_agent', 'from_run', 'hops', 'thread'].map((column) => `alter table run drop column ${column}`),
].join(';');

/** Takes back what the eighth migration did. */
const EIGHTH_UNDONE = [
  'drop table swarm_step; drop table swarm; alter table chat drop column swarm; alter table event drop column swarm',
  'alter table run drop column origin; alter table run drop column system',
].join(';');

test('a database of the first version is brought up to date; an open turn of it names no backend', () => {
  const { store, path } = temporaryStore();
  const run = queuedRun(store, { key: 'k' });
  const { number } = run;
  store.turns.start({ run: number, number: 1, incarnation: 'a1', policies: 'p@v', backend: 'b', now: 5 });
  store.close();
  const database = connectTo(path);
  database.exec(
    `${TENTH_UNDONE}; ${NINTH_UNDONE}; ${EIGHTH_UNDONE}; ${SIXTH_AND_SEVENTH_UNDONE}; drop index event_notice; ${FIFTH_UNDONE}; ${FOURTH_UNDONE}`,
  );
  database.exec('alter table turn drop column backend');
  database.pragma('user_version = 1');
  database.close();
  const again = openStore(path, 'normal');
  expect(again.turns.open(number)).toEqual({
    number: 1,
    incarnation: 'a1',
    policies: 'p@v',
    backend: null,
    startedAt: 5,
    continues: null,
  });
  expect(again.runs.byId(run.id)).toEqual(run);
  again.close();
});

test('a database of a newer version is refused by name, and left as it was', () => {
  const { store, path } = temporaryStore();
  store.close();
  const database = connectTo(path);
  database.pragma('user_version = 999');
  expect(() => openStore(path, 'normal')).toThrow(/interject\.db was written by a newer version.*schema 999/);
  expect(database.pragma('user_version', { simple: true })).toBe(999);
});

test('a refused database is closed: another process can have it for itself', () => {
  const { store, path } = temporaryStore();
  store.close();
  const before = connectTo(path);
  before.pragma('user_version = 999');
  before.close();
  expect(() => openStore(path, 'normal')).toThrow();
  const database = connectTo(path, { timeoutMs: 0 });
  database.pragma('locking_mode = exclusive');
  expect(() => database.exec('begin exclusive; commit')).not.toThrow();
});

test('a file that is no database is refused', () => {
  const path = join(temporaryFolder(), 'interject.db');
  copyFileSync(new URL(import.meta.url).pathname, path);
  expect(() => openStore(path, 'normal')).toThrow('not a database');
});

test('the history reads like the conversation, with the names of the columns that people know', () => {
  const { store, connect } = temporaryStore();
  const run = queuedRun(store);
  const line = { agent: 'assistant', chat: 'main', run: run.number, status: 'complete', now: 1 } as const;
  store.history.add({ ...line, turn: 0, role: 'user', content: 'hello' });
  store.history.add({ ...line, turn: 1, role: 'assistant', content: 'good day' });
  const rows = connect({ readonly: true }).prepare('select chat_id, role, content, ts from chat_history').all();
  expect(rows).toEqual([
    { chat_id: 'assistant/main', role: 'user', content: 'hello', ts: 1 },
    { chat_id: 'assistant/main', role: 'assistant', content: 'good day', ts: 1 },
  ]);
});
