/**
 * A worker thread that moves the write-ahead log into the database, on a connection of its own: automatic checkpoints would make
 * some commits wait for milliseconds, in the middle of somebody's stream. `empty` says that something was forgotten that the log still
 * holds: it is emptied then, within about a second, or as soon as nobody reads an older state. At the start it is, too: whoever was
 * asked before may have been killed. `close` ends the thread.
 */
import { statSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { CheckpointWish } from './checkpoints.ts';
import { openDatabase } from './database.ts';

const INTERVAL_MS = 1000;
/** From this size the log is worth the work. */
const WORTHWHILE_BYTES = 4 * 1024 * 1024;
/** From this size on it is made to shrink, though a commit may have to wait for that once. */
const OVERLONG_BYTES = 256 * 1024 * 1024;

const { path } = workerData as { path: string };
const database = openDatabase(path, { timeoutMs: 100 });
let mustEmpty = true;

parentPort?.on('message', (wish: CheckpointWish) => {
  if (wish === 'close') close();
  else mustEmpty = true;
});

look();
const looking = setInterval(look, INTERVAL_MS);

function look(): void {
  const bytes = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (bytes === 0) mustEmpty = false;
  else if (mustEmpty || bytes >= WORTHWHILE_BYTES) shrink(bytes);
}

/** Without a listener and a timer the thread has nothing to live for. */
function close(): void {
  clearInterval(looking);
  parentPort?.close();
  database.close();
}

function shrink(bytes: number): void {
  try {
    // Nobody waits for this one; what is left for the next one, for which a commit may have to wait, is little.
    database.pragma('wal_checkpoint(passive)');
    if (mustEmpty || bytes >= OVERLONG_BYTES) mustEmpty = !isEmptied();
  } catch {
    // A full disk: the supervisor notices at its next commit and says so; here the next second tries again.
  }
}

/** False while somebody else reads or writes. */
function isEmptied(): boolean {
  return database.pragma('wal_checkpoint(truncate)', { simple: true }) === 0;
}
