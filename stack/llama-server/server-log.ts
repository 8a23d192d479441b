/**
 * The file that a llama-server writes its output to: never a pipe, since one that nobody reads stops the server when it is full. It is
 * appended to, and put aside as `….old` when it has become large, at a start and while the server runs.
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { copyFile, stat, truncate } from 'node:fs/promises';

const LARGE_AT_START_BYTES = 4 * 1024 * 1024;
const LARGE_BYTES = 64 * 1024 * 1024;
const LAST_BYTES = 32 * 1024;

/** Opens it for a server that starts; `from`: the place where its output will begin. The caller closes the descriptor. */
export function openServerLog(file: string): { descriptor: number; from: number } {
  if (serverLogSize(file) > LARGE_AT_START_BYTES) renameSync(file, oldLog(file));
  const descriptor = openSync(file, 'a', 0o600);
  return { descriptor, from: fstatSync(descriptor).size };
}

/** In bytes. */
export function serverLogSize(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Puts aside what a running server has written, when that is too much; it writes on at the new end. Never rejects. */
export async function shortenServerLog(file: string, largeBytes = LARGE_BYTES): Promise<void> {
  try {
    if ((await stat(file)).size <= largeBytes) return;
    await copyFile(file, oldLog(file));
    await truncate(file);
  } catch {
    // A full disk, or a file that somebody removed: the server does not need it.
  }
}

/** The end of what was written from a place on. */
export function readServerLog(file: string, from: number): string {
  try {
    const descriptor = openSync(file, 'r');
    try {
      const { size } = fstatSync(descriptor);
      const start = Math.max(from > size ? 0 : from, size - LAST_BYTES);
      const bytes = Buffer.alloc(size - start);
      return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.length, start));
    } finally {
      closeSync(descriptor);
    }
  } catch {
    return '';
  }
}

function oldLog(file: string): string {
  return `${file}.old`;
}
