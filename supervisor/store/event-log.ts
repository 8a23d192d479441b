/** The recorded events, in the order of `seq`. */
import type { EventScope, StoredEvent } from '../events.ts';
import type { Database } from './database.ts';

interface EventRow {
  seq: number;
  type: StoredEvent['type'];
  agent: string | null;
  chat: string | null;
  run: string | null;
  swarm: string | null;
  benchmark: string | null;
  data: string;
}

export type EventLog = ReturnType<typeof eventLog>;

export function eventLog(database: Database) {
  const insert = database.prepare(
    'insert into event (seq, type, agent, chat, run, swarm, benchmark, ts, data) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const rewrite = database.prepare('update event set data = ? where seq = ?');
  const last = database.prepare<[], { seq: number | null }>('select max(seq) as seq from event');
  const page = database.prepare<[number, number], EventRow>(
    'select seq, type, agent, chat, run, swarm, benchmark, data from event where seq > ? order by seq limit ?',
  );
  const runPage = database.prepare<[string, number, number], EventRow>(
    'select seq, type, agent, chat, run, swarm, benchmark, data from event where run = ? and seq > ? order by seq limit ?',
  );
  const notices = database.prepare<[string, string], EventRow>(
    `select seq, type, agent, chat, run, swarm, benchmark, data from event where type = 'notice' and agent = ? and chat = ? order by seq`,
  );
  return {
    add(event: StoredEvent, now: number): void {
      const { seq, type, agent, chat, run, swarm, benchmark, data } = event;
      const scope = [agent, chat, run, swarm, benchmark].map((one) => one ?? null);
      insert.run(seq, type, ...scope, now, data);
    },
    rewrite: (seq: number, data: string) => void rewrite.run(data, seq),
    /** Seq of the newest event; 0 before the first. */
    lastSeq: () => last.get()?.seq ?? 0,
    /** At most `limit` events after `after`; of one run where the scope names one, else of everything. */
    page(scope: EventScope, after: number, limit: number): StoredEvent[] {
      const rows = scope.run === undefined ? page.all(after, limit) : runPage.all(scope.run, after, limit);
      return rows.map(toStoredEvent);
    },
    /** All notices of the runs of a chat. */
    notices: (agent: string, chat: string): StoredEvent[] => notices.all(agent, chat).map(toStoredEvent),
  };
}

function toStoredEvent({ seq, type, agent, chat, run, swarm, benchmark, data }: EventRow): StoredEvent {
  return {
    seq,
    type,
    data,
    ...(agent !== null && { agent }),
    ...(chat !== null && { chat }),
    ...(run !== null && { run }),
    ...(swarm !== null && { swarm }),
    ...(benchmark !== null && { benchmark }),
  };
}
