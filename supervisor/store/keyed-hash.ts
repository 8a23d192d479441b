/**
 * Hashes of what is not kept: keyed with a random secret of the data folder, so that nobody who has only the database can try all card
 * numbers. HMAC-SHA-256, RFC 2104. Hashes of versions before this one are bare SHA-256 and are still recognised.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Name of the file in the data folder; whoever deletes it makes all older hashes unrecognisable. */
const KEY_FILE = 'hash-key';
const KEY_BYTES = 32;
/** Before it in the store; what begins otherwise is bare SHA-256. */
const KEYED = 'hmac:';

export interface KeyedHash {
  /** Of a text: `hmac:` and 64 hexadecimal digits. */
  of(text: string): string;
  /** Whether a stored hash, of this version or of an older one, is of this text. */
  isOf(hash: string, text: string): boolean;
}

/** With the key of this folder, which is made at the first use. @throws when the file can be neither read nor made */
export function openKeyedHash(folder: string): KeyedHash {
  const file = join(folder, KEY_FILE);
  const key = readKey(file) ?? makeKey(file);
  const of = (text: string): string => KEYED + createHmac('sha256', key).update(text).digest('hex');
  return {
    of,
    isOf: (hash, text) =>
      hash === (hash.startsWith(KEYED) ? of(text) : createHash('sha256').update(text).digest('hex')),
  };
}

/** Undefined where there is none, or less than one: nothing that was hashed with that could be recognised. */
function readKey(file: string): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
    return key.length === KEY_BYTES ? key : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function makeKey(file: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  const whole = `${file}.${process.pid}.new`;
  writeFileSync(whole, `${key.toString('base64url')}\n`, { mode: 0o600, flush: true });
  renameSync(whole, file);
  return key;
}
