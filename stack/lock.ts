/**
 * The lock of a data folder: SQLite's exclusive lock on `lock.db`. The kernel frees it whatever its holder dies of, so there is no stale
 * lock. The file must never be opened by other means in the process that holds it: closing it there would free the lock.
 */
import { existsSync } from 'node:fs';
import { type Database, openDatabase } from '../supervisor/store/database.ts';
import { Failure, messageOf } from './failure.ts';

export interface Lock {
  release(): void;
}

/** A handle that is garbage-collected would drop its lock without a word: the ones that are held stay reachable from here. */
const held = new Set<Database>();

/**
 * Takes the lock, or returns undefined when another process has it.
 * @param waitMs how long to wait for one that lets go
 * @throws Failure when the file cannot be used
 */
export function acquireLock(file: string, waitMs = 300): Lock | undefined {
  let database: Database | undefined;
  try {
    database = openDatabase(file, { timeoutMs: waitMs });
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw new Failure(`The lock ${file} cannot be taken: ${messageOf(error)}`);
  }
  return hold(database);
}

function hold(database: Database): Lock {
  held.add(database);
  return {
    release(): void {
      held.delete(database);
      database.close();
    },
  };
}

/** Whether a process has the lock now. */
export function isLocked(file: string): boolean {
  if (!existsSync(file)) return false;
  const lock = acquireLock(file, 0);
  lock?.release();
  return lock === undefined;
}

function isBusy(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
}
