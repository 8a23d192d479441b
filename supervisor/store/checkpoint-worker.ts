/**
 * A worker thread that moves the write-ahead log into the database, on a connection of its own: automatic checkpoints would make
 * some commits wait for milliseconds, in the middle of somebody's stream.
 */
import { statSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { openDatabase } from './database.ts';

const INTERVAL_MS = 1000;
/** From this size the log is worth the work. */
const WORTHWHILE_BYTES = 4 * 1024 * 1024;
/** From this size on it is made to shrink, though a commit may have to wait for that once. */
const OVERLONG_BYTES = 256 * 1024 * 1024;

const { path } = workerData as { path: string };
const database = openDatabase(path, { timeoutMs: 100 });

setInterval(() => {
  const bytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes < WORTHWHILE_BYTES) return;
  try {
    database.pragma(`wal_checkpoint(${bytes < OVERLONG_BYTES ? 'passive' : 'truncate'})`);
  } catch {
    // A full disk: the supervisor notices at its next commit and says so; here the next second tries again.
  }
}, INTERVAL_MS);
