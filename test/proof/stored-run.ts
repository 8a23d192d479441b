/** What the database of a stack holds of a run, read from the file itself on a read-only connection. */
import { join } from 'node:path';
import { type Database, openDatabase } from '../../supervisor/store/database.ts';

export interface HistoryLine {
  role: 'user' | 'assistant' | 'supervisor';
  content: string;
  reasoning: string | null;
  turn: number;
  status: string;
}

export interface StoredRun {
  content: string;
  status: string;
  reason: string | null;
  history: HistoryLine[];
  events: { seq: number; type: string; data: string }[];
  turns: { number: number; outcome: string | null }[];
  inbox: { kind: string; state: string }[];
}

/** Runs `work` on the database in this data folder. */
export function readDatabase<T>(data: string, work: (database: Database) => T): T {
  const database = openDatabase(join(data, 'interject.db'), { readonly: true });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** @throws Error when there is no such run */
export function readRun(data: string, id: string): StoredRun {
  return readDatabase(data, (database) => {
    const run = database.prepare('select number, content, status, reason from run where id = ?').get(id) as
      | (Pick<StoredRun, 'content' | 'status' | 'reason'> & { number: number })
      | undefined;
    if (run === undefined) throw new Error(`run ${id} is not stored`);
    const { number, ...row } = run;
    const rows = (sql: string, key: number | string): unknown[] => database.prepare(sql).all(key);
    return {
      ...row,
      history: rows(HISTORY, number) as HistoryLine[],
      events: rows('select seq, type, data from event where run = ? order by seq', id) as StoredRun['events'],
      turns: rows('select number, outcome from turn where run = ? order by number', number) as StoredRun['turns'],
      inbox: rows('select kind, state from inbox where run = ? order by id', number) as StoredRun['inbox'],
    };
  });
}

const HISTORY = 'select role, content, reasoning, turn, status from chat_history where run = ? order by id';
