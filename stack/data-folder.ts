/** The data folder of a stack: the names of the files in it, and its making. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, messageOf } from './failure.ts';

export interface DataFolder {
  /** Absolute path. */
  folder: string;
  /** Whoever holds SQLite's lock on this file runs the stack. */
  lock: string;
  pidFile: string;
  token: string;
  log: string;
  /** Folder of bundled policies. */
  policies: string;
}

/** The files of a data folder; nothing is made. `folder`: absolute. */
export function dataFolder(folder: string): DataFolder {
  return {
    folder,
    lock: join(folder, 'lock.db'),
    pidFile: join(folder, 'agent_pids.json'),
    token: join(folder, 'token'),
    log: join(folder, 'interject.log'),
    policies: join(folder, 'policies'),
  };
}

/** Makes the folder, for its owner only. @throws Failure when that cannot be done */
export function makeDataFolder({ folder, policies }: DataFolder): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    mkdirSync(policies, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Failure(`The data folder ${folder} cannot be made: ${messageOf(error)}. Choose another one with --data.`);
  }
}
