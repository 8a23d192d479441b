/** What can be measured of a run that has ended, as it is stored. Times are milliseconds since 1970. */
import type { Database } from './database.ts';
import type { TurnOutcome } from './turns.ts';

export interface MeasuredRun {
  number: number;
  agent: string;
  acceptedAt: number;
  startedAt: number | null;
  firstTextAt: number | null;
  endedAt: number;
}

export interface MeasuredTurn {
  number: number;
  backend: string | null;
  outcome: TurnOutcome | null;
  startedAt: number;
  endedAt: number | null;
  promptTokens: number;
  completionTokens: number;
}

export type MeasureStore = ReturnType<typeof measureStore>;

export function measureStore(database: Database) {
  const run = database.prepare<[string], MeasuredRun>(
    `select number, agent, accepted_at as acceptedAt, started_at as startedAt, first_text_at as firstTextAt, ended_at as endedAt
     from run where id = ? and ended_at is not null`,
  );
  const turns = database.prepare<[number], MeasuredTurn>(
    `select number, backend, outcome, started_at as startedAt, ended_at as endedAt, prompt_tokens as promptTokens,
     completion_tokens as completionTokens from turn where run = ? order by number`,
  );
  return {
    run: (id: string) => run.get(id),
    turns: (number: number) => turns.all(number),
  };
}
