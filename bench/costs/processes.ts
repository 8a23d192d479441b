/** What processes cost: memory from the kernel's own accounts, and the time from fork to ready from the stack's log. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Memory {
  /** Megabytes that only this process uses. */
  privateMb: number;
  /** Its share of everything it uses, in megabytes. */
  pssMb: number;
}

/** Linux only. */
export function memoryOf(pid: number): Memory {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const megabytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(rollup)?.[1]) / 1024;
  return { privateMb: megabytes('Private_Clean') + megabytes('Private_Dirty'), pssMb: megabytes('Pss') };
}

/** Milliseconds from fork to ready of every agent process that the stack's log speaks of. */
export function agentStartsMs(folder: string): number[] {
  const lines = readFileSync(join(folder, 'interject.log'), 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  const entries = lines.map((line) => JSON.parse(line) as { kind?: string; readyMs?: number });
  return entries.flatMap(({ kind, readyMs }) => (kind === 'agent' && readyMs !== undefined ? [readyMs] : []));
}
