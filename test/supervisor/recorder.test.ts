/** Record, then tell: held against a second connection that reads the database file as another process would. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { InterjectError } from '../../supervisor/errors.ts';
import type { StoredEvent } from '../../supervisor/events.ts';
import { Recorder } from '../../supervisor/recorder.ts';
import type { Database } from '../../supervisor/store/database.ts';
import { type TemporaryStore, temporaryStore } from '../store/temporary-store.ts';

interface Setting extends TemporaryStore {
  recorder: Recorder;
  /** Batches that were told, each with what the file held at that moment. */
  told: { seqs: (number | undefined)[]; inFile: number[] }[];
  failures: Error[];
  /** What the file holds now, read by the second connection. */
  inFile(): number[];
  record(reason: string): number;
}

function start(): Setting {
  const temporary = temporaryStore();
  const reader = temporary.connect({ readonly: true });
  const seqs = reader.prepare<[], { seq: number }>('select seq from event order by seq');
  const inFile = (): number[] => seqs.all().map(({ seq }) => seq);
  const told: Setting['told'] = [];
  const failures: Error[] = [];
  const recorder = new Recorder(temporary.store, {
    publish: (events) => told.push({ seqs: events.map(({ seq }) => seq), inFile: inFile() }),
    onFailure: (error) => failures.push(error),
  });
  const record = (reason: string): number => recorder.write(() => recorder.event('degraded', {}, { reason }));
  return { ...temporary, recorder, told, failures, inFile, record };
}

const nextTick = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('a tick', () => {
  test('is one commit, told as one batch after it', async () => {
    const { recorder, told, inFile, record } = start();
    for (let event = 0; event < 10; event++) record(`${event}`);
    expect([told.length, inFile().length]).toEqual([0, 0]);
    await recorder.committed();
    const all = Array.from({ length: 10 }, (_, index) => index + 1);
    expect(told).toEqual([{ seqs: all, inFile: all }]);
  });

  test('flush commits what is open now; the tick goes on in another transaction', async () => {
    const { recorder, told, record } = start();
    record('a');
    expect(recorder.flush()).toBe(true);
    record('b');
    await nextTick();
    expect(told.map(({ seqs }) => seqs)).toEqual([[1], [2]]);
    expect(recorder.flush()).toBe(true);
    expect(told).toHaveLength(2);
  });

  test('events say what they are, and a new recorder goes on where the last one ended', () => {
    const { store, recorder, record } = start();
    recorder.write(() => recorder.event('turn-start', { agent: 'a', chat: 'c', run: 'r' }, { turn: 2 }));
    recorder.flush();
    const [event] = store.events.page({}, 0, 9);
    expect(event).toMatchObject({ seq: 1, type: 'turn-start', agent: 'a', chat: 'c', run: 'r' });
    expect(JSON.parse(event?.data ?? '')).toEqual({
      ...{ seq: 1, type: 'turn-start', agent: 'a', chat: 'c', run: 'r', turn: 2 },
      ts: expect.any(Number),
    });
    record('b');
    recorder.flush();
    expect(new Recorder(store, { publish: () => {}, onFailure: () => {} }).lastSeq).toBe(2);
  });

  test('readers and callers are told in this order, and only when something was written', async () => {
    const { recorder, told, record } = start();
    await recorder.committed();
    const order: string[] = [];
    recorder.afterCommit(() => order.push('at once'));
    record('a');
    recorder.afterCommit(() => order.push(`after commit, ${told.length} told`));
    const waited = recorder.committed().then(() => order.push('waiter'));
    expect(order).toEqual(['at once']);
    await waited;
    expect(order).toEqual(['at once', 'after commit, 1 told', 'waiter']);
  });

  test('an announcement has no seq and is not recorded', async () => {
    const { recorder, store, told } = start();
    recorder.announce('held', { run: 'r' }, { turn: 1, characters: 40 });
    await nextTick();
    expect(told.map(({ seqs }) => seqs)).toEqual([[undefined]]);
    expect(store.events.lastSeq()).toBe(0);
  });
});

/** Makes every insert of an event with this reason fail, or the commit after it. */
function sabotage(database: Database, reason: string, when: 'insert' | 'commit'): void {
  const condition = `json_extract(new.data, '$.reason') = '${reason}'`;
  if (when === 'insert') {
    database.exec(`create trigger sabotage before insert on event when ${condition}
      begin select raise(abort, 'no room'); end`);
    return;
  }
  database.exec(`
    create table absent (id integer primary key);
    create table broken (id integer references absent (id) deferrable initially deferred);
    create trigger sabotage after insert on event when ${condition} begin insert into broken values (7); end`);
}

describe.each(['insert', 'commit'] as const)('a failure of the %s', (when) => {
  test('undoes the whole tick: nothing is told, waiters are rejected, the owner hears of it once', async () => {
    const { recorder, connect, told, failures, inFile, record } = start();
    sabotage(connect(), 'bad', when);
    let calledBack = false;
    record('good');
    recorder.afterCommit(() => {
      calledBack = true;
    });
    const waiting = recorder.committed();
    const refused = expect(waiting).rejects.toMatchObject({ code: 'storage_failed' });
    if (when === 'insert') expect(() => record('bad')).toThrow(InterjectError);
    else record('bad');
    await refused;
    await nextTick();
    expect([told, inFile(), calledBack]).toEqual([[], [], false]);
    expect(failures).toHaveLength(1);
  });

  test('is over with its tick: what comes next is recorded with the next seq', async () => {
    const { recorder, connect, told, record } = start();
    record('before');
    recorder.flush();
    sabotage(connect(), 'bad', when);
    try {
      record('bad');
    } catch {}
    recorder.flush();
    await recorder.committed();
    expect(record('after')).toBe(2);
    await recorder.committed();
    expect(told.map(({ seqs }) => seqs)).toEqual([[1], [2]]);
    expect(told[1]?.inFile).toEqual([1, 2]);
  });
});

test('a failed commit is reported to who flushes', () => {
  const { recorder, connect, record } = start();
  sabotage(connect(), 'bad', 'commit');
  record('bad');
  expect(recorder.flush()).toBe(false);
  expect(recorder.lastSeq).toBe(0);
});

test('a database that is gone: every write is refused, nothing is told', async () => {
  const { store, told, failures, record } = start();
  store.close();
  expect(() => record('a')).toThrow(InterjectError);
  expect(() => record('b')).toThrow(/cannot be written/);
  await nextTick();
  expect(told).toEqual([]);
  expect(failures.length).toBeGreaterThanOrEqual(2);
});

test('a database that goes in the middle of a tick: seqs that were given and undone are given again', () => {
  const { recorder, store, record } = start();
  record('a');
  recorder.flush();
  record('b');
  store.close();
  expect(() => record('c')).toThrow(InterjectError);
  expect(recorder.lastSeq).toBe(1);
});

test('whatever is written, flushed, awaited or fails: told = in the file, in order, once', async () => {
  const step = fc.constantFrom('write', 'write', 'write', 'bad', 'flush', 'wait', 'tick');
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.constantFrom('insert' as const, 'commit' as const), play),
    { numRuns: 40 },
  );
});

async function play(steps: string[], when: 'insert' | 'commit'): Promise<void> {
  const { recorder, store, connect, told, inFile, record } = start();
  const saboteur = connect();
  sabotage(saboteur, 'bad', when);
  const acknowledged: number[] = [];
  const actions: Record<string, () => unknown> = {
    write: () => {
      const seq = record('good');
      recorder.committed().then(
        () => acknowledged.push(seq),
        () => {},
      );
    },
    bad: () => record('bad'),
    flush: () => recorder.flush(),
    wait: () => recorder.committed().catch(() => {}),
    tick: nextTick,
  };
  for (const step of steps) await Promise.resolve(attempt(actions[step]));
  await nextTick();
  const seqs = told.flatMap((batch) => batch.seqs) as number[];
  expect(seqs).toEqual(inFile());
  expect(acknowledged).toEqual(seqs);
  for (const batch of told) expect(batch.inFile).toEqual(expect.arrayContaining(batch.seqs));
  store.close();
  saboteur.close();
}

function attempt(action: (() => unknown) | undefined): unknown {
  try {
    return action?.();
  } catch (error) {
    expect(error).toMatchObject({ code: 'storage_failed' });
    return undefined;
  }
}

test('a batch is what readers get: the same events as in the store', async () => {
  const { store } = start();
  const batches: (readonly StoredEvent[])[] = [];
  const recorder = new Recorder(store, { publish: (events) => batches.push(events), onFailure: () => {} });
  recorder.write(() => recorder.event('run-start', { agent: 'a', chat: 'c', run: 'r' }, { queue_ms: 1 }));
  recorder.write(() => recorder.event('agent-ready', { agent: 'a' }, { incarnation: 'i' }));
  await recorder.committed();
  expect(batches).toEqual([store.events.page({}, 0, 9)]);
});
