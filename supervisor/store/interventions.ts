/** What policies and people did, with what was withheld (never served over HTTP). */
import type { InterventionView } from '../service.ts';
import type { Database } from './database.ts';

export interface NewIntervention extends InterventionView {
  run: number;
  version: string;
  /** Characters of the turn that had been judged when the decision was made. */
  rawOffset: number;
  withheld: string;
  now: number;
}

export type InterventionStore = ReturnType<typeof interventionStore>;

export function interventionStore(database: Database) {
  const insert = database.prepare(
    `insert into intervention (run, turn, policy, version, action, reason, shown_offset, raw_offset, withheld, ts)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const setCutMs = database.prepare(
    'update intervention set cut_ms = ? where id = (select min(id) from intervention where run = ? and turn = ?)',
  );
  const ofRun = database.prepare<[number], InterventionView>(
    `select policy, action, reason, turn, shown_offset as "offset" from intervention where run = ? order by id`,
  );
  return {
    /** Returns its id. */
    add(row: NewIntervention): number {
      const { run, turn, policy, version, action, reason, offset, rawOffset, withheld, now } = row;
      const values = [run, turn, policy, version, action, reason, offset, rawOffset, withheld, now];
      return Number(insert.run(...values).lastInsertRowid);
    },
    /** Milliseconds from the agent's reading of the offending delta until its connection to the model was closed; of the first one, which cut. */
    setCutMs: (run: number, turn: number, milliseconds: number) => void setCutMs.run(milliseconds, run, turn),
    ofRun: (run: number) => ofRun.all(run),
  };
}
