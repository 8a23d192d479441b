/** Starts the process that drives a benchmark, for the supervisor. It ends with the supervisor: its only channel is the one between them. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Log } from '../agent/log.ts';
import type { FromBenchmark } from '../supervisor/benchmarks/messages.ts';
import type { LaunchBenchmark } from '../supervisor/benchmarks/process.ts';
import { translateLocations } from './source-locations.ts';

/** Milliseconds in which a process whose channel is closed removes what it had beside its files. */
const LEAVE_MS = 1000;
const LONGEST_LINE = 2000;

/** `program`: its bundle. */
export function benchmarkLauncher(program: string, log: Log): LaunchBenchmark {
  return async (onMessage) => {
    // What it has beside its files is in here, and goes with it also when it is killed. Sockets take short paths only.
    const temporary = mkdtempSync(join(tmpdir(), 'interject-'));
    const env = { ...process.env, TMPDIR: temporary };
    const child = fork(program, [temporary], { execArgv: [], env, stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    let failure: string | undefined;
    let lastLine = '';
    child.on('error', (error) => {
      failure = error.message;
    });
    child.on('message', (message) => onMessage(message as FromBenchmark));
    if (child.stderr !== null) {
      createInterface({ input: child.stderr }).on('line', (raw) => {
        lastLine = translateLocations(raw.slice(0, LONGEST_LINE));
        log.warn({ process: 'benchmark' }, lastLine);
      });
    }
    const exited = new Promise<string>((resolve) => {
      child.once('error', () => child.pid === undefined && resolve(failure ?? 'it cannot be started'));
      child.once('exit', (code, signal) => {
        rmSync(temporary, { recursive: true, force: true });
        const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
        resolve(lastLine === '' ? how : `${lastLine} (${how})`);
      });
    });
    return {
      pid: child.pid ?? 0,
      // The callback takes the error of a channel that closes meanwhile; its end is seen anyway.
      send: (message) => void (child.connected && child.send(message, () => {})),
      kill() {
        if (child.connected) child.disconnect();
        const late = setTimeout(() => child.kill('SIGKILL'), LEAVE_MS);
        child.once('exit', () => clearTimeout(late));
      },
      exited,
    };
  };
}
