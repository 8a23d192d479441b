/** What models wrote, as it came: the text of every turn with lengths and times of its deltas. Never served over HTTP. */
import type { Channel, Spent } from '../../policy/policy.ts';
import type { TextSpan } from '../gate/redactions.ts';
import type { Database } from './database.ts';

/** What policies were told of what was used up. */
export interface RecordedSpending {
  /** At the start of the turn, which is counted as one already. */
  atStart: { run: Spent; chat: Spent };
  /** Of the turn, at its end. */
  tokens: number;
}

export interface NewStream {
  run: number;
  turn: number;
  channel: Channel;
  /** What it went on from and all that was read, withheld text included; secrets as filler of the same length. */
  text: string;
  /** UTF-16 units of it that it went on from. */
  origin: number;
  /** UTF-16 units after those that were shown before a restart of the supervisor. */
  resumed: number;
  /** As `runs/stream-record.ts` encodes them. */
  deltas: Uint8Array;
  /** What is filler, in order. */
  secrets: readonly TextSpan[];
  spent: RecordedSpending;
  /** The model had ended by itself, and all that it wrote was read. */
  isWhole: boolean;
}

export type StreamStore = ReturnType<typeof streamStore>;

/** Every turn that has ended has its text here, empty or not; reasoning only where there was any. */
export function streamStore(database: Database) {
  const insert = database.prepare(
    `insert or ignore into turn_stream (run, turn, channel, text, origin, resumed, deltas, secrets, spent, is_whole)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  return {
    /** A stream that is there already stays as it is. */
    add({ run, turn, channel, text, origin, resumed, deltas, secrets, spent, isWhole }: NewStream): void {
      const spans = JSON.stringify(secrets.map(({ from, to }) => [from, to]));
      const whole = isWhole ? 1 : 0;
      insert.run(run, turn, channel, text, origin, resumed, deltas, spans, JSON.stringify(spent), whole);
    },
  };
}
