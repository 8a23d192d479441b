import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startOfLast } from '../../../stack/commands/logs/last-lines.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** Lines of very different lengths, so that blocks end at every place of a line. */
function lines(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${index}:${'x'.repeat((index * 7919) % 30_011)}`);
}

it('finds the same place as one who reads all of it', async () => {
  const all = lines(200);
  for (const ending of ['\n', '']) {
    const text = all.join('\n') + ending;
    const file = await open(join(temporaryFolder(), 'log'), 'w+');
    await file.write(text);
    const isWanted = (line: Buffer): boolean => /^\d*[02468]:/.test(line.toString());
    const wanted = all.filter((line) => isWanted(Buffer.from(line)));
    for (let count = 0; count <= wanted.length + 1; count++) {
      const start = await startOfLast(file, text.length, count, isWanted);
      const found = text
        .slice(start)
        .split('\n')
        .filter((line) => isWanted(Buffer.from(line)));
      expect(found).toEqual(count === 0 ? [] : wanted.slice(-count));
      if (count > 0 && count < wanted.length) expect(text.slice(start).startsWith(wanted.at(-count) ?? '')).toBe(true);
    }
    await file.close();
  }
});

it('does not send its reader through all of a file for few lines or none', async () => {
  const all = lines(200);
  const text = `${all.join('\n')}\n`;
  const file = await open(join(temporaryFolder(), 'log'), 'w+');
  await file.write(text);
  const startOf = (...wanted: string[]) =>
    startOfLast(file, text.length, 5, (line) => wanted.includes(line.toString()));
  const [first = '', ninth = '', last = ''] = [all[0], all[8], all[199]];
  expect(await startOf()).toBe(text.indexOf(last));
  expect(await startOf(ninth)).toBe(text.indexOf(ninth));
  expect(await startOf(ninth, first)).toBe(0);
  await file.close();
});
