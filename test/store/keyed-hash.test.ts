/** Hashes of what is not kept: with the key of their folder, and known again with it only. */
import { createHash } from 'node:crypto';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openKeyedHash } from '../../supervisor/store/keyed-hash.ts';
import { temporaryFolder } from './temporary-store.ts';

const CARD = '4111 1111 1111 1111';

test('the hash of a text cannot be computed without the key of the folder, which only its owner can read', () => {
  const folder = temporaryFolder();
  const hash = openKeyedHash(folder).of(CARD);
  expect(hash).toMatch(/^hmac:[0-9a-f]{64}$/);
  expect(hash).not.toContain(createHash('sha256').update(CARD).digest('hex'));
  expect(statSync(join(folder, 'hash-key')).mode & 0o777).toBe(0o600);
  expect(openKeyedHash(folder).of(CARD)).toBe(hash);
  expect(openKeyedHash(temporaryFolder()).of(CARD)).not.toBe(hash);
});

test('a hash is known again, also a bare one of an older version', () => {
  const folder = temporaryFolder();
  const { of } = openKeyedHash(folder);
  const { isOf } = openKeyedHash(folder);
  const bare = createHash('sha256').update(CARD).digest('hex');
  expect([isOf(of(CARD), CARD), isOf(bare, CARD)]).toEqual([true, true]);
  expect([isOf(of(CARD), '4'), isOf(bare, '4'), isOf('', CARD)]).toEqual([false, false, false]);
});

test('a key file that is damaged is replaced, one that cannot be read is an error', () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'hash-key'), 'short\n');
  const hash = openKeyedHash(folder).of(CARD);
  expect(openKeyedHash(folder).of(CARD)).toBe(hash);
  expect(() => openKeyedHash(join(folder, 'hash-key'))).toThrow('ENOTDIR');
});
