/**
 * Temporary folders of the benchmark. Each holds who made it, so that what a killed benchmark could not remove is removed by the next one:
 * a folder whose process is gone, by its id and its start time.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive, type ProcessIdentity, startTime } from '../stack/process-identity.ts';

const PREFIXES = { bus: 'interject-bench-', corpus: 'interject-corpus-' } as const;
/** Of no type that is ingested. */
const OWNER = 'made-by';

/** Makes a folder, and removes those that dead benchmarks left behind. */
export function temporaryFolder(what: keyof typeof PREFIXES): string {
  removeOrphans();
  const folder = mkdtempSync(join(tmpdir(), PREFIXES[what]));
  writeFileSync(join(folder, OWNER), JSON.stringify({ pid: process.pid, start_time: startTime(process.pid) }));
  return folder;
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function removeOrphans(): void {
  const ours = namesIn(tmpdir()).filter((name) => Object.values(PREFIXES).some((prefix) => name.startsWith(prefix)));
  for (const name of ours) {
    const folder = join(tmpdir(), name);
    const owner = ownerOf(folder);
    if (owner !== undefined && !isAlive(owner)) tryRemove(folder);
  }
}

/** Undefined: it is none of ours, or it is just being made. */
function ownerOf(folder: string): ProcessIdentity | undefined {
  try {
    const { pid, start_time } = JSON.parse(readFileSync(join(folder, OWNER), 'utf8')) as Partial<ProcessIdentity>;
    return typeof pid === 'number' && start_time !== undefined ? { pid, start_time } : undefined;
  } catch {
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Another user's folder stays. */
function tryRemove(folder: string): void {
  try {
    removeFolder(folder);
  } catch {
    // It is not ours to remove.
  }
}
