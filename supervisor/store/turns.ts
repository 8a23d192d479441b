/** Turns: one row for each model call of a run. */
import type { Usage } from '../../agent/backend/backend.ts';
import type { Database } from './database.ts';

export type TurnOutcome = 'finished' | 'cut' | 'interrupted' | 'failed';

export interface OpenTurnRow {
  number: number;
  incarnation: string;
  policies: string;
  /** Name of the backend that was asked; null in rows of the first versions. */
  backend: string | null;
}

export interface NewTurn {
  run: number;
  number: number;
  incarnation: string;
  policies: string;
  backend: string;
  now: number;
}

export type TurnStore = ReturnType<typeof turnStore>;

export function turnStore(database: Database) {
  const insert = database.prepare(
    'insert into turn (run, number, incarnation, policies, backend, started_at) values (?, ?, ?, ?, ?, ?)',
  );
  const end = database.prepare(
    'update turn set outcome = ?, ended_at = ? where run = ? and number = ? and outcome is null',
  );
  const setUsage = database.prepare(
    'update turn set prompt_tokens = ?, completion_tokens = ?, cached_tokens = ? where run = ? and number = ?',
  );
  const last = database.prepare<[number], { number: number | null }>(
    'select max(number) as number from turn where run = ?',
  );
  const open = database.prepare<[number], OpenTurnRow>(
    'select number, incarnation, policies, backend from turn where run = ? and outcome is null',
  );
  const openVersions = database.prepare<[], { policies: string }>(
    'select distinct policies from turn where outcome is null',
  );
  const usage = database.prepare<[number], Usage>(
    `select coalesce(sum(prompt_tokens), 0) as promptTokens, coalesce(sum(completion_tokens), 0) as completionTokens,
      coalesce(sum(cached_tokens), 0) as cachedTokens from turn where run = ?`,
  );
  return {
    start: ({ run, number, incarnation, policies, backend, now }: NewTurn) =>
      void insert.run(run, number, incarnation, policies, backend, now),
    end: (run: number, number: number, outcome: TurnOutcome, now: number) => void end.run(outcome, now, run, number),
    setUsage: (run: number, number: number, counted: Usage) =>
      void setUsage.run(counted.promptTokens, counted.completionTokens, counted.cachedTokens, run, number),
    /** Number of the newest turn of a run; 0 before the first. */
    last: (run: number) => last.get(run)?.number ?? 0,
    /** The turn that has not ended, if there is one. */
    open: (run: number) => open.get(run),
    /** The policies, with their versions, that turns began with which have not ended. */
    openVersions: () => openVersions.all().map(({ policies }) => policies),
    /** Tokens of all turns of a run. */
    usage: (run: number) => usage.get(run) as Usage,
  };
}
