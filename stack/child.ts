/**
 * The frame of every process that init forks: it takes the start message, says when it is ready or why it cannot be, beats, and ends when init
 * says so, when init is gone, or on SIGTERM. It is part of every agent, so it imports next to nothing.
 */
import type { Log } from '../agent/log.ts';
import type { StartMessage } from './child-specification.ts';
import type { FromInit, LogSettings, ToInit } from './control.ts';
import { EXIT, Failure, messageOf } from './failure.ts';
import { HEARTBEAT_LIMITS } from './heartbeat-watch.ts';
import { searchableSecrets } from './redact.ts';

type Role = StartMessage['role'];
type StartOf<R extends Role> = Extract<StartMessage, { role: R }>;

interface Child {
  log: Log;
  /** Aborts just before the process ends: every connection is to be closed at once, without waiting for anything. */
  signal: AbortSignal;
  send(message: ToInit): void;
}

/** What runs in a child. */
interface Running {
  /** What init is told of it. */
  ready?: Omit<Extract<ToInit, { type: 'ready' }>, 'type'>;
  /** Take and start nothing more; resolves when nothing is open. It has `graceMs`. */
  drain?(graceMs: number): Promise<void>;
  /** Ends in an orderly way; it has `graceMs`, then the process ends. */
  stop?(graceMs: number): Promise<void>;
  onMessage?(message: FromInit): void;
}

export interface ChildProgram<R extends Role> {
  role: R;
  openLog(settings: LogSettings, name: string, secrets: readonly string[]): Log;
  /** Resolves when it is ready. What it rejects with is told to init; a Failure brings its own exit code. */
  begin(start: StartOf<R>, child: Child): Promise<Running>;
}

/** A SIGTERM comes from outside: whoever sends it may follow up with SIGKILL soon. */
const TERMINATED_GRACE_MS = 500;

/** Runs a program as a child of init. */
export function runChild<R extends Role>(program: ChildProgram<R>): void {
  if (process.send === undefined) {
    process.stderr.write('This program is started by run.ts and does nothing by itself.\n');
    process.exit(EXIT.usage);
  }
  new ChildFrame(program).listen();
}

class ChildFrame<R extends Role> {
  readonly #program: ChildProgram<R>;
  readonly #ending = new AbortController();
  #running: Promise<Running> | undefined;
  #hasStopped = false;

  constructor(program: ChildProgram<R>) {
    this.#program = program;
  }

  listen(): void {
    // Init handles these; a terminal sends them to everybody.
    for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
    process.on('SIGTERM', () => void this.#stop(TERMINATED_GRACE_MS));
    process.on('disconnect', () => this.#exit());
    process.on('message', (message) => void this.#handle(message as FromInit));
    setInterval(() => send({ type: 'heartbeat' }), HEARTBEAT_LIMITS.intervalMs).unref();
  }

  async #handle(message: FromInit): Promise<void> {
    switch (message.type) {
      case 'start':
        return this.#begin(message.start);
      case 'stop':
        return this.#stop(message.graceMs);
      case 'drain':
        await (await this.#running)?.drain?.(message.graceMs);
        return send({ type: 'drained' });
      default:
        (await this.#running)?.onMessage?.(message);
    }
  }

  async #begin(start: StartMessage): Promise<void> {
    try {
      const log = this.#program.openLog(start.log, nameOf(start), secretsOf(start));
      this.#running = this.#program.begin(start as StartOf<R>, { log, signal: this.#ending.signal, send });
      const { ready } = await this.#running;
      send({ type: 'ready', ...ready });
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    const exitCode = error instanceof Failure ? error.exitCode : EXIT.failed;
    // What was not foreseen is worth its stack trace.
    if (!(error instanceof Failure)) process.stderr.write(`${(error as Error)?.stack ?? String(error)}\n`);
    process.send?.({ type: 'failed', message: messageOf(error), exitCode }, () => process.exit(exitCode));
  }

  async #stop(graceMs: number): Promise<void> {
    if (this.#hasStopped) return;
    this.#hasStopped = true;
    setTimeout(() => this.#exit(), graceMs);
    try {
      await (await this.#running)?.stop?.(graceMs);
    } catch (error) {
      process.stderr.write(`while it was stopped: ${(error as Error)?.stack ?? String(error)}\n`);
    }
    this.#exit();
  }

  #exit(): void {
    this.#ending.abort();
    process.exit(EXIT.ok);
  }
}

function send(message: ToInit): void {
  // The callback takes the error of a channel that closes meanwhile: `disconnect` follows.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

function nameOf(start: StartMessage): string {
  return start.role === 'agent' ? start.agent : start.role;
}

/** What must not be in any line of the log. */
function secretsOf(start: StartMessage): string[] {
  if (start.role === 'model') return [];
  const backends = start.role === 'agent' ? start.backends : start.settings.backends;
  const keys = backends.map(({ apiKeyVariable }) => process.env[apiKeyVariable ?? '']);
  return searchableSecrets(start.role === 'agent' ? keys : [...keys, start.settings.token]);
}
