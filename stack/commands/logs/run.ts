/** Shows the log of a data folder, and follows it. */
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataFolder } from '../../data-folder.ts';
import { EndingSignals } from '../../ending-signals.ts';
import { EXIT, Failure, messageOf } from '../../failure.ts';
import type { GivenOptions } from '../../options.ts';
import { readOptions } from '../../read-options.ts';
import { hasColours } from '../../terminal.ts';
import { LogFile } from './log-file.ts';
import { nothingFound } from './nothing-found.ts';
import { Output } from './output.ts';
import { selectionOf, type Wanted } from './selection.ts';
import { asItIs, pretty, type ShowLine } from './show-line.ts';

export interface LogsValues {
  follow: boolean;
  agent: string[] | undefined;
  run: string[] | undefined;
  level: Wanted['level'];
  lines: number;
  json: boolean;
}

/** How often it is looked for more; there is no way to be told that works for every file system and every way to rotate. */
const LOOK_MS = 200;

/**
 * Returns the exit code: 130 after Ctrl-C, else 0, also when nobody reads any more.
 * @throws Failure when there is no log and none is waited for, or it cannot be read
 */
export async function showLogs(values: LogsValues, given: GivenOptions): Promise<number> {
  const { options } = await readOptions(given);
  const data = dataFolder(resolve(options.data));
  const show = values.json ? asItIs(process.stdout.isTTY) : await pretty(hasColours(process.stdout));
  const viewer = new Viewer(values, data.log, show);
  try {
    const isThere = await viewer.showLast();
    if (!isThere && !values.follow) {
      throw new Failure(`There is no log at ${data.log}: no stack was started there. Name its folder with --data.`);
    }
    if (viewer.shown === 0 && values.lines > 0) process.stderr.write(nothingFound(values, data, isThere));
    return values.follow ? await viewer.follow() : EXIT.ok;
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure(`The log ${data.log} cannot be read: ${messageOf(error)}.`);
  } finally {
    await viewer.close();
  }
}

class Viewer {
  /** Lines. */
  shown = 0;
  readonly #values: LogsValues;
  readonly #file: LogFile;
  readonly #show: ShowLine;
  readonly #output = new Output();
  readonly #isWanted: (line: Buffer) => boolean;

  constructor(values: LogsValues, path: string, show: ShowLine) {
    this.#values = values;
    this.#file = new LogFile(path);
    this.#show = show;
    this.#isWanted = selectionOf({ agents: values.agent, runs: values.run, level: values.level });
  }

  /** Returns whether there is a log. */
  async showLast(): Promise<boolean> {
    const isThere = await this.#file.seek(this.#values.lines, this.#isWanted);
    if (isThere) await this.#showAdded();
    if (!this.#values.follow) await this.#write(this.#file.unfinished());
    return isThere;
  }

  /** Shows what is added until somebody wants an end. Returns the exit code. */
  async follow(): Promise<number> {
    const signals = new EndingSignals();
    const isOver = new AbortController();
    void Promise.race([signals.first, this.#output.gone]).then(() => isOver.abort());
    while (!isOver.signal.aborted) {
      await this.#showAdded();
      await sleep(LOOK_MS, undefined, { signal: isOver.signal }).catch(() => undefined);
    }
    return signals.received === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
  }

  async #showAdded(): Promise<void> {
    for await (const lines of this.#file.added()) {
      if (this.#output.isGone) return;
      await this.#write(lines);
    }
  }

  async #write(lines: readonly Buffer[]): Promise<void> {
    const wanted = lines.filter(this.#isWanted);
    this.shown += wanted.length;
    await this.#output.write(wanted.map((line) => `${this.#show(line)}\n`).join(''));
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
