/** Where the program itself lies. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the package; this file may run from `stack/` or from a bundle deeper in it. */
export const PROJECT_ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): string {
  while (!existsSync(join(folder, 'stack/project.ts'))) {
    if (dirname(folder) === folder) throw new Error('the folder of the program was not found');
    folder = dirname(folder);
  }
  return folder;
}

/** Version of the program, as `package.json` has it. */
export function version(): string {
  const { version } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')) as { version: string };
  return version;
}
