/** A writer that is killed, in the middle of a transaction or anywhere: what was told is there, and no half transaction. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../supervisor/store/store.ts';
import { startFixture } from '../fixtures/start-fixture.ts';
import { connectTo, temporaryFolder } from './temporary-store.ts';

const WRITER = 'supervisor/store-writer.ts';

/** Seqs that are in the database after it was opened as a supervisor opens it. */
function recorded(path: string): number[] {
  openStore(path, 'normal').close();
  const rows = connectTo(path).prepare<[], { seq: number }>('select seq from event order by seq').all();
  return rows.map(({ seq }) => seq);
}

test('kill -9 in the middle of a transaction: exactly what was told is there', async () => {
  const path = join(temporaryFolder(), 'interject.db');
  const writer = startFixture(WRITER, [path, '20']);
  await writer.printed((line) => line === 'in the middle');
  writer.process.kill('SIGKILL');
  expect(await writer.ended).toBe('SIGKILL');
  const told = writer.lines.filter((line) => line !== 'in the middle').map(Number);
  expect(told).toHaveLength(19 * 3);
  expect(recorded(path)).toEqual(told);
});

test('kill -9 anywhere: everything told is there, whole transactions only', async () => {
  const path = join(temporaryFolder(), 'interject.db');
  for (let kills = 0; kills < 2; kills++) {
    const writer = startFixture(WRITER, [path]);
    await writer.printed((line) => Number(line) % 3000 >= 1000);
    writer.process.kill('SIGKILL');
    expect(await writer.ended).toBe('SIGKILL');
    const there = recorded(path);
    expect(there.length % 3).toBe(0);
    expect(there).toEqual(there.map((_, index) => index + 1));
    expect(there.length).toBeGreaterThanOrEqual(Math.max(...writer.lines.map(Number)));
  }
});
