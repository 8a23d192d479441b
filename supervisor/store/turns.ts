/** Turns: one row for each model call of a run. */
import type { Usage } from '../../agent/backend/backend.ts';
import type { Spent } from '../../policy/policy.ts';
import { tokensOfBytes } from '../context/token-estimate.ts';
import type { Database } from './database.ts';

export type TurnOutcome = 'finished' | 'cut' | 'interrupted' | 'failed';

export interface OpenTurnRow {
  number: number;
  incarnation: string;
  policies: string;
  startedAt: number;
  /** Name of the backend that was asked; null in rows of the first versions. */
  backend: string | null;
  /** Characters of the turn before that it goes on from; null: it began anew. */
  continues: number | null;
}

/** The newest turn of a run. */
export interface LastTurnRow {
  number: number;
  outcome: TurnOutcome | null;
  /** Characters of it that the next turn can go on from; null: none. */
  resumable: number | null;
}

export interface NewTurn {
  run: number;
  number: number;
  incarnation: string;
  policies: string;
  backend: string;
  continues?: number | undefined;
  now: number;
}

/**
 * A turn that the server did not count, as one that was cut, has its tokens by what was shown of it. Of one that is open, even if it is
 * counted already and only reviewed, whoever has it knows what it used up.
 */
const SPENT = `select count(*) as turns, coalesce(sum(turn.completion_tokens) filter (where outcome is not null), 0) as tokens,
  coalesce(sum(turn.ended_at - turn.started_at) filter (where outcome is not null), 0) as ms,
  coalesce(sum(case when turn.completion_tokens = 0 then (
    select sum(length(cast(content as blob)) + length(cast(coalesce(reasoning, '') as blob))) from chat_history
    where chat_history.run = turn.run and chat_history.turn = turn.number and role = 'assistant') end), 0) as uncounted
  from turn`;

type StoredSpent = Spent & { uncounted: number };

function readSpent(row: StoredSpent | undefined): Spent {
  const { turns, tokens, ms, uncounted } = row as StoredSpent;
  return { turns, tokens: tokens + tokensOfBytes(uncounted), ms };
}

export type TurnStore = ReturnType<typeof turnStore>;

export function turnStore(database: Database) {
  const insert = database.prepare(
    `insert into turn (run, number, incarnation, policies, backend, continues, started_at) values (?, ?, ?, ?, ?, ?, ?)`,
  );
  const end = database.prepare(
    'update turn set outcome = ?, resumable = ?, ended_at = coalesce(ended_at, ?) where run = ? and number = ? and outcome is null',
  );
  const modelEnded = database.prepare('update turn set ended_at = coalesce(ended_at, ?) where run = ? and number = ?');
  const setUsage = database.prepare(
    'update turn set prompt_tokens = ?, completion_tokens = ?, cached_tokens = ? where run = ? and number = ?',
  );
  const last = database.prepare<[number], LastTurnRow>(
    'select number, outcome, resumable from turn where run = ? order by number desc limit 1',
  );
  const open = database.prepare<[number], OpenTurnRow>(
    'select number, incarnation, policies, backend, continues, started_at as startedAt from turn where run = ? and outcome is null',
  );
  const lastServed = database.prepare<[string], { backend: string | null; tokens: number }>(
    `select turn.backend, turn.prompt_tokens + turn.completion_tokens as tokens from run join turn on turn.run = run.number where run.chat_id = ?
     order by run.number desc, turn.number desc limit 1`,
  );
  const openVersions = database.prepare<[], { policies: string }>(
    'select distinct policies from turn where outcome is null',
  );
  const usage = database.prepare<[number], Usage>(
    `select coalesce(sum(prompt_tokens), 0) as promptTokens, coalesce(sum(completion_tokens), 0) as completionTokens,
      coalesce(sum(cached_tokens), 0) as cachedTokens from turn where run = ?`,
  );
  const spent = database.prepare<[number], StoredSpent>(`${SPENT} where turn.run = ?`);
  const spentInChat = database.prepare<[string], StoredSpent>(
    `${SPENT} where turn.run in (select number from run where chat_id = ?)`,
  );
  return {
    start: ({ run, number, incarnation, policies, backend, continues, now }: NewTurn) =>
      void insert.run(run, number, incarnation, policies, backend, continues ?? null, now),
    /** `resumable`: characters that the next turn can go on from. */
    end: (run: number, number: number, outcome: TurnOutcome, now: number, resumable?: number) =>
      void end.run(outcome, resumable ?? null, now, run, number),
    /** The model is done with a turn that stays open; a review is no time of its call. */
    modelEnded: (run: number, number: number, now: number) => void modelEnded.run(now, run, number),
    setUsage: (run: number, number: number, counted: Usage) =>
      void setUsage.run(counted.promptTokens, counted.completionTokens, counted.cachedTokens, run, number),
    /** Number of the newest turn of a run; 0 before the first. */
    last: (run: number) => last.get(run)?.number ?? 0,
    /** The newest turn of a run; undefined before the first. */
    newest: (run: number) => last.get(run),
    /** The turn that has not ended, if there is one. */
    open: (run: number) => open.get(run),
    /** The backend that was asked for the newest turn of a chat, and the tokens that it counted. `chat`: agent/name. */
    lastServed: (chat: string) => lastServed.get(chat),
    /** The policies, with their versions, that turns began with which have not ended. */
    openVersions: () => openVersions.all().map(({ policies }) => policies),
    /** What the turns of a run have used up; of one that has not ended only that it began. */
    spent: (run: number) => readSpent(spent.get(run)),
    /** The same of all runs of a chat. `chat`: agent/name. */
    spentInChat: (chat: string) => readSpent(spentInChat.get(chat)),
    /** Tokens of all turns of a run. */
    usage: (run: number) => usage.get(run) as Usage,
  };
}
