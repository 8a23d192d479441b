/** The page is built from its sources. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildPage } from '../../ui/assets.ts';

test('every asset has its type and an etag of its content', async () => {
  const page = await buildPage();
  const types = Object.fromEntries([...page].map(([path, { contentType }]) => [path, contentType.split(';')[0]]));
  expect(types).toEqual({
    '/': 'text/html',
    '/page.js': 'text/javascript',
    '/page.css': 'text/css',
    '/icon.svg': 'image/svg+xml',
  });
  const again = await buildPage();
  for (const [path, { etag }] of page) expect(again.get(path)?.etag).toBe(etag);
  expect(new Set([...page.values()].map(({ etag }) => etag)).size).toBe(page.size);
});

test('the script brings no library along and reads no text as HTML', async () => {
  const script = String((await buildPage()).get('/page.js')?.body);
  expect(script.length).toBeLessThan(30_000);
  expect(script).not.toMatch(/innerHTML|insertAdjacentHTML|document\.write|eval\(/);
});

test('sources that are missing are named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'interject-page-'));
  await expect(buildPage(folder)).rejects.toThrow(/page\.ts|index\.html/);
  await rm(folder, { recursive: true });
});
