/** Which processes belong to a stack under test: those of its PID file, and all that run in its working folder. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type RecordedProcess, readPidFile } from '../../stack/pid-file.ts';
import { isAlive, startTime } from '../../stack/process-identity.ts';

/**
 * The processes whose working folder is this one. Every process of a stack inherits it from the command, so none can hide. Empty where
 * the system has no /proc.
 */
function processesIn(folder: string): number[] {
  return processIds().filter((pid) => workingFolder(pid) === folder && startTime(pid) !== undefined);
}

function processIds(): number[] {
  try {
    return readdirSync('/proc').map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

function workingFolder(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return undefined;
  }
}

/** For people: process id and command. */
export function describeProcess(pid: number): string {
  return `${pid} ${commandOf(pid)}`;
}

/** Whether this is the compiler that the TypeScript loader of the command keeps for as long as the command runs, if it needed it. */
export function isCompiler(pid: number): boolean {
  return /\/esbuild --service/.test(commandOf(pid));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Remembers every process that a PID file ever named. */
export class ProcessBook {
  readonly #folder: string;
  readonly #pidFile: string;
  readonly #seen = new Map<string, RecordedProcess>();

  /** `folder`: the working folder of the stack. */
  constructor(folder: string, pidFile: string) {
    this.#folder = folder;
    this.#pidFile = pidFile;
  }

  /** What the PID file names now. */
  recorded(): RecordedProcess[] {
    const processes = readPidFile(this.#pidFile)?.processes ?? [];
    for (const one of processes) this.#seen.set(`${one.pid} ${one.start_time}`, one);
    return processes;
  }

  /** Process ids of all that live: ever recorded, or found in the folder. */
  living(): number[] {
    this.recorded();
    const known = [...this.#seen.values()].filter(isAlive).map(({ pid }) => pid);
    return [...new Set([...known, ...processesIn(this.#folder)])].sort((one, other) => one - other);
  }
}
