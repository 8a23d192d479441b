/**
 * `agent_pids.json`: the record of the processes of a stack. It is no lock; it says what is to be ended when the stack was killed.
 * It is rewritten as a whole, so that a reader never sees half of it, and reading it tolerates anything.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { ProcessKind } from './control.ts';
import type { ProcessIdentity } from './process-identity.ts';

export interface RecordedProcess extends ProcessIdentity {
  id: string;
  kind: ProcessKind;
  /** Of a llama-server: where it listens. */
  port?: number;
  /** Of a llama-server: the fingerprint of its command. */
  command?: string;
}

export interface PidRecord {
  /** ISO 8601. */
  started_at: string;
  /** Where the gateway answers, without the token; empty until it does. */
  url: string;
  processes: RecordedProcess[];
}

const KINDS: readonly ProcessKind[] = ['init', 'supervisor', 'agent', 'model'];

/** Replaces the file. */
export function writePidFile(file: string, record: PidRecord): void {
  const whole = `${file}.new`;
  writeFileSync(whole, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(whole, file);
}

/** What the file says; undefined when there is none. Whatever in it makes no sense is left out. */
export function readPidFile(file: string): PidRecord | undefined {
  const text = readText(file);
  if (text === undefined) return undefined;
  const { started_at, url, processes } = parseObject(text);
  return {
    started_at: typeof started_at === 'string' ? started_at : '',
    url: typeof url === 'string' ? url : '',
    processes: Array.isArray(processes) ? processes.filter(isRecordedProcess) : [],
  };
}

export function removePidFile(file: string): void {
  rmSync(file, { force: true });
  rmSync(`${file}.new`, { force: true });
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function isRecordedProcess(value: unknown): value is RecordedProcess {
  if (typeof value !== 'object' || value === null) return false;
  const { id, kind, pid, start_time, port, command } = value as Record<string, unknown>;
  // A process id of 1, 0 or below would mean the system, or whole groups of processes.
  const isPid = Number.isSafeInteger(pid) && Number(pid) > 1;
  const isTime = typeof start_time === 'string' || typeof start_time === 'number';
  const isServer = isAbsentOr('number', port) && isAbsentOr('string', command);
  return typeof id === 'string' && KINDS.some((known) => known === kind) && isPid && isTime && isServer;
}

function isAbsentOr(type: 'number' | 'string', value: unknown): boolean {
  return value === undefined || typeof value === type;
}
