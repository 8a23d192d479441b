import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder, makeDataFolder } from '../../stack/data-folder.ts';
import { makeSocketFolder, socketPath } from '../../stack/socket-path.ts';
import { readOrMakeToken, readToken } from '../../stack/token.ts';
import { temporaryFolder } from './temporary-folder.ts';

describe('the data folder', () => {
  it('is made for its owner only', () => {
    const data = dataFolder(join(temporaryFolder(), 'deep', 'data'));
    makeDataFolder(data);
    expect(statSync(data.folder).mode & 0o777).toBe(0o700);
    makeDataFolder(data);
  });

  it('that cannot be made says so, and what to do', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    expect(() => makeDataFolder(dataFolder(join(file, 'data')))).toThrow(
      /^The data folder .*file\/data cannot be made: .*--data\.$/,
    );
  });
});

describe('the token', () => {
  it('is random, made once, and for its owner only', () => {
    const file = join(temporaryFolder(), 'token');
    expect(readToken(file)).toBeUndefined();
    const token = readOrMakeToken(file);
    expect(token).toMatch(/^[\w-]{32}$/);
    expect(readOrMakeToken(file)).toBe(token);
    expect(readToken(file)).toBe(token);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readOrMakeToken(join(temporaryFolder(), 'token'))).not.toBe(token);
  });

  it('is made anew when the file is empty', () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, '\n');
    const token = readOrMakeToken(file);
    expect(readFileSync(file, 'utf8')).toBe(`${token}\n`);
  });
});

describe('the socket', () => {
  const long = (bytes: number): string => `/${'x'.repeat(bytes - '/'.length - '/interject.sock'.length)}`;

  it('lies in the data folder as long as its path has at most 100 bytes', () => {
    expect(socketPath('/srv/data', {})).toBe('/srv/data/interject.sock');
    expect(Buffer.byteLength(socketPath(long(100), {}))).toBe(100);
    expect(socketPath(long(100), {})).toBe(`${long(100)}/interject.sock`);
  });

  it('lies in a private folder of the runtime directory else, under a name of its own', () => {
    const { uid } = userInfo();
    const path = socketPath(long(101), { XDG_RUNTIME_DIR: '/run/user/7' });
    expect(path).toMatch(new RegExp(`^/run/user/7/interject-${uid}/[0-9a-f]{16}\\.sock$`));
    expect(socketPath(long(102), { XDG_RUNTIME_DIR: '/run/user/7' })).not.toBe(path);
    // Bytes count, not characters.
    expect(socketPath(`/${'ü'.repeat(50)}`, {})).toMatch(new RegExp(`/interject-${uid}/`));
    expect(Buffer.byteLength(socketPath(long(101), { XDG_RUNTIME_DIR: long(99) }))).toBeLessThanOrEqual(100);
  });

  it('is not put into a folder that others can write to, or that is a link', () => {
    const parent = temporaryFolder();
    const own = join(parent, 'own');
    makeSocketFolder(own);
    expect(statSync(own).mode & 0o777).toBe(0o700);
    const open = join(parent, 'open');
    mkdirSync(open);
    chmodSync(open, 0o777);
    expect(() => makeSocketFolder(open)).toThrow('others may write to it');
    const link = join(parent, 'link');
    symlinkSync(own, link);
    expect(() => makeSocketFolder(link)).toThrow('belongs to somebody else');
    expect(existsSync(link)).toBe(true);
  });
});
