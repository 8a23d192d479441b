import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleEntries, ENTRIES } from '../../stack/bundle.ts';
import { bundlePolicy } from '../../stack/policy-bundle.ts';
import { PROJECT_ROOT } from '../../stack/project.ts';
import { stopBundler } from '../../stack/user-module.ts';
import { temporaryFolder } from './temporary-folder.ts';

afterAll(stopBundler);

describe('the programs of the stack', () => {
  it('are bundled into the cache of the package, each with a source map', async () => {
    const folder = await bundleEntries();
    expect(folder.startsWith(join(PROJECT_ROOT, 'node_modules/.cache/interject/'))).toBe(true);
    for (const entry of Object.keys(ENTRIES)) {
      expect(existsSync(join(folder, `${entry}.mjs`)), entry).toBe(true);
      expect(existsSync(join(folder, `${entry}.mjs.map`)), entry).toBe(true);
    }
    expect(await bundleEntries()).toBe(folder);
  });

  it('can be bundled by several at once, and are forgotten when nobody has used them for a month', async () => {
    const cache = temporaryFolder();
    const old = join(cache, 'old');
    mkdirSync(old);
    utimesSync(old, 0, 0);
    const folders = await Promise.all([bundleEntries(cache), bundleEntries(cache), bundleEntries(cache)]);
    const names = new Set(folders.map((folder) => basename(folder)));
    expect(readdirSync(cache)).toEqual([...names]);
    expect(names.size).toBe(1);
    expect(existsSync(join(folders[0], 'supervisor.mjs'))).toBe(true);
  });

  it('keep an agent small: no schema library and no web framework in it', async () => {
    const agent = readFileSync(join(await bundleEntries(), 'agent.mjs'), 'utf8');
    expect(agent.length).toBeLessThan(160_000);
    expect(agent).not.toMatch(/ZodError|FST_ERR/);
  });
});

describe('a policy file', () => {
  function project(files: Record<string, string>) {
    const folder = temporaryFolder();
    const bundles = join(folder, 'bundles');
    mkdirSync(bundles);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    return { folder, bundle: (name: string) => bundlePolicy(join(folder, name), `./${name}`, bundles) };
  }

  it('is bundled with what it imports, under the hash of its content', async () => {
    const { folder, bundle } = project({
      'policy.ts': `import { definePolicy } from 'interject';
        import { basename } from 'node:path';
        import { WORD } from './word.ts';
        export default definePolicy({ name: basename('/x/words'), onText: ({ text }) => text.includes(WORD) ? { action: 'cut', reason: WORD } : undefined });`,
      'word.ts': `export const WORD: string = 'first';`,
    });
    const { file, version, inputs } = await bundle('policy.ts');
    expect(file).toBe(join(folder, 'bundles', `${version}.mjs`));
    expect(inputs).toEqual(expect.arrayContaining([join(folder, 'policy.ts'), join(folder, 'word.ts')]));
    const policy = (await import(file)).default;
    expect(policy.name).toBe('words');
    expect(policy.onText({ text: 'the first one' })).toEqual({ action: 'cut', reason: 'first' });
    expect((await bundle('policy.ts')).version).toBe(version);
    writeFileSync(join(folder, 'word.ts'), `export const WORD: string = 'second';`);
    expect((await bundle('policy.ts')).version).not.toBe(version);
  });

  it('finds the files beside it', async () => {
    const { bundle } = project({
      'words.txt': 'one two',
      'policy.mjs': `import { readFileSync } from 'node:fs';
        const words = readFileSync(new URL('./words.txt', import.meta.url), 'utf8').split(' ');
        export default { name: 'w', onText: () => words };`,
    });
    expect((await import((await bundle('policy.mjs')).file)).default.onText()).toEqual(['one', 'two']);
  });

  it.each([
    [
      'broken.ts',
      'export default {\n  name: 5 5\n}',
      /^policy \.\/broken\.ts cannot be loaded:\n {2}.*broken\.ts:2:11: Expected "}" but found "5"$/,
    ],
    ['lost.ts', 'import x from "./nowhere.ts"; export default x', /lost\.ts:1:15: Could not resolve "\.\/nowhere\.ts"/],
    ['foreign.ts', 'import x from "no-such-package"; export default x', /Could not resolve "no-such-package"/],
  ])('that does not compile names file, line and reason: %s', async (name, content, message) => {
    const { bundle } = project({ [name]: content });
    await expect(bundle(name)).rejects.toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
  });

  it('that is not there says where it was looked for', async () => {
    const { folder, bundle } = project({});
    await expect(bundle('nowhere.ts')).rejects.toMatchObject({
      message: `policy ./nowhere.ts: there is no such file (looked for ${join(folder, 'nowhere.ts')}).`,
      exitCode: 2,
    });
  });
});
