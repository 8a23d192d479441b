/** Starts a stack and stays until it ends. From the first moment on a signal ends it cleanly, whatever has been started by then. */
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Ready } from './control.ts';
import { type DataFolder, dataFolder, makeDataFolder } from './data-folder.ts';
import { settleBackends } from './detect.ts';
import type { EndingSignals } from './ending-signals.ts';
import { EXIT, Failure } from './failure.ts';
import { Init } from './init.ts';
import { type AdoptableProcess, findAdoptable } from './llama-server/adopt.ts';
import { type LlamaServerCommand, llamaServerCommands } from './llama-server/command.ts';
import { acquireLock } from './lock.ts';
import { createLog, type Logger } from './log.ts';
import { readPidFile } from './pid-file.ts';
import type { StackPlan } from './plan.ts';
import { prepare } from './prepare.ts';
import { version } from './project.ts';
import { searchableSecrets } from './redact.ts';
import { RunningRecord } from './running-record.ts';
import { makeSocketFolder, socketPath } from './socket-path.ts';
import { drainMs, type StackParts, specifications } from './specifications.ts';
import { gatewayUrl, startLines } from './start-lines.ts';
import { endSurvivors } from './survivors.ts';
import { paintFor, say, terminalLog } from './terminal.ts';
import { readOrMakeToken } from './token.ts';

/** Resolves with the exit code when the stack has ended. @throws Failure when it cannot start, or cannot go on */
export async function start(plan: StackPlan, signals: EndingSignals): Promise<number> {
  if (process.platform === 'win32') throw new Failure('Windows is supported through WSL only.');
  process.umask(0o077);
  const servers = llamaServerCommands(plan.backends);
  const data = dataFolder(plan.dataFolder);
  makeDataFolder(data);
  const lock = acquireLock(data.lock);
  if (lock === undefined) throw alreadyRunning(data);
  try {
    return await new Stack(plan, data, servers, signals).run();
  } finally {
    lock.release();
  }
}

function alreadyRunning({ folder, pidFile }: DataFolder): Failure {
  const record = readPidFile(pidFile);
  const pid = record?.processes.find(({ kind }) => kind === 'init')?.pid;
  const who = pid === undefined ? '' : ` as process ${pid}`;
  const where = record?.url ? `, at ${record.url}` : '';
  return new Failure(
    `A stack with the data folder ${folder} runs already${who}${where}. ` +
      'Use that one, end it with --stop, or choose another folder with --data.',
  );
}

/** Everything here happens while the lock is held. */
class Stack {
  readonly #plan: StackPlan;
  readonly #data: DataFolder;
  readonly #servers: readonly LlamaServerCommand[];
  readonly #signals: EndingSignals;
  readonly #socketPath: string;
  readonly #token: string;
  readonly #log: Logger;
  /** The supervisor keeps over its restarts what it picked at first. */
  readonly #port: { current: number };
  #policies: Ready['policies'];

  constructor(plan: StackPlan, data: DataFolder, servers: readonly LlamaServerCommand[], signals: EndingSignals) {
    this.#plan = plan;
    this.#data = data;
    this.#servers = servers;
    this.#signals = signals;
    this.#port = { current: plan.port };
    this.#socketPath = socketPath(data.folder);
    this.#token = plan.token ?? readOrMakeToken(data.token);
    const settings = { file: data.log, level: plan.logLevel };
    this.#log = createLog(settings, 'init', searchableSecrets([this.#token]), terminalLog(plan.logLevel));
  }

  async run(): Promise<number> {
    const adopted = await this.#clearAway();
    const record = new RunningRecord(this.#data.pidFile, adopted, (error) => {
      this.#log.error({ error }, 'the PID file cannot be written');
    });
    try {
      // After the survivors have ended: one of them may be a model server.
      const plan = await settleBackends(this.#plan);
      const prepared = await prepare(plan, this.#data, { commands: this.#servers, adopted });
      const parts = {
        ...prepared,
        plan,
        data: this.#data,
        socketPath: this.#socketPath,
        token: this.#token,
      };
      if (this.#signals.received === undefined) await this.#keep({ ...parts, port: this.#port }, record);
      return this.#signals.received === 'SIGINT' ? EXIT.interrupted : EXIT.ok;
    } finally {
      // Only if the start came to nothing before init had it.
      await endSurvivors(adopted);
      record.remove();
      rmSync(this.#socketPath, { force: true });
    }
  }

  /**
   * A stack that was killed may have left processes; the lock says that nobody looks after them. Returns the llama-servers that this
   * stack would only start again.
   */
  async #clearAway(): Promise<AdoptableProcess[]> {
    const recorded = readPidFile(this.#data.pidFile)?.processes ?? [];
    const adopted = await findAdoptable(this.#servers, recorded);
    for (const { id, pid, port } of adopted) {
      this.#log.warn({ id, pid, port }, `took over ${id} (process ${pid}, port ${port}) that a killed stack had left`);
    }
    const kept = new Set(adopted.map(({ pid }) => pid));
    const survivors = await endSurvivors(recorded.filter(({ pid }) => !kept.has(pid)));
    if (survivors.length > 0) {
      const ended = survivors.map(({ kind, id, pid }) => ({ kind, id, pid }));
      this.#log.warn({ ended }, `ended ${survivors.length} processes that a killed stack had left`);
    }
    makeSocketFolder(dirname(this.#socketPath));
    rmSync(this.#socketPath, { force: true });
    return adopted;
  }

  /** Runs the children until a signal comes; then they have ended. @throws Failure when they cannot start, or end too often */
  async #keep(parts: StackParts, record: RunningRecord): Promise<void> {
    const init = this.#init(parts, record);
    void this.#signals.first.then(() => init.stop());
    void this.#signals.impatience.then(() => init.hurry());
    try {
      const failure = await Promise.race([init.start(), init.broken]);
      if (failure !== undefined) throw failure;
      if (this.#signals.received === undefined) await this.#announce(parts, record);
      const end = await Promise.race([this.#signals.first, init.broken]);
      if (end instanceof Failure)
        throw new Failure(`${end.message}\nThe log has more: ${this.#data.log}`, end.exitCode);
      say('Stopping …');
    } finally {
      await init.stop();
    }
  }

  #init(parts: StackParts, record: RunningRecord): Init {
    return new Init({
      stages: specifications(parts),
      drainMs: drainMs(this.#plan),
      log: this.#log,
      onProcesses: (processes) => {
        record.children = processes;
      },
      onReady: ({ kind }, ready) => {
        if (kind === 'supervisor') this.#onSupervisorReady(ready, record);
      },
    });
  }

  #onSupervisorReady({ port, policies }: Ready, record: RunningRecord): void {
    this.#port.current = port ?? this.#port.current;
    this.#policies = policies;
    record.url = gatewayUrl(this.#plan.host, this.#port.current);
  }

  async #announce({ plan, token, backends }: StackParts, { url }: RunningRecord): Promise<void> {
    const stack = { plan, version: version(), url, token, backends, policies: this.#policies };
    // In one piece: whoever waits for the first line has all of them.
    say(startLines(stack, await paintFor(process.stdout)).join('\n'));
  }
}
