/** The PID file of a stack while it runs: written anew whenever something in it changes. */
import type { ProcessKind } from './control.ts';
import { type RecordedProcess, removePidFile, writePidFile } from './pid-file.ts';
import { startTime } from './process-identity.ts';

export class RunningRecord {
  readonly #file: string;
  readonly #startedAt = new Date().toISOString();
  readonly #init: RecordedProcess;
  #url = '';
  #children: readonly RecordedProcess[] = [];

  /** Writes the file with this process, as init, alone. */
  constructor(file: string) {
    this.#file = file;
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
    this.#write();
  }

  /** The processes that live beside init. */
  set children(children: readonly RecordedProcess[]) {
    this.#children = children;
    this.#write();
  }

  remove(): void {
    removePidFile(this.#file);
  }

  #write(): void {
    const processes = [this.#init, ...this.#children];
    writePidFile(this.#file, { started_at: this.#startedAt, url: this.#url, processes });
  }
}
