/**
 * Catches a policy that does not return. Before every call the main thread notes (policy, run) in shared memory, which costs some
 * nanoseconds; a worker thread looks at the note, and when one call lasts too long it names the policy in a file and kills this
 * process. The next supervisor reads the file and charges the policy.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

/** Places in the shared memory. */
export const NOTE = { call: 0, policy: 1, run: 2 } as const;
const NOTE_BYTES = 3 * Int32Array.BYTES_PER_ELEMENT;

/**
 * `slow`: the call had lasted a while when this was written; `hung`: the process was killed for it; `exited`: the process ended while
 * the call was going on.
 */
export interface Offence {
  pid: number;
  policy: string;
  version: string;
  /** Number of the run that was judged; 0: the policy was being loaded. */
  run: number;
  state: 'slow' | 'hung' | 'exited';
}

export interface WatchdogSettings {
  note: SharedArrayBuffer;
  file: string;
  pid: number;
  /** Name and version of every policy, by its index in the note. */
  policies: { name: string; version: string }[];
}

/** Name of the file in the data folder. */
const OFFENCE_FILE = 'policy-offence.json';

export class Watchdog {
  readonly #note = new Int32Array(new SharedArrayBuffer(NOTE_BYTES));
  readonly #worker: Worker;
  readonly #policies: { name: string; version: string }[] = [];
  readonly #onExit: () => void;
  #calls = 0;

  /** `entry`: the bundled worker. */
  constructor(dataFolder: string, entry: string) {
    const settings: WatchdogSettings = {
      note: this.#note.buffer as SharedArrayBuffer,
      file: join(dataFolder, OFFENCE_FILE),
      pid: process.pid,
      policies: this.#policies,
    };
    this.#worker = new Worker(entry, { workerData: settings });
    this.#worker.unref();
    this.#onExit = () => this.#nameIfCalling(settings);
    process.once('exit', this.#onExit);
  }

  /** A policy that ends the process by itself is named too. */
  #nameIfCalling({ file, pid }: WatchdogSettings): void {
    const policy = this.#policies[this.#note[NOTE.policy] ?? 0];
    if (this.#note[NOTE.call] === 0 || policy === undefined) return;
    const { name, version } = policy;
    writeOffence(file, { pid, policy: name, version, run: this.#note[NOTE.run] ?? 0, state: 'exited' });
  }

  /** Makes a policy known; returns its index for `watch`. */
  add(policy: { name: string; version: string }): number {
    this.#worker.postMessage(policy);
    return this.#policies.push(policy) - 1;
  }

  /** A call begins. `run`: number of the run that is judged, 0 while loading. */
  begin(policy: number, run: number): void {
    this.#note[NOTE.policy] = policy;
    this.#note[NOTE.run] = run;
    this.#calls = (this.#calls + 1) & 0x3fffffff;
    Atomics.store(this.#note, NOTE.call, this.#calls + 1);
  }

  end(): void {
    Atomics.store(this.#note, NOTE.call, 0);
  }

  /** This process is about to end for reasons of its own: what is going on is not to blame for it. */
  excuse(): void {
    process.off('exit', this.#onExit);
  }

  async close(): Promise<void> {
    this.excuse();
    await this.#worker.terminate();
  }
}

/** What the previous supervisor left: the offence it died of, if it died of one. `crashed`: nobody killed it. */
export function readOffence(dataFolder: string, crashed: boolean): Offence | undefined {
  try {
    const offence = JSON.parse(readFileSync(join(dataFolder, OFFENCE_FILE), 'utf8')) as Offence;
    return offence.state !== 'slow' || crashed ? offence : undefined;
  } catch {
    return undefined;
  }
}

/** For people. */
export function whatItDid({ state, run }: Pick<Offence, 'state' | 'run'>): string {
  if (state !== 'hung') return 'brought the supervisor down';
  return run === 0 ? 'did not return within 3 s while it was loaded' : 'did not return within 500 ms';
}

/** Leaves an offence for the next supervisor; a full disk is no reason to fail. */
export function writeOffence(file: string, offence: Offence): void {
  try {
    writeFileSync(`${file}.new`, JSON.stringify(offence), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    // It goes without a name then.
  }
}

/** To be called when the offence is recorded. */
export function forgetOffence(dataFolder: string): void {
  rmSync(join(dataFolder, OFFENCE_FILE), { force: true });
}
