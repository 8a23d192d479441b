/** How much memory a process takes. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * Bytes: on Linux the process' proportional share (what it shares with others counts in part), elsewhere all that it has in memory.
 * Undefined when that cannot be found out.
 */
export function processMemory(pid: number): number | undefined {
  return process.platform === 'linux' ? proportional(pid) : resident(pid);
}

function proportional(pid: number): number | undefined {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1'))?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

function resident(pid: number): number | undefined {
  try {
    const kilobytes = Number(
      execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }),
    );
    return Number.isFinite(kilobytes) ? kilobytes * 1024 : undefined;
  } catch {
    return undefined;
  }
}
