/** The thread that moves the write-ahead log into the database: it does, and nothing that happens to it ends the process. */
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { Checkpoints } from '../../supervisor/store/checkpoints.ts';
import type { Database } from '../../supervisor/store/database.ts';
import { workerEntries } from '../supervisor/worker-entries.ts';
import { connectTo, temporaryFolder } from './temporary-store.ts';

const MEGABYTES = 8;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Makes the log longer than the worker leaves it. */
function fill(database: Database): void {
  database.exec('create table if not exists filling (text text)');
  const insert = database.prepare('insert into filling values (?)');
  database.transaction(() => {
    for (let count = 0; count < MEGABYTES; count++) insert.run('x'.repeat(1024 * 1024));
  })();
}

test('it goes on after a time in which the database was locked', async () => {
  const path = join(temporaryFolder(), 'interject.db');
  const locking = connectTo(path);
  locking.pragma('locking_mode = exclusive');
  locking.pragma('journal_mode = wal');
  locking.pragma('wal_autocheckpoint = 0');
  fill(locking);
  const worker = new Worker(workerEntries().checkpoint, { workerData: { path } });
  onTestFinished(async () => void (await worker.terminate()));
  const failed = once(worker, 'error').then(([error]) => error as Error);
  failed.catch(() => {});
  expect(await Promise.race([failed, delay(1700, 'alive')])).toBe('alive');
  locking.close();
  const database = connectTo(path);
  database.pragma('wal_autocheckpoint = 0');
  const before = statSync(path).size;
  fill(database);
  const grown = async (): Promise<string> => {
    while (statSync(path).size < before + MEGABYTES * 1024 * 1024) await delay(20);
    return 'grown';
  };
  expect(await Promise.race([failed, grown()])).toBe('grown');
});

test('it empties the log, however short, at its start and when it is asked to, and otherwise leaves a short one alone', async () => {
  const path = join(temporaryFolder(), 'interject.db');
  const database = connectTo(path);
  database.pragma('journal_mode = wal');
  database.pragma('wal_autocheckpoint = 0');
  database.exec('create table said (text text)');
  const size = (): number => statSync(`${path}-wal`).size;
  const emptied = async (): Promise<void> => {
    while (size() > 0) await delay(20);
  };
  expect(size()).toBeGreaterThan(0);
  const worker = new Worker(workerEntries().checkpoint, { workerData: { path } });
  onTestFinished(async () => void (await worker.terminate()));
  await emptied();
  // It has looked once more, with nothing to do.
  await delay(1500);
  database.exec(`insert into said values ('hello')`);
  await delay(1500);
  expect(size()).toBeGreaterThan(0);
  worker.postMessage('empty');
  await emptied();
});

test('it can be closed at any moment of its start, also while it loads SQLite', async () => {
  const path = join(temporaryFolder(), 'interject.db');
  connectTo(path).pragma('journal_mode = wal');
  // A thread that is terminated while it loads SQLite aborts this whole process.
  for (let times = 0; times < 150; times++) {
    const checkpoints = new Checkpoints(workerEntries().checkpoint, path, SILENT);
    await delay(times % 75);
    await checkpoints.close();
  }
});
