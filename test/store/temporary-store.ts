/** A store in a folder of its own, and second connections to its file. Everything is closed and removed when the test ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Database, openDatabase } from '../../supervisor/store/database.ts';
import type { RunRow } from '../../supervisor/store/runs.ts';
import { openStore, type Store } from '../../supervisor/store/store.ts';

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'interject-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface TemporaryStore {
  store: Store;
  path: string;
  /** Another connection to the same file, as another process would have it. */
  connect(options?: { readonly?: boolean; timeoutMs?: number }): Database;
}

export function temporaryStore(): TemporaryStore {
  const path = join(temporaryFolder(), 'interject.db');
  const store = openStore(path, 'normal');
  onTestFinished(() => store.close());
  return { store, path, connect: (options) => connectTo(path, options) };
}

export function connectTo(path: string, options?: { readonly?: boolean; timeoutMs?: number }): Database {
  const database = openDatabase(path, options);
  onTestFinished(() => void database.close());
  return database;
}

/** Runs writes in a transaction of their own. */
export function transact<T>(store: Store, work: () => T): T {
  store.begin();
  try {
    const result = work();
    store.commit();
    return result;
  } catch (error) {
    store.rollback();
    throw error;
  }
}

let made = 0;

/** A queued run of the assistant. */
export function queuedRun(store: Store, changes: { agent?: string; chat?: string; key?: string } = {}): RunRow {
  const id = `run-${++made}`;
  const fixed = { agent: 'assistant', chat: 'main', key: undefined, content: `message ${id}`, firstSeq: 1, now: 1000 };
  return transact(store, () => store.runs.create({ ...fixed, ...changes, id }));
}
