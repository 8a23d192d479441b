/** Node.js and SQLite. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../supervisor/store/database.ts';
import { messageOf } from '../../failure.ts';
import { type Finding, fail, ok } from './finding.ts';

/** Of a major version that is supported from here on; every later major is. */
const LEAST_MINORS: Readonly<Record<number, number>> = { 20: 19, 22: 14 };
const NEWEST_LISTED = 22;

/** Whether this version of Node.js is supported, as `engines` in package.json says. */
export function isSupportedNode(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const least = LEAST_MINORS[major];
  return least === undefined ? major > NEWEST_LISTED : minor >= least;
}

export function checkNode(): Finding {
  const { node } = process.versions;
  const text = `${node} on ${process.platform}`;
  if (process.platform === 'win32') return fail('Node.js', text, 'Windows is supported through WSL only.');
  if (isSupportedNode(node)) return ok('Node.js', text);
  return fail('Node.js', text, 'Use Node.js 20.19 or later, 22.14 or later, or 24.');
}

/** Opens a database file, writes to it and reads it again. */
export function checkSqlite(): Finding {
  const folder = mkdtempSync(join(tmpdir(), 'interject-doctor-'));
  try {
    const database = openDatabase(join(folder, 'try.db'));
    try {
      database.pragma('journal_mode = WAL');
      database.exec('CREATE TABLE try (text TEXT); INSERT INTO try VALUES (sqlite_version())');
      const { text } = database.prepare('SELECT text FROM try').get() as { text: string };
      return ok('SQLite', `${text}, reads and writes`);
    } finally {
      database.close();
    }
  } catch (error) {
    return fail('SQLite', messageOf(error), 'Run "npm ci" with this version of Node.js.');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
