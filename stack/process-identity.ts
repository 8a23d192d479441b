/** Which process a process id stands for: ids are used again, so a process is known by its id and its start time together. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process that runs, or ran. */
export interface ProcessIdentity {
  pid: number;
  /** As `startTime` said it when the process was started. */
  start_time: string | number;
}

/**
 * When a process was started, in a unit of the system: on Linux clock ticks since boot, elsewhere the text of `ps`. Undefined when
 * there is no such process, or it is dead already and only its exit code is kept for its parent.
 */
export function startTime(pid: number): string | number | undefined {
  return process.platform === 'linux' ? startTicks(pid) : startText(pid);
}

function startTicks(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the command in brackets and may itself hold brackets and blanks.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' || state === 'X' ? undefined : Number(fields[18]);
  } catch {
    return undefined;
  }
}

function startText(pid: number): string | undefined {
  try {
    const options = { encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' }, stdio: 'pipe' } as const;
    const [state, ...words] = execFileSync('ps', ['-o', 'state=', '-o', 'lstart=', '-p', String(pid)], options)
      .trim()
      .split(/\s+/);
    return state === undefined || state.startsWith('Z') ? undefined : words.join(' ');
  } catch {
    return undefined;
  }
}

/** Whether this very process still runs. */
export function isAlive({ pid, start_time }: ProcessIdentity): boolean {
  const now = startTime(pid);
  return now !== undefined && String(now) === String(start_time);
}

/** Sends a signal if this very process still runs; whether it did. */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch {
    return false;
  }
}
