/** Policies that do not return, in a process of their own: they are named, and the process ends. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { forgetOffence, readOffence } from '../../supervisor/policies/watchdog.ts';
import { type Fixture, startFixture } from '../fixtures/start-fixture.ts';
import { temporaryFolder } from '../store/temporary-store.ts';
import { workerEntries } from './worker-entries.ts';

interface Watched {
  fixture: Fixture;
  /** Where the watchdog writes. */
  folder: string;
}

/** Asks a policy with this `onMessage` in another process; resolves when it is being asked. */
async function asked(onMessage: string, environment: Record<string, string> = {}): Promise<Watched> {
  const store = temporaryFolder();
  const folder = join(store, 'watchdog');
  mkdirSync(folder);
  const policy = join(store, 'mine.mjs');
  writeFileSync(policy, `export default { name: 'mine', onMessage: ${onMessage} }`);
  const given = [store, folder, workerEntries().watchdog, policy];
  const fixture = startFixture('supervisor/watched-policy.ts', given, environment);
  await fixture.printed((line) => line === 'asking');
  return { fixture, folder };
}

test('a policy that loops is named, and the process is killed in about a second', async () => {
  const { fixture, folder } = await asked('() => { for (;;); }');
  const start = performance.now();
  expect(await fixture.ended).toBe('SIGKILL');
  expect(performance.now() - start).toBeLessThan(15_000);
  const offence = { pid: fixture.process.pid, policy: 'mine', version: 'v1', run: 7, state: 'hung' };
  expect(readOffence(folder, false)).toEqual(offence);
  expect(readdirSync(folder)).toEqual(['policy-offence.json']);
  forgetOffence(folder);
  expect(readOffence(folder, true)).toBeUndefined();
});

test('a policy that fills the heap is named, whether it dies of that or is killed for it', async () => {
  const fill = "() => { const kept = []; for (let n = 0; ; n++) kept.push({ n, text: 'n' + n }); }";
  const { fixture, folder } = await asked(fill, { NODE_OPTIONS: '--max-old-space-size=256' });
  const ended = await fixture.ended;
  expect(ended).not.toBe(0);
  expect(readOffence(folder, ended !== 'SIGKILL')).toMatchObject({ policy: 'mine', version: 'v1', run: 7 });
});

test('a policy that is quick leaves nothing', async () => {
  const { fixture, folder } = await asked('() => undefined');
  expect(await fixture.ended).toBe(0);
  expect(readdirSync(folder)).toEqual([]);
});

test('a policy that is slow, but returns, is named meanwhile, not killed and not charged', async () => {
  const slow = `() => {
    const { readdirSync } = process.getBuiltinModule('node:fs');
    while (readdirSync(process.argv[3]).join() !== 'policy-offence.json');
    process.stdout.write('named\\n');
  }`;
  const { fixture, folder } = await asked(slow);
  expect(await fixture.ended).toBe(0);
  expect(fixture.lines).toEqual(['asking', 'named']);
  expect(readdirSync(folder)).toEqual([]);
});

test('a policy that loops is stopped even where its name cannot be written', async () => {
  const { fixture, folder } = await asked('() => { for (;;); }', { FOLDER_GOES: 'yes' });
  expect(await fixture.ended).toBe('SIGKILL');
  expect(existsSync(folder)).toBe(false);
});

test('a slow call counts only when the process died of itself; what cannot be read counts nothing', () => {
  const folder = temporaryFolder();
  expect(readOffence(folder, true)).toBeUndefined();
  const offence = { pid: 1, policy: 'mine', version: 'v1', run: 7, state: 'slow' };
  writeFileSync(join(folder, 'policy-offence.json'), JSON.stringify(offence));
  expect(readOffence(folder, false)).toBeUndefined();
  expect(readOffence(folder, true)).toEqual(offence);
  writeFileSync(join(folder, 'policy-offence.json'), '{"pol');
  expect(readOffence(folder, true)).toBeUndefined();
});
