/**
 * Watches files that policies are made of, and tells which have changed when they have been quiet for a moment. Their folders are what
 * is watched: editors put another file in the place of the old one. A file, or its folder, that is not there yet is waited for.
 * Installed packages are not followed.
 */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import type { Log } from '../../agent/log.ts';

/** One saving is several events. */
const QUIET_MS = 80;
const PACKAGES = `${sep}node_modules${sep}`;

export class SourceWatch {
  readonly #folders = new Map<string, FSWatcher>();
  readonly #onChange: (files: ReadonlySet<string>) => void;
  readonly #log: Log;
  #files: ReadonlySet<string> = new Set();
  #changed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: (files: ReadonlySet<string>) => void, log: Log) {
    this.#onChange = onChange;
    this.#log = log;
  }

  /** From now on these, absolute paths, and no others. */
  follow(files: Iterable<string>): void {
    this.#files = new Set([...files].filter((file) => !file.includes(PACKAGES)));
    const wanted = new Set([...this.#files].map((file) => dirname(file)));
    for (const [folder, watcher] of this.#folders) {
      if (wanted.has(folder)) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const folder of wanted) if (!this.#folders.has(folder)) this.#watch(folder);
  }

  #watch(folder: string): void {
    const there = nearestFolder(folder);
    const failed = (error: unknown): void => {
      const problem = (error as Error).message;
      this.#log.warn({ folder, problem }, 'changes of policies in this folder go unnoticed until the next start');
    };
    try {
      const watcher = watch(there, { persistent: false }, (_, name) => this.#heard(folder, there, name));
      watcher.on('error', failed);
      this.#folders.set(folder, watcher);
    } catch (error) {
      failed(error);
    }
  }

  /** `there`: what is watched, the folder or the nearest one above that there is; `name`: null where the system does not tell. */
  #heard(folder: string, there: string, name: string | null): void {
    // A folder that is removed or renamed tells so by its own name, and nothing more after that.
    const isGone = name === basename(there);
    if (!isGone && there === folder) {
      return this.#note(name === null ? this.#allIn(folder) : [join(folder, basename(name))]);
    }
    if (!isGone && nearestFolder(folder) === there) return;
    this.#folders.get(folder)?.close();
    this.#folders.delete(folder);
    this.#watch(folder);
    this.#note(this.#allIn(folder));
  }

  #note(changed: readonly string[]): void {
    const ours = changed.filter((file) => this.#files.has(file));
    if (ours.length === 0) return;
    for (const file of ours) this.#changed.add(file);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#tell(), QUIET_MS);
  }

  #allIn(folder: string): string[] {
    return [...this.#files].filter((file) => dirname(file) === folder);
  }

  #tell(): void {
    const changed = this.#changed;
    this.#changed = new Set();
    this.#onChange(changed);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.follow([]);
  }
}

/** The folder itself, or the nearest one above it that there is. */
function nearestFolder(folder: string): string {
  const isThere = statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false;
  return isThere || dirname(folder) === folder ? folder : nearestFolder(dirname(folder));
}
