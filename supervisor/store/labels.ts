/** What people think of answers. */
import type { LabelView } from '../service.ts';
import type { Database } from './database.ts';

export type LabelStore = ReturnType<typeof labelStore>;

export function labelStore(database: Database) {
  const upsert = database.prepare(
    `insert into run_label (run, label, note, ts) values (?, ?, ?, ?)
     on conflict (run) do update set label = excluded.label, note = excluded.note, ts = excluded.ts`,
  );
  const ofRun = database.prepare<[number], { label: LabelView['label']; note: string | null }>(
    'select label, note from run_label where run = ?',
  );
  return {
    /** The newest label of a run replaces an earlier one. */
    set: (run: number, { label, note }: LabelView, now: number) => void upsert.run(run, label, note ?? null, now),
    ofRun(run: number): LabelView | undefined {
      const row = ofRun.get(run);
      return row && { label: row.label, ...(row.note !== null && { note: row.note }) };
    },
  };
}
