/** The PID file of a stack while it runs: written anew whenever something in it changes. */
import type { ProcessKind } from './control.ts';
import { type RecordedProcess, removePidFile, writePidFile } from './pid-file.ts';
import { startTime } from './process-identity.ts';

/** A file that could not be written is tried again after this time. */
const RETRY_MS = 1000;

export class RunningRecord {
  readonly #file: string;
  readonly #startedAt = new Date().toISOString();
  readonly #init: RecordedProcess;
  readonly #onFailure: (error: unknown) => void;
  #url = '';
  #children: readonly RecordedProcess[];
  #retry: NodeJS.Timeout | undefined;

  /**
   * Writes the file with this process, as init, and with what was taken over from another stack. `onFailure`: when it cannot be written later on, once until it can; a full disk is
   * no reason to end.
   * @throws when it cannot be written now
   */
  constructor(file: string, takenOver: readonly RecordedProcess[], onFailure: (error: unknown) => void) {
    this.#file = file;
    this.#children = takenOver;
    this.#onFailure = onFailure;
    const kind: ProcessKind = 'init';
    this.#init = { id: 'init', kind, pid: process.pid, start_time: startTime(process.pid) ?? '' };
    this.#write();
  }

  /** Where the gateway answers, without the token. */
  get url(): string {
    return this.#url;
  }

  set url(url: string) {
    this.#url = url;
    this.#rewrite();
  }

  /** The processes that live beside init. */
  set children(children: readonly RecordedProcess[]) {
    this.#children = children;
    this.#rewrite();
  }

  remove(): void {
    clearTimeout(this.#retry);
    removePidFile(this.#file);
  }

  #rewrite(): void {
    const isTriedAgain = this.#retry !== undefined;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    try {
      this.#write();
    } catch (error) {
      this.#retry = setTimeout(() => this.#rewrite(), RETRY_MS).unref();
      if (!isTriedAgain) this.#onFailure(error);
    }
  }

  #write(): void {
    const processes = [this.#init, ...this.#children];
    writePidFile(this.#file, { started_at: this.#startedAt, url: this.#url, processes });
  }
}
