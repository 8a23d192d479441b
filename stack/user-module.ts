/**
 * Bundles a module that a user wrote (configuration or policy) into one text: whatever folder it lies in, `import … from 'interject'`
 * works, TypeScript works, and what it imports comes along. Only Node's own modules stay outside.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildFailure, BuildOptions, Plugin } from 'esbuild';
import { MODULE_OPTIONS, requireFrom } from './bundle-options.ts';
import { usageFailure } from './failure.ts';
import { PROJECT_ROOT } from './project.ts';

/** Of the errors in a module this many are told. */
const MOST_ERRORS = 5;

export interface UserModule {
  /** ES module. */
  code: string;
  /** Source map as JSON. */
  map: string;
  /** Absolute paths of all files it was made of. */
  inputs: string[];
}

/**
 * `shownAs`: the file as the user named it.
 * @throws Failure (exit code 2) that names the file, the line and the reason; its `inputs` are files that may mend it
 */
export async function bundleUserModule(path: string, shownAs: string): Promise<UserModule> {
  mustBeReadable(path, shownAs);
  const esbuild = await import('esbuild');
  const result = await esbuild.build(buildOptions(path)).catch(async (error: BuildFailure) => {
    const failure = usageFailure(`${shownAs} cannot be loaded:\n${describe(error, dirname(path))}`);
    throw Object.assign(failure, { inputs: await wantedFiles(path) });
  });
  const output = (end: string): string => result.outputFiles.find((file) => file.path.endsWith(end))?.text ?? '';
  const inputs = Object.keys(result.metafile.inputs).map((input) => resolve(dirname(path), input));
  return { code: output('.mjs'), map: output('.map'), inputs };
}

function buildOptions(path: string) {
  const url = JSON.stringify(pathToFileURL(path).href);
  return {
    ...MODULE_OPTIONS,
    banner: requireFrom(url),
    entryPoints: [path],
    absWorkingDir: dirname(path),
    outfile: `${path}.bundle.mjs`,
    write: false,
    sourcemap: 'external',
    metafile: true,
    alias: { interject: join(PROJECT_ROOT, 'stack/index.ts') },
    // The bundle lies elsewhere; what reads a file beside itself must still find it.
    define: { 'import.meta.url': url, 'import.meta.dirname': JSON.stringify(dirname(path)) },
  } satisfies BuildOptions;
}

/** Where a module that cannot be bundled, and what it imports, look for files of the user's; absolute paths. */
async function wantedFiles(path: string): Promise<string[]> {
  const { build } = await import('esbuild');
  const wanted: string[] = [path];
  const note: Plugin = {
    name: 'wanted-files',
    setup({ onResolve }) {
      onResolve({ filter: /^\.\.?\// }, ({ path: file, resolveDir, kind }) => {
        if (kind !== 'entry-point') wanted.push(...spellings(resolve(resolveDir, file)));
        return undefined;
      });
    },
  };
  await build({ ...buildOptions(path), plugins: [note] }).catch(() => undefined);
  return wanted;
}

/** The files that an import may mean. */
function spellings(path: string): string[] {
  return [
    path,
    path.replace(/\.(m?)js$/, '.$1ts'),
    ...['.ts', '.mts', '.js', '.mjs', '.json'].map((end) => path + end),
  ];
}

function mustBeReadable(path: string, shownAs: string): void {
  try {
    readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'it may not be read' }[
      code ?? ''
    ];
    throw usageFailure(`${shownAs}: ${reason ?? code} (looked for ${path}).`);
  }
}

function describe(error: BuildFailure, folder: string): string {
  const errors = error.errors ?? [];
  if (errors.length === 0) return `  ${error.message}`;
  const lines = errors.slice(0, MOST_ERRORS).map(({ location, text }) => {
    if (location === null) return text;
    return `${shortPath(resolve(folder, location.file))}:${location.line}:${location.column + 1}: ${text}`;
  });
  return lines.map((line) => `  ${line}`).join('\n');
}

function shortPath(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}

/** Ends the bundler's own process. To be called when nothing is being bundled any more; without it nothing happens. */
export async function stopBundler(): Promise<void> {
  const esbuild = await import('esbuild');
  await esbuild.stop();
}
