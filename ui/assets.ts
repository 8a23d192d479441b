/** The page, built in memory when the server starts: no build step for users, no files to serve. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface PageAsset {
  contentType: string;
  body: Buffer;
  /** Of the content, quotes included. */
  etag: string;
}

/** Path as the browser asks for it → what it gets. */
export type PageAssets = ReadonlyMap<string, PageAsset>;

const SOURCES = { '/': 'index.html', '/icon.svg': 'icon.svg' } as const;
const BUNDLED = { script: 'page.ts', style: 'page.css' } as const;

/**
 * Bundles `ui/page` with esbuild, which is loaded for this and stopped afterwards: no other build may be under way in this process.
 * @param folder where the page's sources are; default: `ui/page` of the package this file belongs to
 * @throws Error when the sources cannot be found or do not compile
 */
export async function buildPage(folder: string = findSources()): Promise<PageAssets> {
  const assets = new Map<string, PageAsset>();
  const [bundles] = await Promise.all([bundle(folder), readSources(folder, assets)]);
  for (const [path, contents] of bundles) assets.set(path, asset(path, contents));
  return assets;
}

async function readSources(folder: string, assets: Map<string, PageAsset>): Promise<void> {
  for (const [path, file] of Object.entries(SOURCES)) assets.set(path, asset(file, await readFile(join(folder, file))));
}

async function bundle(folder: string): Promise<[path: string, contents: Uint8Array][]> {
  const esbuild = await import('esbuild');
  try {
    const { outputFiles } = await esbuild.build({
      entryPoints: Object.values(BUNDLED).map((file) => join(folder, file)),
      bundle: true,
      minify: true,
      write: false,
      outdir: '/',
      format: 'esm',
      target: 'es2022',
      charset: 'utf8',
      logLevel: 'silent',
    });
    return outputFiles.map((file) => [file.path.slice(file.path.lastIndexOf('/')), file.contents]);
  } finally {
    await esbuild.stop();
  }
}

const CONTENT_TYPES: Record<string, string> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

function asset(file: string, contents: Uint8Array): PageAsset {
  const body = Buffer.from(contents);
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const extension = file.slice(file.lastIndexOf('.') + 1);
  return { contentType: CONTENT_TYPES[extension] ?? 'application/octet-stream', body, etag };
}

/** This file may run from a bundle that lies elsewhere in the package, so the folders above it are looked through. */
function findSources(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'ui/page/index.html'))) {
    if (dirname(folder) === folder) throw new Error('the sources of the page (ui/page) were not found');
    folder = dirname(folder);
  }
  return join(folder, 'ui/page');
}
