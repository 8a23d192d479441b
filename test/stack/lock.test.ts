import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { acquireLock, isLocked } from '../../stack/lock.ts';
import { startFixture } from '../fixtures/start-fixture.ts';
import { eventually } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

it('is held by one, and free again when that one lets go', () => {
  const file = join(temporaryFolder(), 'lock.db');
  expect(isLocked(file)).toBe(false);
  expect(existsSync(file)).toBe(false);
  const lock = acquireLock(file);
  expect(lock).toBeDefined();
  expect(isLocked(file)).toBe(true);
  expect(acquireLock(file, 0)).toBeUndefined();
  lock?.release();
  expect(isLocked(file)).toBe(false);
});

it('is refused to a second process, stays after garbage collection, and is freed by kill -9', async () => {
  const file = join(temporaryFolder(), 'lock.db');
  const holder = startFixture('stack/lock-holder.ts', [file]);
  await holder.printed((line) => line === 'held');
  const second = startFixture('stack/lock-holder.ts', [file]);
  expect(await second.ended).toBe(0);
  expect(second.lines).toEqual(['refused']);
  expect(acquireLock(file, 0)).toBeUndefined();
  holder.process.kill('SIGKILL');
  const lock = await eventually(() => acquireLock(file, 0));
  lock.release();
});

it('that cannot be used says which file and why', () => {
  const folder = temporaryFolder();
  expect(() => acquireLock(folder)).toThrow(`The lock ${folder} cannot be taken: `);
});
