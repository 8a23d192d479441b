/**
 * The only door to better-sqlite3. Its major 13 crashes on Node 20 and its major 12 aborts on Node 24, so both are optional
 * dependencies and the one that fits this Node is loaded.
 */
import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';

export type Database = Sqlite.Database;

/** The N-API version from which better-sqlite3 13 works. */
const NAPI_OF_MAJOR_13 = 10;

let sqlite: typeof Sqlite | undefined;

function load(): typeof Sqlite {
  const packageName = Number(process.versions.napi) >= NAPI_OF_MAJOR_13 ? 'better-sqlite3' : 'better-sqlite3-12';
  try {
    return createRequire(import.meta.url)(packageName) as typeof Sqlite;
  } catch (error) {
    throw new Error(
      `SQLite cannot be loaded on Node ${process.versions.node}: run "npm ci" again with this version of Node. ` +
        `It may need python3, make and a C++ compiler. (${packageName}: ${(error as Error).message.split('\n')[0]})`,
    );
  }
}

/** Opens a database file. @throws when the file cannot be opened, or SQLite itself cannot be loaded */
export function openDatabase(path: string, options: { readonly?: boolean; timeoutMs?: number } = {}): Database {
  sqlite ??= load();
  return new sqlite(path, { readonly: options.readonly ?? false, timeout: options.timeoutMs ?? 5000 });
}
