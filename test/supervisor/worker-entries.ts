/** The worker threads of the supervisor, bundled as a start bundles them; the same bytes are written once. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import type { WorkerEntries } from '../../supervisor/engine.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
/** Inside node_modules, so that the bundles find SQLite. */
const folder = join(project, 'node_modules/.cache/interject-test');

let entries: WorkerEntries | undefined;

export function workerEntries(): WorkerEntries {
  entries ??= {
    watchdog: bundled('supervisor/policies/watchdog-worker.ts'),
    checkpoint: bundled('supervisor/store/checkpoint-worker.ts'),
    trial: bundled('supervisor/policies/trial-worker.ts'),
  };
  return entries;
}

function bundled(entry: string): string {
  const options = { bundle: true, platform: 'node', format: 'esm', target: 'node20', write: false } as const;
  const [output] = buildSync({ ...options, entryPoints: [join(project, entry)] }).outputFiles;
  if (output === undefined) throw new Error(`nothing came out of ${entry}`);
  const path = join(folder, `${createHash('sha256').update(output.contents).digest('hex').slice(0, 16)}.mjs`);
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, output.contents);
    renameSync(`${path}.${process.pid}`, path);
  }
  return path;
}
