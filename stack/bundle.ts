/**
 * Bundles the programs that init forks, once for each state of the sources: into `node_modules/.cache/interject/<content hash>/`. Children
 * then start without the TypeScript loader, which costs each of them 25 MB and a quarter of a second. A folder appears at once as a
 * whole, so several stacks may do this at the same time.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODULE_OPTIONS } from './bundle-options.ts';
import { Failure, messageOf } from './failure.ts';
import { PROJECT_ROOT } from './project.ts';

/**
 * Every program, by the name of its bundle. All that a program needs is in its bundle: the supervisor starts in 120 ms and with 20 MB that
 * way, in 215 ms and with 35 MB when it loads its packages from `node_modules`.
 */
export const ENTRIES = {
  agent: 'stack/entries/agent.ts',
  simulator: 'stack/entries/simulator.ts',
  supervisor: 'stack/entries/supervisor.ts',
  'watchdog-worker': 'supervisor/policies/watchdog-worker.ts',
  'backtest-worker': 'supervisor/backtest/backtest-worker.ts',
  'checkpoint-worker': 'supervisor/store/checkpoint-worker.ts',
  'trial-worker': 'supervisor/policies/trial-worker.ts',
  'bench-agent-worker': 'bench/runtimes/agent-worker.ts',
  benchmark: 'stack/entries/benchmark.ts',
} as const;

export type Entry = keyof typeof ENTRIES;

/**
 * Native modules, a package that looks for files beside itself, and what only a report needs, at its end. They resolve from the cache,
 * which lies in the package.
 */
const EXTERNAL = ['better-sqlite3', 'better-sqlite3-12', 'esbuild', 'vega', 'vega-lite'];
const SOURCES = ['agent', 'bench', 'policy', 'stack', 'supervisor', 'swarm', 'ui'];
const CACHE = join(PROJECT_ROOT, 'node_modules/.cache/interject');
const HERE = dirname(fileURLToPath(import.meta.url));
const FORGOTTEN_AFTER_MS = 30 * 24 * 3600 * 1000;

/**
 * The folder with all bundles (`<entry>.mjs`), which is made if need be. `cache`: where; programs run from inside the package only.
 * @throws Failure when the sources do not compile or the cache cannot be written
 */
export async function bundleEntries(cache = CACHE): Promise<string> {
  // A program that runs from a bundle starts others of the same build, whatever has become of the sources.
  if (cache === CACHE && dirname(HERE) === CACHE) return HERE;
  const folder = join(cache, sourceHash());
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date());
    return folder;
  }
  const unfinished = `${folder}.${randomUUID()}.new`;
  try {
    mkdirSync(unfinished, { recursive: true });
    await build(unfinished);
    publish(unfinished, folder);
  } catch (error) {
    throw new Failure(`The programs of the stack cannot be bundled into ${cache}: ${messageOf(error)}`);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  forgetOldBundles(cache);
  return folder;
}

async function build(folder: string): Promise<void> {
  const esbuild = await import('esbuild');
  await esbuild.build({
    ...MODULE_OPTIONS,
    entryPoints: Object.fromEntries(
      Object.entries(ENTRIES).map(([name, source]) => [name, join(PROJECT_ROOT, source)]),
    ),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    external: EXTERNAL,
    // Node keeps the text of a program in memory; names stay, for stack traces.
    minifyWhitespace: true,
    sourcemap: 'external',
    sourcesContent: false,
  });
}

function publish(unfinished: string, folder: string): void {
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    // Another stack was faster, with the same content.
    if (!existsSync(folder)) throw error;
  }
}

/** Changes with every source file and with the installed packages. */
function sourceHash(): string {
  const hash = createHash('sha256').update(JSON.stringify([MODULE_OPTIONS, ENTRIES, EXTERNAL]));
  const files = SOURCES.flatMap((folder) => sourceFiles(folder)).sort();
  for (const file of [...files, 'node_modules/.package-lock.json']) {
    const path = join(PROJECT_ROOT, file);
    if (existsSync(path)) hash.update(`\0${file}\0`).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 20);
}

function sourceFiles(folder: string): string[] {
  const names = readdirSync(join(PROJECT_ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names.filter((name) => name.endsWith('.ts')).map((name) => join(folder, name));
}

function forgetOldBundles(cache: string): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - changed > FORGOTTEN_AFTER_MS) rmSync(path, { recursive: true, force: true });
  }
}
