/**
 * Where the supervisor's socket for the agents lies: in the data folder, unless that path is too long. Node 20 cuts paths over 107
 * bytes off without a word, so longer ones get a short name in a private folder of the system's runtime or temporary directory.
 */
import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Failure, messageOf } from './failure.ts';

const MOST_BYTES = 100;

/** The path of the socket; nothing is made. `folder`: absolute path of the data folder. */
export function socketPath(folder: string, environment: NodeJS.ProcessEnv = process.env): string {
  const beside = join(folder, 'interject.sock');
  if (fits(beside)) return beside;
  const name = `${createHash('sha256').update(folder).digest('hex').slice(0, 16)}.sock`;
  const parents = [environment.XDG_RUNTIME_DIR, tmpdir(), '/tmp'].filter((parent) => parent?.startsWith('/'));
  const candidates = parents.map((parent) => join(parent ?? '', `interject-${userInfo().uid}`, name));
  const fitting = candidates.find(fits);
  if (fitting === undefined)
    throw new Failure(`No folder with a short enough path for a socket: ${candidates.join(', ')}`);
  return fitting;
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MOST_BYTES;
}

/**
 * Makes the folder of the socket, for its owner only.
 * @throws Failure when somebody else owns it: a folder in /tmp can be made by anybody
 */
export function makeSocketFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Failure(`The folder ${folder} cannot be made: ${messageOf(error)}.`);
  }
  const found = lstatSync(folder);
  const isOurs = found.isDirectory() && found.uid === userInfo().uid && (found.mode & 0o022) === 0;
  if (!isOurs)
    throw new Failure(`${folder} belongs to somebody else, or others may write to it; remove it or use --data.`);
}
