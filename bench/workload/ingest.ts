/**
 * The ingest step: walks a folder of benchmark artefacts (csv, json, md) and describes it in a few lines, which go into the prompt. Paths
 * are relative to the folder and sorted, so that the same folder always gives the same text.
 */
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

const TYPES = ['.csv', '.json', '.md'];
const SHOWN_PATHS = 5;

export interface DataSummary {
  text: string;
  /** Files that were found. */
  files: number;
}

/** @throws Error the folder cannot be read */
export async function ingest(folder: string): Promise<DataSummary> {
  const paths = await artefacts(folder);
  const stats = await Promise.all(paths.map((path) => stat(join(folder, path))));
  const bytes = stats.reduce((sum, { size }) => sum + size, 0);
  const latest = Math.max(0, ...stats.map(({ mtimeMs }) => mtimeMs));
  const lines = [
    `Files: ${paths.length}, ${bytes} bytes in all`,
    ...TYPES.map((type) => `- ${type.slice(1)}: ${countOf(paths, type)}`),
    'Paths:',
    ...paths.slice(0, SHOWN_PATHS).map((path) => `- ${path}`),
    ...(paths.length > SHOWN_PATHS ? [`… and ${paths.length - SHOWN_PATHS} more`] : []),
    ...(latest > 0 ? [`Latest modification: ${new Date(latest).toISOString()}`] : []),
  ];
  return { text: lines.join('\n'), files: paths.length };
}

async function artefacts(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && TYPES.includes(extname(entry.name).toLowerCase()));
  const within = (parent: string): string => (parent === folder ? '' : parent.slice(folder.length + 1));
  return files.map(({ parentPath, name }) => join(within(parentPath), name)).sort();
}

function countOf(paths: readonly string[], type: string): number {
  return paths.filter((path) => extname(path).toLowerCase() === type).length;
}
