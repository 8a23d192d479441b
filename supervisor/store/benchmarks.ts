/** Benchmarks: what was asked, how far each is, and what came of it. Its files lie in the data folder. */
import type { Database } from './database.ts';

export type BenchmarkEnd = 'finished' | 'failed' | 'stopped';
/** `stopping`: somebody wants it stopped, and its files are being finished. */
export type BenchmarkState = 'queued' | 'running' | 'stopping' | BenchmarkEnd;

/** Times are milliseconds since 1970. */
export interface BenchmarkRow {
  /** Key in the store. */
  number: number;
  id: string;
  key: string | null;
  /** JSON. */
  request: string;
  state: BenchmarkState;
  /** JSON; null: nothing is measured yet. */
  progress: string | null;
  /** JSON; null: it has not ended, or nothing came of it. */
  result: string | null;
  /** Why it failed, for people. */
  error: string | null;
  /** Seq of its first event. */
  firstSeq: number;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
}

const SELECT = `select number, id, key, request, state, progress, result, error, first_seq as firstSeq,
  created_at as createdAt, started_at as startedAt, ended_at as endedAt from benchmark`;

export type BenchmarkStore = ReturnType<typeof benchmarkStore>;

export function benchmarkStore(database: Database) {
  const insert = database.prepare(
    `insert into benchmark (id, key, request, state, first_seq, created_at) values (?, ?, ?, 'queued', ?, ?)`,
  );
  const byId = database.prepare<[string], BenchmarkRow>(`${SELECT} where id = ?`);
  const byKey = database.prepare<[string], BenchmarkRow>(`${SELECT} where key = ?`);
  const open = database.prepare<[], BenchmarkRow>(`${SELECT} where ended_at is null order by number`);
  const newest = database.prepare<[number], BenchmarkRow>(`${SELECT} order by number desc limit ?`);
  const start = database.prepare(
    `update benchmark set state = 'running', started_at = coalesce(started_at, ?) where number = ? and state = 'queued'`,
  );
  const stopping = database.prepare(
    `update benchmark set state = 'stopping' where number = ? and state in ('queued', 'running')`,
  );
  const progress = database.prepare('update benchmark set progress = ? where number = ? and ended_at is null');
  const end = database.prepare(
    'update benchmark set state = ?, result = ?, error = ?, ended_at = ? where number = ? and ended_at is null',
  );
  return {
    create: ({
      id,
      key,
      request,
      firstSeq,
      createdAt,
    }: Pick<BenchmarkRow, 'id' | 'key' | 'request' | 'firstSeq' | 'createdAt'>) =>
      void insert.run(id, key, request, firstSeq, createdAt),
    byId: (id: string) => byId.get(id),
    byKey: (key: string) => byKey.get(key),
    /** Those that have not ended, oldest first. */
    open: () => open.all(),
    /** At most so many, newest first. */
    newest: (limit: number) => newest.all(limit),
    start: (benchmark: number, now: number) => void start.run(now, benchmark),
    /** One that has ended stays as it is. */
    stopping: (benchmark: number) => void stopping.run(benchmark),
    /** `text`: JSON. */
    progress: (benchmark: number, text: string) => void progress.run(text, benchmark),
    /** `result`: JSON. False when it had ended before. */
    end: (benchmark: number, state: BenchmarkEnd, result: string | null, error: string | null, now: number) =>
      end.run(state, result, error, now, benchmark).changes === 1,
  };
}
