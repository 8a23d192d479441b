/**
 * The log of a data folder as its reader sees it, over rotations: under its name there may be no file yet, or another one than before.
 * Processes that run keep writing to the file they opened, so one that was renamed is followed beside the new one.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { FollowedFile } from './followed-file.ts';
import { startOfLast } from './last-lines.ts';

/** The file under the name, and the one that was there before. */
const MOST_FOLLOWED = 2;

export class LogFile {
  readonly #path: string;
  #files: FollowedFile[] = [];

  constructor(path: string) {
    this.#path = path;
  }

  /** Goes to the last `count` lines that are wanted; returns whether there is a file. @throws when it cannot be read */
  async seek(count: number, isWanted: (line: Buffer) => boolean): Promise<boolean> {
    return this.#open(async (file) => startOfLast(file, (await file.stat()).size, count, isWanted));
  }

  /** The lines that were added since, those of a renamed file first. @throws when it cannot be read */
  async *added(): AsyncGenerator<Buffer[]> {
    await this.#lookForRotation();
    for (const file of this.#files) yield* file.added();
  }

  /** What stands behind the last newline. */
  unfinished(): Buffer[] {
    return this.#files.map((file) => file.unfinished());
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close();
  }

  async #lookForRotation(): Promise<void> {
    const identity = await identityOf(this.#path);
    if (identity === undefined || this.#files.some((file) => file.identity === identity)) return;
    await this.#open(async () => 0);
    while (this.#files.length > MOST_FOLLOWED) await this.#files.shift()?.close();
  }

  async #open(offsetIn: (file: FileHandle) => Promise<number>): Promise<boolean> {
    const file = await open(this.#path, 'r').catch(unlessMissing);
    if (file === undefined) return false;
    const { dev, ino } = await file.stat({ bigint: true });
    this.#files.push(new FollowedFile(file, `${dev}:${ino}`, await offsetIn(file)));
    return true;
  }
}

async function identityOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(unlessMissing);
  return found && `${found.dev}:${found.ino}`;
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
