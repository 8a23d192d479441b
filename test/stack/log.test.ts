import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { createLog } from '../../stack/log.ts';
import { searchableSecrets } from '../../stack/redact.ts';
import { translateLocations } from '../../stack/source-locations.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SECRET = 'a-secret-nobody-may-read';

describe('the log', () => {
  function logAt(level: string) {
    const file = join(temporaryFolder(), 'interject.log');
    const log = createLog({ file, level }, 'somebody', [SECRET]);
    const lines = () =>
      readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    return { file, log, lines };
  }

  it('writes lines of JSON with level, time, process and name, for the owner only', () => {
    const { file, log, lines } = logAt('info');
    log.info({ agent: 'a' }, 'it happened');
    log.debug({}, 'not shown');
    log.error({ err: new TypeError('no good') }, 'it broke');
    expect(lines()).toEqual([
      { level: 30, time: expect.any(Number), pid: process.pid, name: 'somebody', agent: 'a', msg: 'it happened' },
      expect.objectContaining({
        level: 50,
        msg: 'it broke',
        err: expect.objectContaining({ type: 'TypeError', message: 'no good' }),
      }),
    ]);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('shows no secrets, at any depth and in any text', () => {
    const { file, log, lines } = logAt('debug');
    const request = { headers: { authorization: 'Bearer x', cookie: 'c=1', accept: 'text/html' }, apiKey: 'k' };
    log.info({ token: 't', request, list: [{ password: 'p' }] }, `with ${SECRET} in it`);
    log.error({ err: new Error(`and ${SECRET} here`) }, 'failed');
    expect(readFileSync(file, 'utf8')).not.toContain(SECRET);
    expect(lines()[0]).toMatchObject({
      token: '[redacted]',
      request: {
        headers: { authorization: '[redacted]', cookie: '[redacted]', accept: 'text/html' },
        apiKey: '[redacted]',
      },
      list: [{ password: '[redacted]' }],
      msg: 'with [redacted] in it',
    });
  });

  it.runIf(existsSync('/dev/full'))('does not mind a full disk', () => {
    const log = createLog({ file: '/dev/full', level: 'info' }, 'somebody', []);
    expect(() => log.info({}, 'x'.repeat(100_000))).not.toThrow();
  });

  it('shows contents of messages at debug only', () => {
    for (const [level, shown] of [
      ['info', '[redacted]'],
      ['debug', 'hello'],
    ] as const) {
      const { log, lines } = logAt(level);
      log.warn({ content: 'hello', run: { text: 'hello', id: 'r1' } }, 'about a message');
      expect(lines()[0]).toMatchObject({ content: shown, run: { text: shown, id: 'r1' } });
    }
  });
});

it('two processes can append to one file', () => {
  const file = join(temporaryFolder(), 'interject.log');
  const logs = [createLog({ file, level: 'info' }, 'a', []), createLog({ file, level: 'info' }, 'b', [])];
  for (let count = 0; count < 100; count++) logs[count % 2]?.info({ count }, 'x');
  const counts = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).count);
  expect(counts).toEqual(Array.from({ length: 100 }, (_, count) => count));
});

it('short values are no secrets to search for', () => {
  expect(searchableSecrets(['abc', undefined, SECRET])).toEqual([SECRET]);
});

it('places in a bundle are translated to places in the sources', async () => {
  const folder = temporaryFolder();
  const source = join(folder, 'thrower.ts');
  writeFileSync(source, `\n\nexport function thrower(): never {\n  throw new Error('here');\n}\nthrower();\n`);
  const outfile = join(folder, 'out', 'bundle.mjs');
  await build({
    entryPoints: [source],
    outfile,
    bundle: true,
    format: 'esm',
    minifyWhitespace: true,
    sourcemap: 'external',
  });
  const error = await import(outfile).catch((thrown: Error) => thrown);
  expect(error.stack).toContain('bundle.mjs:');
  const translated = translateLocations(error.stack);
  expect(translated).toContain(`${source}:4:`);
  expect(translated).not.toContain('bundle.mjs');
  expect(translateLocations('at /no/such.mjs:1:2 and more')).toBe('at /no/such.mjs:1:2 and more');
});
