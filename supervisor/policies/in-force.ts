/**
 * Remembers, over restarts of the supervisor, which versions took the place of those that the stack was started with. A new start of the
 * stack forgets it: what is saved then is what counts.
 */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PolicySource } from '../settings.ts';

type Bundle = Required<Pick<PolicySource, 'file' | 'version' | 'inputs'>>;

/** One for each source, null where it is the one that the stack was started with. */
type InForce = (Bundle | null)[];

const FILE = 'in-force.json';

/** The version of each source that was in force when the previous supervisor ended. */
export function readInForce(policiesFolder: string, sources: readonly PolicySource[]): PolicySource[] {
  let inForce: InForce = [];
  try {
    inForce = JSON.parse(readFileSync(join(policiesFolder, FILE), 'utf8')) as InForce;
  } catch {
    // None was reloaded.
  }
  return sources.map((source, index) => ({ ...source, ...inForce[index] }));
}

/** @throws Error when the folder cannot be written */
export function writeInForce(
  policiesFolder: string,
  started: readonly PolicySource[],
  now: readonly PolicySource[],
): void {
  const inForce: InForce = now.map(({ file, version, inputs }, index) => {
    const isSame = version === started[index]?.version;
    return isSame || file === undefined || version === undefined ? null : { file, version, inputs: inputs ?? [] };
  });
  const path = join(policiesFolder, FILE);
  writeFileSync(`${path}.new`, JSON.stringify(inForce), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** For a new start of the stack. */
export function forgetInForce(policiesFolder: string): void {
  rmSync(join(policiesFolder, FILE), { force: true });
}

/** Whether something that a bundle was made of has changed since, or is gone. */
export function isOutdated({ file, inputs }: PolicySource): boolean {
  if (file === undefined || inputs === undefined) return false;
  const made = statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return inputs.some((input) => {
    const stat = statSync(input, { throwIfNoEntry: false });
    return stat === undefined || Math.max(stat.mtimeMs, stat.ctimeMs) > made;
  });
}

/** Times of files lag behind the clock by so much. */
const CLOCK_STEP_MS = 10;

/** Whether one of these files was changed since then; milliseconds since 1970. */
export function isAnyChanged(files: readonly string[], since: number): boolean {
  // Nobody but the system sets this time: it does not lie in the future.
  return files.some((file) => {
    const changedAt = statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? 0;
    return changedAt > since - CLOCK_STEP_MS;
  });
}
