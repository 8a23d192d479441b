/** Finds the result files below a folder, in the order of their names, numbers by value (`run_2` before `run_10`). */
import { readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Deeper than any sweep writes; a guard against being pointed at a whole disk. */
const DEEPEST = 6;

export interface FoundFiles {
  /** Relative to the folder. */
  metrics: string[];
  summaries: string[];
  scalings: string[];
}

/** @throws ResultsError when there is no such folder */
export function findFiles(folder: string): FoundFiles {
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw new ResultsError(`there is no folder ${folder}; name one that a benchmark wrote`);
  }
  const all = walk(folder, 0).map((path) => relative(folder, path));
  const named = (name: string): string[] => all.filter((path) => path === name || path.endsWith(`/${name}`));
  return { metrics: named('metrics.json'), summaries: named('summary.json'), scalings: named('scaling.json') };
}

/** The folder cannot be analysed; the message says why and what to do. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError';
}

function walk(folder: string, depth: number): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  entries.sort((one, other) => one.name.localeCompare(other.name, 'en', { numeric: true }));
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isFile()) return [path];
    return entry.isDirectory() && depth < DEEPEST ? walk(path, depth + 1) : [];
  });
}
