/** Messages that agents sent each other: runs with a sender. */
import type { Database } from './database.ts';

/** A letter that an answer sent. */
export interface SentLetter {
  /** Name of the agent. */
  to: string;
  /** Id of the run that it opened. */
  run: string;
}

export type LetterStore = ReturnType<typeof letterStore>;

export function letterStore(database: Database) {
  const sent = database.prepare<[string], SentLetter>(
    'select agent as "to", id as run from run where from_run = ? order by number',
  );
  const ofChat = database.prepare<[string], SentLetter & { from: string }>(
    `select from_run as "from", agent as "to", id as run from run
     where from_run in (select id from run where chat_id = ?) order by number`,
  );
  const count = database.prepare<[number], { letters: number }>('select count(*) as letters from run where thread = ?');
  return {
    /** What the answer of a run sent, by the run's id. */
    sentBy: (run: string): SentLetter[] => sent.all(run),
    /** What the answers of a chat sent, each with the id of its run (`from`), by the chat's id. */
    ofChat: (chat: string): (SentLetter & { from: string })[] => ofChat.all(chat),
    /** Letters that were brought about by the message of this run. */
    count: (thread: number): number => count.get(thread)?.letters ?? 0,
  };
}
