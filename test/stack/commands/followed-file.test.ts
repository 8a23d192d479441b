/** A file that is truncated at the worst moments: nothing is lost, and nothing is told twice. */
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FollowedFile } from '../../../stack/commands/logs/followed-file.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A file that changes just before its reader asks the system for the `count`-th time. */
function changedBefore(file: FileHandle, count: number, change: () => void): FileHandle {
  let asked = 0;
  return new Proxy(file, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (++asked === count) change();
        return Reflect.apply(value, target, given) as unknown;
      };
    },
  });
}

async function linesOf(file: FollowedFile): Promise<string[]> {
  const lines: string[] = [];
  for await (const block of file.added()) lines.push(...block.map(String));
  return lines;
}

test.each([1, 2, 3, 4])('truncated, and longer than before, when it is asked for the %d. time', async (count) => {
  const path = join(temporaryFolder(), 'log');
  writeFileSync(path, 'line 0\n');
  const handle = await open(path);
  const change = (): void => {
    truncateSync(path);
    appendFileSync(path, 'line 1\nline 2\nline 3\n');
  };
  const file = new FollowedFile(changedBefore(handle, count, change), 'it', 0);
  const before = await linesOf(file);
  const after = [...(await linesOf(file)), ...(await linesOf(file))];
  await file.close();
  // One that was truncated before it was read at all had other lines than these.
  expect([...before, ...after]).toEqual([...(count === 1 ? [] : ['line 0']), 'line 1', 'line 2', 'line 3']);
});
