/** Conversations that their callers hold: what is kept of them here is deleted, in small batches, some time after they ended. */
import type { Database } from './database.ts';

/** Rows of a run, in an order in which nothing refers to what is gone. */
const OF_RUN = ['approval', 'chat_history', 'intervention', 'turn_stream', 'run_label', 'review', 'turn', 'inbox'];

export type EphemeralStore = ReturnType<typeof ephemeralStore>;

export function ephemeralStore(database: Database) {
  const ended = database.prepare<[number, number], { id: string }>(
    `select id from chat where is_ephemeral = 1 and created_at < ?
     and not exists (select 1 from run where chat_id = chat.id and ended_at is null) order by created_at limit ?`,
  );
  const deletions = [
    'delete from event where run in (select id from run where chat_id = ?)',
    ...OF_RUN.map((table) => `delete from ${table} where run in (select number from run where chat_id = ?)`),
    'delete from run where chat_id = ?',
    'delete from chat where id = ?',
  ].map((sql) => database.prepare(sql));
  return {
    /** Deletes up to `limit` chats that began before `time` (milliseconds since 1970) and have ended; returns how many. */
    prune(time: number, limit: number): number {
      const chats = ended.all(time, limit);
      for (const { id } of chats) for (const deletion of deletions) deletion.run(id);
      return chats.length;
    },
  };
}
