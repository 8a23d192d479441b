/** Two real ways in which the data folder of a running stack cannot be written any more, and can again. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { StackUnderTest } from './stack-under-test.ts';

export interface Disk {
  /** From now on nothing more can be written. */
  fill(): void;
  makeRoom(): void;
}

const DISK_BYTES = 16 * 1024 * 1024;
const PIECE_BYTES = 4096;

/** Puts a small disk under this folder; returns why that is not permitted, else undefined. To be called before the stack starts. */
export function mountSmallDisk(folder: string): string | undefined {
  const command = ['-t', 'tmpfs', '-o', `mode=700,size=${DISK_BYTES}`, 'tmpfs', folder];
  const { status, error, stderr } = spawnSync('mount', command);
  return status === 0 ? undefined : `${error?.message ?? stderr}`.trim();
}

/** To be called when the stack has ended. Threads of processes that were just killed may keep files open for a moment. */
export function unmount(folder: string): void {
  execFileSync('umount', ['--lazy', folder]);
}

/** The small disk under the data folder is filled to the last byte by somebody else. */
export function smallDisk({ data }: StackUnderTest): Disk {
  const filler = join(data, 'filler');
  return {
    fill: () => writeUntilFull(filler),
    makeRoom: () => rmSync(filler),
  };
}

function writeUntilFull(file: string): void {
  const descriptor = openSync(file, 'a');
  try {
    for (;;) writeSync(descriptor, Buffer.alloc(PIECE_BYTES));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** The system refuses every byte that the supervisor would write to a file. */
export function fileSizeLimit(stack: StackUnderTest): Disk {
  const limit = (bytes: number | 'unlimited'): void => {
    execFileSync('prlimit', ['--pid', String(stack.pid('supervisor')), `--fsize=${bytes}:unlimited`]);
  };
  return {
    // Not even what a checkpoint makes room for.
    fill: () => limit(0),
    makeRoom: () => limit('unlimited'),
  };
}
