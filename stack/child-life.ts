/**
 * One life of a child process: from its fork to its end. It says when the child is ready, ends it softly first and then hard, and gathers
 * what it wrote to stderr. The reason of an end is set once.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { ChildExit } from '../supervisor/settings.ts';
import type { ForkedProgram } from './child-specification.ts';
import { type FromInit, type ToInit, toInit } from './control.ts';
import { messageOf } from './failure.ts';
import type { Life, LifeListener } from './life.ts';
import { startTime } from './process-identity.ts';
import { translateLocations } from './source-locations.ts';

/** After a process has ended, what it wrote is waited for this long; others may hold its stderr open. */
const LAST_WORDS_MS = 50;
const LONGEST_LINE = 2000;

export class ChildLife implements Life {
  readonly incarnation = randomUUID();
  readonly forkedAt = performance.now();
  readonly pid: number;
  readonly startTime: string | number;
  readonly beats = true;
  readonly exited: Promise<ChildExit>;
  readonly #process: ChildProcess;
  readonly #listener: LifeListener;
  #reason: string | undefined;
  #lastError: string | undefined;
  #exitCode = 1;

  /** `id`: tells it apart in the lists of the system; `startMs`: a program that is not ready by then is killed. */
  constructor(
    { id, startMs, start }: { id: string; startMs: number; start: ForkedProgram },
    previousExit: ChildExit | undefined,
    listener: LifeListener,
  ) {
    const { file, execArgv, environment, message } = start;
    this.#listener = listener;
    // The program does not read its argument.
    this.#process = fork(file, [id], {
      execArgv: [...execArgv],
      env: environment,
      // A session of its own: Ctrl-C in the terminal reaches init alone.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.pid = this.#process.pid ?? 0;
    this.startTime = startTime(this.pid) ?? '';
    this.exited = this.#watchExit();
    this.#readMessages(startMs);
    this.#readErrors();
    this.send({ type: 'start', start: message({ incarnation: this.incarnation, previousExit }) });
  }

  send(message: FromInit): void {
    // The callback takes the error of a channel that closes meanwhile; its end is seen anyway.
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  async stop(milliseconds: number): Promise<void> {
    if (this.#process.connected) this.send({ type: 'stop', graceMs: milliseconds });
    else this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill('it did not end in time when it was stopped'), milliseconds);
    await this.exited;
    clearTimeout(timer);
  }

  kill(reason: string): void {
    this.#reason ??= reason;
    this.#process.kill('SIGKILL');
  }

  reason(exit: ChildExit): string {
    const how = exit.signal === null ? `exit code ${exit.code}` : `signal ${exit.signal}`;
    const why = this.#reason ?? this.#lastError;
    return why === undefined ? how : `${why} (${how})`;
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  #watchExit(): Promise<ChildExit> {
    return new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        const end = (): void => resolve({ code, signal });
        this.#process.once('close', end);
        setTimeout(end, LAST_WORDS_MS);
      });
      this.#process.on('error', (error) => {
        this.#reason ??= messageOf(error);
        if (this.pid === 0) resolve({ code: null, signal: null });
      });
    });
  }

  #readMessages(startMs: number): void {
    const timer = setTimeout(() => this.kill(`it was not ready after ${startMs} ms`), startMs);
    void this.exited.then(() => clearTimeout(timer));
    this.#process.on('message', (value) => {
      const message = this.#parse(value);
      if (message === undefined) return;
      if (message.type === 'ready') clearTimeout(timer);
      if (message.type === 'failed') this.#fail(message);
      this.#listener.onMessage(message);
    });
  }

  #fail({ message, exitCode }: Extract<ToInit, { type: 'failed' }>): void {
    this.#reason ??= message;
    this.#exitCode = exitCode;
  }

  #parse(value: unknown): ToInit | undefined {
    try {
      return toInit(value, 'message');
    } catch (error) {
      this.#listener.onErrorLine(`to init: ${messageOf(error)}`);
      return undefined;
    }
  }

  #readErrors(): void {
    if (this.#process.stderr === null) return;
    createInterface({ input: this.#process.stderr, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (raw) => {
      const line = translateLocations(raw.slice(0, LONGEST_LINE));
      if (/^(\w*Error\b|FATAL ERROR:)/.test(line)) this.#lastError = line;
      if (line !== '') this.#listener.onErrorLine(line);
    });
  }
}
