import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { loadConfiguration } from '../../stack/config.ts';
import { findNotPlain } from '../../stack/plain-data.ts';
import { stopBundler } from '../../stack/user-module.ts';
import { temporaryFolder } from './temporary-folder.ts';

afterAll(stopBundler);

/** Writes one file and loads it. */
async function load(content: string, name = 'agents.config.ts') {
  const folder = temporaryFolder();
  writeFileSync(join(folder, name), content);
  return loadConfiguration(name, folder);
}

describe('a configuration file', () => {
  it('is optional', async () => {
    expect(await loadConfiguration(undefined, temporaryFolder())).toBeUndefined();
  });

  it('is found in the folder, may import from interject and from files beside it', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'prompt.ts'), 'export const prompt: string = "Be kind.";');
    writeFileSync(
      join(folder, 'agents.config.ts'),
      `import { defineConfig } from 'interject';
       import { prompt } from './prompt.ts';
       export default defineConfig({ agents: [{ name: 'kind', system: prompt }], options: { port: 9001 } });`,
    );
    expect(await loadConfiguration(undefined, folder)).toMatchObject({
      file: join(folder, 'agents.config.ts'),
      name: 'agents.config.ts',
      agents: [{ name: 'kind', system: 'Be kind.' }],
      options: { port: 9001 },
    });
  });

  it('may be JSON', async () => {
    const loaded = await load('{"$schema": "x", "agents": [{"name": "a"}]}', 'agents.config.json');
    expect(loaded?.agents).toEqual([{ name: 'a', system: '' }]);
  });

  it('takes the address of an Ollama with ollama:// or with its kind', async () => {
    const loaded = await load(
      `export default { backends: [
         { name: 'left', url: 'ollama://' },
         { name: 'right', url: 'ollama://127.0.0.1:11435', model: 'gemma3:4b', gpuGroup: 'card' },
         { name: 'far', kind: 'ollama', url: 'https://gpu.example.org' },
       ], gpuGroups: { card: 2 } }`,
    );
    expect(loaded?.backends).toEqual([
      { name: 'left', kind: 'ollama', url: 'http://127.0.0.1:11434' },
      { name: 'right', kind: 'ollama', url: 'http://127.0.0.1:11435', model: 'gemma3:4b', gpuGroup: 'card' },
      { name: 'far', kind: 'ollama', url: 'https://gpu.example.org' },
    ]);
    expect(loaded?.gpuGroups).toEqual({ card: 2 });
  });

  it('says how far letters between agents go; what it does not say has a default', async () => {
    const loaded = await load('export default { agents: [{ name: "a", contacts: "all" }], mailbox: { hops: 9 } }');
    expect(loaded?.agents).toEqual([{ name: 'a', system: '', contacts: 'all' }]);
    expect(loaded?.mailbox).toEqual({ hops: 9, letters: 32 });
  });

  it.each([
    ['agents: [{ name: "A b" }]', 'agents[0].name: use lower-case letters, digits, - and _ (at most 40).'],
    ['agents: [{}]', 'agents[0].name: is missing.'],
    [
      'agents: [{ name: "a", temprature: 1 }]',
      'agents[0].temprature: there is no such field; did you mean "temperature"?',
    ],
    ['agents: [{ name: "a", temperature: 9 }]', 'agents[0].temperature: expected number to be <=5.'],
    ['agents: [{ name: "a", topP: "high" }]', 'agents[0].topP: expected number, received string.'],
    [
      'agents: [{ name: "a", policies: [3] }]',
      'agents[0].policies[0]: must be a name, a path, or { use, name, options }.',
    ],
    ['agents: []', 'agents: expected array to have >=1 items.'],
    ['backends: [{ name: "b", url: "here" }]', 'backends[0].url: invalid URL.'],
    ['backends: [{ name: "b", url: "ollama://a b" }]', 'backends[0].url: invalid URL.'],
    ['agents: [{ name: "a", contacts: "every" }]', 'agents[0].contacts: must be "all" or a list of agents.'],
    ['mailbox: { hops: 0 }', 'mailbox.hops: expected number to be >=1.'],
    ['mailbox: { hop: 3 }', 'mailbox.hop: there is no such field; did you mean "hops"?'],
    ['gpuGroups: { card: 0 }', 'gpuGroups.card: expected number to be >0.'],
    ['pools: { fast: [] }', 'pools.fast: a pool needs a member: name a backend in it.'],
    ['pools: { "Fast one": ["b"] }', 'pools.Fast one: use lower-case letters, digits, - and _ (at most 40).'],
    ['pools: { fast: "b" }', 'pools.fast: expected array, received string.'],
    ['backend: "x"', 'backend: there is no such field; did you mean "backends"?'],
    ['options: 7', 'options: must be an object like { port: 9000 }.'],
    [
      'agents: [{ name: "a", system: () => "" }]',
      'agents[0].system: a function cannot be handed to another process; use plain data.',
    ],
    ['options: { port: new Date() }', 'options.port: a Date cannot be handed to another process; use plain data.'],
  ])('%s', async (fields, line) => {
    await expect(load(`export default { ${fields} }`)).rejects.toMatchObject({
      message: `agents.config.ts: ${line}`,
      exitCode: 2,
    });
  });

  it('tells all that is wrong at once', async () => {
    const wrong = load('export default { agents: [{ name: "A" }, { name: "b", seed: -1 }], extra: 1 }');
    await expect(wrong).rejects.toMatchObject({
      message: expect.stringMatching(/agents\[0\].*\n.*agents\[1\].*\n.*extra/),
    });
  });

  it.each([
    [
      'export default {,}',
      'agents.config.ts',
      /^agents\.config\.ts cannot be loaded:\n {2}.*agents\.config\.ts:1:17: Expected identifier/,
    ],
    ['import "./nowhere.ts"', 'agents.config.ts', /Could not resolve "\.\/nowhere\.ts"/],
    ['throw new Error("no luck")', 'agents.config.ts', /^agents\.config\.ts failed when it was loaded: no luck$/],
    ['export const agents = []', 'agents.config.ts', /there is no default export; write "export default defineConfig/],
    ['export default []', 'agents.config.ts', /the default export must be an object/],
    ['{"agents": [}', 'my.json', /^my\.json cannot be read: /],
  ])('that cannot be used says why: %s', async (content, name, message) => {
    await expect(load(content, name)).rejects.toMatchObject({ message: expect.stringMatching(message), exitCode: 2 });
  });

  it('that is named but not there says where it was looked for', async () => {
    const folder = temporaryFolder();
    await expect(loadConfiguration('mine.ts', folder)).rejects.toMatchObject({
      message: `mine.ts: there is no such file (looked for ${join(folder, 'mine.ts')}).`,
      exitCode: 2,
    });
  });
});

describe('plain data', () => {
  it('is text, numbers, booleans, null, lists and objects', () => {
    expect(findNotPlain({ a: [1, 'x', true, null, { b: undefined }], c: Object.create(null) })).toBeUndefined();
  });

  it('is nothing else', () => {
    const circle: { inner?: unknown } = {};
    circle.inner = { circle };
    expect(findNotPlain(circle)).toEqual({ field: 'inner.circle', reason: 'refers back to itself' });
    expect(findNotPlain([{ a: Number.NaN }])?.field).toBe('[0].a');
    expect(findNotPlain({ a: 1n })?.reason).toMatch(/a bigint cannot/);
    expect(findNotPlain({ a: Symbol('x') })?.reason).toMatch(/a symbol cannot/);
    expect(findNotPlain({ a: new Map() })?.reason).toMatch(/a Map cannot/);
    expect(findNotPlain({ a: new Proxy({}, {}) })?.reason).toMatch(/a proxy cannot/);
  });
});
