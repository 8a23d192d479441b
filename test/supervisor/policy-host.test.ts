/** Which policies are in force, for whom, and which are not asked any more. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PolicyHost } from '../../supervisor/policies/host.ts';
import { Watchdog } from '../../supervisor/policies/watchdog.ts';
import type { PolicySource } from '../../supervisor/settings.ts';
import type { Store } from '../../supervisor/store/store.ts';
import { temporaryFolder, temporaryStore, transact } from '../store/temporary-store.ts';
import { workerEntries } from './worker-entries.ts';

interface Setting {
  store: Store;
  host: PolicyHost;
  /** Of the policy files: 1.mjs, 2.mjs … */
  folder: string;
  /** Loads a policy from this text. */
  load(use: string, text: string, changes?: Partial<PolicySource>): Promise<void>;
}

function start(): Setting {
  const { store } = temporaryStore();
  const folder = temporaryFolder();
  const watchdog = new Watchdog(folder, workerEntries().watchdog);
  onTestFinished(() => watchdog.close());
  const host = new PolicyHost(watchdog, store.offences);
  let files = 0;
  const load = (use: string, text: string, changes: Partial<PolicySource> = {}): Promise<void> => {
    mkdirSync(folder, { recursive: true });
    const file = join(folder, `${++files}.mjs`);
    writeFileSync(file, text);
    return host.load({ use, file, version: 'v1', ...changes });
  };
  return { store, host, folder, load };
}

const named = (name: string, hooks = 'onMessage: () => undefined'): string =>
  `export default { name: '${name}', ${hooks} }`;

describe('loading', () => {
  test('built-in ones by name, own ones from files, asked in this order', async () => {
    const { host, load } = start();
    await load('./a.ts', named('a'));
    await host.load({ use: 'error-keyword' });
    await load('./b.ts', named('b'), { agents: ['analyst'] });
    expect(host.of('assistant').map(({ name }) => name)).toEqual(['a', 'error-keyword']);
    expect(host.of('analyst').map(({ name }) => name)).toEqual(['a', 'error-keyword', 'b']);
    expect(host.versionsOf('analyst')).toBe('a@v1 error-keyword@built-in b@v1');
    expect(host.views(['assistant', 'analyst', 'clerk'])).toMatchObject([
      { name: 'a', version: 'v1', quarantined: false },
      { name: 'error-keyword', version: 'built-in', quarantined: false },
      { name: 'b', version: 'v1', quarantined: false },
    ]);
  });

  test.each([
    ['a file that throws', './mine.ts', 'throw new Error("on strike")', './mine.ts: on strike'],
    ['a file that is no JavaScript', './mine.ts', 'export default {', './mine.ts: '],
    ['no default export', './mine.ts', 'export const policy = 1', 'it is missing'],
    ['no policy', './mine.ts', 'export default { name: "mine" }', 'none of the hooks'],
  ])('%s is refused with the reason', async (_, use, text, message) => {
    const { load } = start();
    await expect(load(use, text)).rejects.toThrow(message);
    await expect(load(use, text)).rejects.toMatchObject({ name: 'PolicyLoadError' });
  });

  test('a built-in name that does not exist is refused', async () => {
    const { host } = start();
    await expect(host.load({ use: 'no-such' })).rejects.toThrow('no built-in policy');
  });

  test('two policies of one name would not be told apart', async () => {
    const { load } = start();
    await load('./one.ts', named('same'));
    await expect(load('./two.ts', named('same'), { version: 'v2' })).rejects.toThrow('called "same" too');
    await expect(load('./one.ts', named('same'))).rejects.toThrow('called "same" too');
  });

  test('one policy in the lists of several agents is one policy', async () => {
    const { host, load } = start();
    await host.load({ use: 'error-keyword', agents: ['assistant'] });
    await load('./mine.ts', named('mine'), { agents: ['assistant'] });
    await host.load({ use: 'error-keyword', agents: ['analyst'] });
    await load('./mine.ts', named('mine'), { agents: ['clerk', 'analyst'] });
    expect(host.of('assistant').map(({ name }) => name)).toEqual(['error-keyword', 'mine']);
    expect(host.of('analyst').map(({ name }) => name)).toEqual(['error-keyword', 'mine']);
    expect(host.of('clerk').map(({ name }) => name)).toEqual(['mine']);
    expect(host.views(['assistant', 'analyst', 'clerk']).map(({ name }) => name)).toEqual(['error-keyword', 'mine']);
  });
});

describe('the configuration and the policy together', () => {
  test('options are part of the version', async () => {
    const { host, load } = start();
    const text = `const options = { safeParse: (data) => ({ success: true, data }) };
      export default { name: 'mine', options, create: () => ({ onMessage: () => undefined }) };`;
    await load('./mine.ts', text, { name: 'one', options: { words: ['a'] } });
    await load('./mine.ts', text, { name: 'two', options: { words: ['b'] } });
    await load('./mine.ts', text, { name: 'three' });
    const versions = host.of('assistant').map(({ version }) => version);
    expect(versions).toEqual([
      expect.stringMatching(/^v1\+[0-9a-f]{8}$/),
      expect.stringMatching(/^v1\+[0-9a-f]{8}$/),
      'v1',
    ]);
    expect(new Set(versions).size).toBe(3);
    const again = { name: 'three', options: { words: ['c'] } };
    await expect(load('./mine.ts', text, again)).rejects.toThrow("{ use: './mine.ts', name: 'three-2' }");
  });

  test('agents that a policy names itself limit those that the configuration has it for', async () => {
    const { host, load } = start();
    await load('./mine.ts', named('mine', `agents: ['analyst', 'clerk'], onMessage: () => undefined`), {
      agents: ['assistant', 'analyst'],
    });
    const agents = ['assistant', 'analyst', 'clerk'];
    expect(agents.filter((agent) => host.of(agent).length > 0)).toEqual(['analyst']);
    expect(host.views(agents)).toMatchObject([{ agents: ['analyst'] }]);
  });

  test('another version takes the place of one; turns that began with the old one get it again', async () => {
    const { host, load, folder } = start();
    await load('./mine.ts', named('mine'));
    const recorded = host.versionsOf('assistant');
    const [place] = host.places;
    if (place === undefined) throw new Error('one was loaded');
    await host.replace(place, { ...place.source, version: 'v2' });
    expect(host.versionsOf('assistant')).toBe('mine@v2');
    expect(host.recorded('assistant', recorded)).toMatchObject([{ version: 'v2' }]);
    await host.loadOlder([recorded], () => join(folder, '1.mjs'));
    expect(host.recorded('assistant', recorded)).toMatchObject([{ version: 'v1' }]);
    await expect(host.replace(place, { ...place.source, file: '/nowhere.mjs', version: 'v3' })).rejects.toThrow();
    expect(host.versionsOf('assistant')).toBe('mine@v2');
  });
});

describe('judging', () => {
  const message = { content: 'hello', role: 'user', agent: 'assistant', chat: 'main', run: 'r' } as const;

  test('a verdict comes back checked; a failure is named', async () => {
    const { host, load } = start();
    await load('./good.ts', named('good', `onMessage: () => ({ action: 'block', reason: 'no' })`));
    await load('./bad.ts', named('bad', 'onMessage: () => 42'));
    const [good, bad] = host.of('assistant');
    if (good === undefined || bad === undefined) throw new Error('two were loaded');
    const judge = host.judgeOf(1);
    expect(judge(good, 'onMessage', message)).toEqual([{ action: 'block', reason: 'no' }]);
    expect(() => judge(bad, 'onMessage', message)).toThrow('policy bad failed in onMessage: it returned a number');
  });
});

describe('quarantine', () => {
  const offend = (store: Store, policy: string): void =>
    transact(store, () => {
      for (const now of [1, 2]) store.offences.count(policy, 'v1', now);
    });

  test('a version that hung twice while it judged is loaded, but shown and named as in quarantine', async () => {
    const { store, host, load } = start();
    offend(store, 'mine');
    await load('./mine.ts', named('mine'));
    expect(host.quarantinedOf('assistant')).toMatchObject({ name: 'mine', version: 'v1' });
    expect(host.views(['assistant', 'analyst', 'clerk'])).toMatchObject([
      { name: 'mine', version: 'v1', quarantined: true },
    ]);
  });

  test('another version of it is not, and agents that it does not judge are not concerned', async () => {
    const { store, host, load } = start();
    offend(store, 'mine');
    offend(store, 'other');
    await load('./mine.ts', named('mine'), { version: 'v2' });
    await load('./other.ts', named('other'), { agents: ['analyst'] });
    expect(host.quarantinedOf('assistant')).toBeUndefined();
    expect(host.quarantinedOf('analyst')).toMatchObject({ name: 'other' });
  });

  test('a version that hung twice while it was loaded is not loaded again', async () => {
    const { store, host, load } = start();
    offend(store, './mine.ts');
    await load('./mine.ts', 'for (;;);');
    expect(host.quarantinedOf('assistant')).toMatchObject({ name: './mine.ts', version: 'v1' });
  });
});
