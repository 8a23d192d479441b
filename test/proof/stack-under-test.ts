/**
 * The real stack as a user starts it: `run.ts` in a folder of its own, a port of its own, real processes, SQLite on disk, and nothing but HTTP
 * and signals from outside. Whoever makes one ends it with `end()`, whatever happened.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, onTestFailed, onTestFinished } from 'vitest';
import { freePort } from '../../stack/free-port.ts';
import { readPidFile } from '../../stack/pid-file.ts';
import { signalProcess } from '../../stack/process-identity.ts';
import { PROJECT_ROOT } from '../../stack/project.ts';
import { socketPath } from '../../stack/socket-path.ts';
import { quietEnvironment } from '../stack/quiet-environment.ts';
import { EventReader } from './event-reader.ts';
import { describeProcess, isCompiler, ProcessBook } from './living-processes.ts';
import { StackClient } from './stack-client.ts';
import { until } from './until.ts';

const TSX = import.meta.resolve('tsx');
/** Lines of the log that a failed test tells. */
const LAST_LINES = 200;
/** Children notice that init is gone, and whoever was told to end has ended, within this time. */
const GONE_WITHIN_MS = 15_000;

export interface StackOptions {
  /** Flags beside the data folder and the port. */
  flags?: string[];
  /** Files of the working folder: name → content. */
  files?: Record<string, string>;
  /** Called with the data folder before the first start. */
  prepare?(data: string): void;
}

interface Command {
  process: ChildProcess;
  output: { text: string };
  ended: Promise<number | NodeJS.Signals>;
}

export class StackUnderTest {
  readonly folder = mkdtempSync(join(realpathSync(tmpdir()), 'proof-'));
  readonly data = join(this.folder, 'data');
  readonly client = new StackClient(() => this.url);
  readonly #options: StackOptions;
  readonly #pidFile = join(this.data, 'agent_pids.json');
  readonly #book = new ProcessBook(this.folder, this.#pidFile);
  readonly #readers: EventReader[] = [];
  #command: Command | undefined;
  #url = '';
  /** As it was before the folder went. */
  #account: string | undefined;

  constructor(options: StackOptions = {}) {
    this.#options = options;
    for (const [name, content] of Object.entries(options.files ?? {})) this.write(name, content);
    mkdirSync(this.data, { mode: 0o700 });
    options.prepare?.(this.data);
  }

  /** Address of the gateway, also the last one of a stack that has ended. */
  get url(): string {
    return this.#url;
  }

  /** What the command has printed since its latest start. */
  get output(): string {
    return this.#command?.output.text ?? '';
  }

  /** Writes a file of the working folder. */
  write(name: string, content: string): void {
    writeFileSync(join(this.folder, name), content);
  }

  /** Starts, and waits until messages are accepted and the model server answers. @throws Error with the output when it ends instead */
  async start(): Promise<this> {
    const command = this.#run(['--port', String(await freePort()), ...(this.#options.flags ?? [])]);
    this.#command = command;
    const hasEnded = command.ended.then((end) => {
      throw new Error(`the stack ended with ${end} instead of starting:\n${command.output.text}`);
    });
    hasEnded.catch(() => {});
    await Promise.race([
      until('the start lines', () => command.output.text.includes('is running\n'), 60_000),
      hasEnded,
    ]);
    this.#url = readPidFile(this.#pidFile)?.url ?? '';
    await this.ready();
    return this;
  }

  /** Resolves when `/readyz` says 200. */
  async ready(): Promise<void> {
    await until('/readyz', () => this.client.isReady());
    this.#book.recorded();
  }

  /** A reader of all events from the first one on; closed by `end()`. */
  reader(query?: string): EventReader {
    const reader = new EventReader({ url: () => this.#url, ...(query !== undefined && { query }) });
    this.#readers.push(reader);
    return reader;
  }

  /** Process id of init, the supervisor, the simulator or an agent; 0 while it has none. */
  pid(id: string): number {
    return this.#book.recorded().find((recorded) => recorded.id === id)?.pid ?? 0;
  }

  /** Sends a signal to a process that the PID file names. @throws Error when it does not live */
  kill(id: string, signal: NodeJS.Signals = 'SIGKILL'): void {
    if (!this.signal(id, signal)) throw new Error(`${id} does not run`);
  }

  /** As `kill`; returns whether it lives. */
  signal(id: string, signal: NodeJS.Signals): boolean {
    const recorded = this.#book.recorded().find((one) => one.id === id);
    return recorded !== undefined && signalProcess(recorded, signal);
  }

  /** Resolves when init's process has ended: with its exit code or signal. */
  async initEnded(): Promise<number | NodeJS.Signals | undefined> {
    return this.#command?.ended;
  }

  /** Lines of the log that every process writes to. */
  log(): Record<string, unknown>[] {
    const lines = readFileSync(join(this.data, 'interject.log'), 'utf8').split('\n');
    return lines.slice(0, -1).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** What somebody needs who asks why a test failed: what the command has printed, and the end of the log. */
  account(): string {
    if (this.#account !== undefined) return this.#account;
    const file = join(this.data, 'interject.log');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    const log = lines.slice(-LAST_LINES).join('\n');
    const { exitCode, signalCode } = this.#command?.process ?? {};
    const state = `runs: ${exitCode === null && signalCode === null}, exit code ${exitCode}, signal ${signalCode}`;
    return `The stack at ${this.#url} (${state}) has printed:\n${this.output}\nThe end of its log:\n${log}`;
  }

  /** What `--status` prints. */
  async status(): Promise<string> {
    const { ended, output } = this.#run(['--status']);
    await ended;
    return output.text;
  }

  /** `--stop`, as a user does it. @throws Error when it fails, or leaves anything behind */
  async stop(): Promise<void> {
    const { ended, output } = this.#run(['--stop']);
    const code = await ended;
    if (code !== 0) throw new Error(`--stop ended with ${code}: ${output.text}`);
    await this.assertNothingLeft();
  }

  /** Waits until no process is left but those of the PID file: nobody was orphaned. @throws Error after 15 s */
  async assertNoOrphans(): Promise<void> {
    await this.#untilGone(() => {
      const recorded = new Set(this.#book.recorded().map(({ pid }) => pid));
      return this.#book.living().filter((pid) => !recorded.has(pid) && !isCompiler(pid));
    });
  }

  /** Waits until no process of this stack lives. @throws Error after 15 s */
  async assertNoProcess(): Promise<void> {
    await this.#untilGone(() => this.#book.living());
  }

  async #untilGone(look: () => number[]): Promise<void> {
    await until('the end of processes', () => look().length === 0, GONE_WITHIN_MS).catch((cause) => {
      throw new Error(`these still run: ${look().map(describeProcess).join('; ')}`, { cause });
    });
  }

  /** Neither a process nor a PID file nor a socket. @throws Error that names what is left */
  async assertNothingLeft(): Promise<void> {
    await this.assertNoProcess();
    const left = [this.#pidFile, socketPath(this.data)].filter((file) => existsSync(file));
    if (left.length > 0) throw new Error(`left behind: ${left.join(', ')}`);
  }

  /** Ends everything at once and removes the folder. */
  async end(): Promise<void> {
    this.#account = this.account();
    await this.endProcesses();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Ends all processes and readers at once; the folder stays. */
  async endProcesses(): Promise<void> {
    for (const reader of this.#readers) reader.close();
    await until('the end of killed processes', () => this.#killAll());
  }

  #killAll(): boolean {
    const living = this.#book.living();
    for (const pid of living) process.kill(pid, 'SIGKILL');
    return living.length === 0;
  }

  #run(flags: string[]): Command {
    const program = ['--import', TSX, join(PROJECT_ROOT, 'run.ts'), '--data', this.data, ...flags];
    const child = spawn(process.execPath, program, {
      cwd: this.folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: quietEnvironment(this.folder, flags),
    });
    const output = { text: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output.text += text;
      });
    }
    const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
    return { process: child, output, ended };
  }
}

/** A started stack that ends with the test; one that fails tells what the stack had to say. */
export async function startedStack(options: StackOptions = {}): Promise<StackUnderTest> {
  const stack = new StackUnderTest(options);
  onTestFailed(() => void process.stderr.write(`${stack.account()}\n`));
  onTestFinished(() => stack.end());
  return stack.start();
}

/** A stack that all tests around this call share; returns how to get it. */
export function sharedStack(options: StackOptions = {}): () => StackUnderTest {
  let stack: StackUnderTest | undefined;
  beforeAll(async () => {
    stack = new StackUnderTest(options);
    await stack.start();
  });
  beforeEach(({ onTestFailed }) => onTestFailed(() => void process.stderr.write(`${stack?.account()}\n`)));
  afterAll(() => stack?.end());
  return () => {
    if (stack === undefined) throw new Error('the stack is there while tests run, not before');
    return stack;
  };
}
