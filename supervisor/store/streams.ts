/** What models wrote, as it came: the text of every turn with lengths and times of its deltas. Never served over HTTP. */
import type { Channel } from '../../agent/turn.ts';
import type { Database } from './database.ts';

export interface NewStream {
  run: number;
  turn: number;
  channel: Channel;
  /** All that was read, withheld text included; secrets as filler of the same length. */
  text: string;
  /** As `runs/stream-record.ts` encodes them. */
  deltas: Uint8Array;
  /** The model had ended by itself, and all that it wrote was read. */
  isWhole: boolean;
}

export type StreamStore = ReturnType<typeof streamStore>;

/** Every turn that has ended has its text here, empty or not; reasoning only where there was any. */
export function streamStore(database: Database) {
  const insert = database.prepare(
    `insert or ignore into turn_stream (run, turn, channel, text, deltas, is_whole) values (?, ?, ?, ?, ?, ?)`,
  );
  return {
    /** A stream that is there already stays as it is. */
    add: ({ run, turn, channel, text, deltas, isWhole }: NewStream) =>
      void insert.run(run, turn, channel, text, deltas, isWhole ? 1 : 0),
  };
}
