/**
 * One life of a llama-server: started, or taken over from a stack that was killed. It is no Node program of ours: init hears of its
 * loading over `/health`, of its end from the system, and of the reason from its output. It goes on when init is killed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildExit } from '../../supervisor/settings.ts';
import { EXIT, messageOf } from '../failure.ts';
import type { Life, LifeListener } from '../life.ts';
import { isAlive, type ProcessIdentity, signalProcess, startTime } from '../process-identity.ts';
import { addressArguments } from './arguments.ts';
import type { LlamaServerCommand } from './command.ts';
import { askHealth } from './health.ts';
import { lastWords } from './last-words.ts';
import { openServerLog, readServerLog, serverLogSize, shortenServerLog } from './server-log.ts';

/** A llama-server and where it is to run. */
export interface LlamaServer {
  command: LlamaServerCommand;
  port: number;
  /** File for its output. */
  logFile: string;
  /** One that runs already and is to be taken over. */
  adopted: ProcessIdentity | undefined;
}

/** One that still lives after this time has a port and a model file that it reads; what goes wrong later is told later. */
const LOADING_MS = 2000;
const LOOK_MS = 100;
/** One that found its port taken has ended after this time; until then another server may answer there. */
const SETTLED_MS = 300;
const LOOK_AT_LOG_MS = 60_000;
/** In the server's own words, by which a start knows to try another port. */
/** None of ours answers as fast as that: it is somebody else. By the clock, since on a busy machine the first look may come late. */
const FASTEST_START_MS = 30;
const PORT_TAKEN = "couldn't bind HTTP server socket: somebody else answers on its port";

/** Signals that come from outside: its output has nothing to say about them. */
const FROM_OUTSIDE: Record<string, string> = {
  SIGKILL: 'killed from outside, perhaps because memory ran out',
  SIGTERM: 'ended from outside',
  SIGINT: 'ended from outside',
};

export class ServerLife implements Life {
  readonly incarnation = randomUUID();
  readonly forkedAt = performance.now();
  readonly pid: number;
  readonly startTime: string | number;
  readonly exited: Promise<ChildExit>;
  readonly beats = false;
  readonly exitCode = EXIT.failed;
  readonly #server: LlamaServer;
  readonly #listener: LifeListener;
  /** Undefined: it was taken over, or could not be started. */
  readonly #process: ChildProcess | undefined;
  readonly #over = new AbortController();
  /** Where its output begins in the file. */
  #from = 0;
  #isReady = false;
  #reason: string | undefined;

  constructor(server: LlamaServer, listener: LifeListener) {
    this.#server = server;
    this.#listener = listener;
    const { adopted } = server;
    const isTakenOver = adopted !== undefined && isAlive(adopted);
    // What it wrote before is not why it will end.
    if (isTakenOver) this.#from = serverLogSize(server.logFile);
    this.#process = isTakenOver ? undefined : this.#spawn();
    this.pid = isTakenOver ? adopted.pid : (this.#process?.pid ?? 0);
    this.startTime = isTakenOver ? adopted.start_time : (startTime(this.pid) ?? '');
    this.exited = isTakenOver ? this.#watchAdopted() : this.#watchChild(this.#process);
    void this.exited.then(() => this.#over.abort());
    void this.#watchLoading();
    this.#watchLog();
  }

  get takeOver() {
    return { port: this.#server.port, command: this.#server.command.fingerprint };
  }

  /** It reads nothing from init. */
  send(): void {}

  async stop(milliseconds: number): Promise<void> {
    this.#signal('SIGTERM');
    // With clients attached it would wait for them.
    const timer = setTimeout(() => this.kill('it did not end in time when it was stopped'), milliseconds);
    await this.exited;
    clearTimeout(timer);
  }

  kill(reason: string): void {
    this.#reason ??= reason;
    this.#signal('SIGKILL');
  }

  reason({ code, signal }: ChildExit): string {
    const { command, logFile } = this.#server;
    const what = this.#isReady ? 'it broke' : `${command.binary} did not start with ${command.modelFile}`;
    const how = signal === null ? (code === null ? '' : ` (exit code ${code})`) : ` (signal ${signal})`;
    const known = this.#reason ?? FROM_OUTSIDE[signal ?? ''];
    if (known !== undefined) return `${this.#isReady ? '' : `${what}: `}${known}${how}`;
    const said = lastWords(readServerLog(logFile, this.#from), this.#isReady ? 'end' : 'start');
    return [`${what}${how}`, ...said, `all of its output is in ${logFile}`].join('\n  ');
  }

  /** Undefined: that failed, and the reason is known. */
  #spawn(): ChildProcess | undefined {
    const { command, port } = this.#server;
    const descriptor = this.#openLog();
    const output = descriptor ?? 'ignore';
    try {
      return spawn(command.binary, [...addressArguments(port), ...command.arguments], {
        env: command.environment,
        // A session of its own: Ctrl-C in the terminal reaches init alone.
        detached: true,
        stdio: ['ignore', output, output],
      });
    } catch (error) {
      this.#reason = messageOf(error);
      return undefined;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  /** Undefined: the disk is full, or the like, which is no reason to be without a model. */
  #openLog(): number | undefined {
    try {
      const { descriptor, from } = openServerLog(this.#server.logFile);
      this.#from = from;
      return descriptor;
    } catch (error) {
      this.#listener.onErrorLine(`its output is lost: ${messageOf(error)}`);
      return undefined;
    }
  }

  #watchChild(child: ChildProcess | undefined): Promise<ChildExit> {
    if (child === undefined) return Promise.resolve({ code: null, signal: null });
    return new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.on('error', (error) => {
        if (this.pid !== 0) return;
        this.#reason ??= messageOf(error);
        resolve({ code: null, signal: null });
      });
    });
  }

  /** It is no child of this process: nobody tells of its end. */
  async #watchAdopted(): Promise<ChildExit> {
    const identity = { pid: this.pid, start_time: this.startTime };
    while (isAlive(identity)) await sleep(LOOK_MS);
    return { code: null, signal: null };
  }

  async #watchLoading(): Promise<void> {
    const timer = setTimeout(() => this.#listener.onLoading(), LOADING_MS);
    while (!this.#over.signal.aborted) {
      const health = await askHealth(this.#server.port, this.#over.signal);
      if (health === 'ready' && this.#process !== undefined && this.#ageMs < FASTEST_START_MS) {
        this.kill(PORT_TAKEN);
        break;
      }
      if (health === 'ready' && (await this.#hasSettled())) {
        this.#isReady = true;
        this.#listener.onMessage({ type: 'ready', port: this.#server.port });
        break;
      }
      await sleep(LOOK_MS);
    }
    clearTimeout(timer);
  }

  get #ageMs(): number {
    return performance.now() - this.forkedAt;
  }

  /** Whether it lives when it must have its port. */
  async #hasSettled(): Promise<boolean> {
    if (this.#process !== undefined) await sleep(Math.max(0, SETTLED_MS - this.#ageMs));
    return !this.#over.signal.aborted;
  }

  #watchLog(): void {
    const timer = setInterval(() => void shortenServerLog(this.#server.logFile), LOOK_AT_LOG_MS);
    void this.exited.then(() => clearInterval(timer));
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#process === undefined) signalProcess({ pid: this.pid, start_time: this.startTime }, signal);
    else this.#process.kill(signal);
  }
}
