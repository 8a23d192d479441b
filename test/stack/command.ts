/** Runs the command as a person does, in a folder of its own. Whatever it started is ended when the test ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type RecordedProcess, readPidFile } from '../../stack/pid-file.ts';
import { isAlive } from '../../stack/process-identity.ts';
import { PROJECT_ROOT } from '../../stack/project.ts';
import { eventually } from './eventually.ts';
import { quietEnvironment } from './quiet-environment.ts';
import { temporaryFolder } from './temporary-folder.ts';

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  errors: string;
}

export interface Command {
  process: ChildProcess;
  output(): string;
  errors(): string;
  ended: Promise<Ended>;
}

const TSX = import.meta.resolve('tsx');

/** A folder to run commands in. */
export function workplace() {
  const folder = temporaryFolder();
  const data = join(folder, 'data');
  const pidFile = join(data, 'agent_pids.json');
  /** Everything that was ever seen running here. */
  const seen = new Map<number, RecordedProcess>();
  const processes = (): RecordedProcess[] => {
    const recorded = readPidFile(pidFile)?.processes ?? [];
    for (const one of recorded) seen.set(one.pid, one);
    return recorded;
  };
  onTestFinished(() => {
    processes();
    for (const one of seen.values()) if (isAlive(one)) process.kill(one.pid, 'SIGKILL');
  });
  const run = (given: string[], environment: Record<string, string> = {}): Command =>
    runCommand(folder, given, environment);
  return {
    folder,
    data,
    pidFile,
    processes,
    run,
    /** Those of all that was seen running here that still run. */
    survivors: () => [...seen.values()].filter(isAlive),
    pidOf: (id: string) => processes().find((recorded) => recorded.id === id)?.pid ?? 0,
    url: () => readPidFile(pidFile)?.url ?? '',
    /** Starts a stack on a free port and waits until it has said that it runs. */
    async start(given: string[] = [], environment: Record<string, string> = {}): Promise<Command> {
      const command = run(['--port', '0', ...given], environment);
      const hasEnded = command.ended.then(({ errors }) => Promise.reject(new Error(`it did not start: ${errors}`)));
      hasEnded.catch(() => {});
      await Promise.race([eventually(() => command.output().includes('is running\n')), hasEnded]);
      processes();
      return command;
    },
  };
}

function runCommand(folder: string, given: string[], environment: Record<string, string>): Command {
  const child = spawn(process.execPath, ['--import', TSX, join(PROJECT_ROOT, 'run.ts'), ...given], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...quietEnvironment(folder, given), ...environment },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, output, errors }));
  return { process: child, output: () => output, errors: () => errors, ended };
}
