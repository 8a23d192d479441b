/** The secret of a data folder: random, made once, readable by its owner only. */
import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const BYTES = 24;

/** The token in the file; undefined when there is none, or nothing of use in it. */
export function readToken(file: string): string | undefined {
  try {
    const token = readFileSync(file, 'utf8').trim();
    return token === '' ? undefined : token;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The token in the file, which is made if need be. The caller holds the lock of the folder. */
export function readOrMakeToken(file: string): string {
  const known = readToken(file);
  if (known !== undefined) return known;
  const token = randomBytes(BYTES).toString('base64url');
  const whole = `${file}.${process.pid}.new`;
  writeFileSync(whole, `${token}\n`, { mode: 0o600 });
  renameSync(whole, file);
  return token;
}
