/**
 * Bundles a policy file to `<data>/policies/<hash>.mjs`. The hash of the content is the version of the policy: whatever it imports and
 * changes makes it another one.
 */
import { createHash } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleUserModule } from './user-module.ts';

export interface PolicyBundle {
  file: string;
  version: string;
  /** Absolute paths of all files it was made of: a change of one makes a new version. */
  inputs: string[];
}

/**
 * `use`: the path as the user wrote it, for messages; `folder`: where bundles are kept.
 * @throws Failure (exit code 2) that names the file, the line and the reason
 */
export async function bundlePolicy(path: string, use: string, folder: string): Promise<PolicyBundle> {
  const { code, map, inputs } = await bundleUserModule(path, `policy ${use}`);
  const version = createHash('sha256').update(code).digest('hex').slice(0, 16);
  const file = join(folder, `${version}.mjs`);
  if (!existsSync(file)) {
    write(`${file}.map`, map);
    write(file, code);
  }
  return { file, version, inputs };
}

function write(file: string, content: string): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
