/** The conversation as people read it: `chat_history`. */
import type { RunStatus } from '../events.ts';
import type { ChatView, InterventionView } from '../service.ts';
import type { Database } from './database.ts';
import { chatId } from './runs.ts';

export interface HistoryRow {
  id: number;
  role: 'user' | 'assistant' | 'supervisor';
  content: string;
  reasoning: string | null;
  /** Milliseconds since 1970. */
  ts: number;
  /** Id of the run. */
  run: string;
  runStatus: RunStatus | 'queued' | 'running';
  /** Number of the turn in its run; 0 for the message itself. */
  turn: number;
  status: 'complete' | 'interrupted';
  runReason: string | null;
  /** Of another agent's message: its name. */
  from: string | null;
  /** Of a correction: the policy, or `person`, and what it did. */
  policy: string | null;
  action: InterventionView['action'] | null;
  shownOffset: number | null;
  /** 1: an interrupted answer that the next turn went on from; that one holds all of it. */
  isContinued: 0 | 1;
}

export interface NewHistoryRow {
  agent: string;
  chat: string;
  run: number;
  turn: number;
  role: HistoryRow['role'];
  content: string;
  reasoning?: string;
  /** Of a correction: id of the intervention. */
  intervention?: number;
  status: HistoryRow['status'];
  now: number;
}

const SELECT = `select h.id, h.role, h.content, h.reasoning, h.ts, run.id as run, run.status as runStatus, h.turn, h.status,
  run.reason as runReason, case when h.role = 'user' then run.from_agent end as "from", i.policy, i.action, i.shown_offset as shownOffset,
  h.role = 'assistant' and h.status = 'interrupted' and next.continues is not null as isContinued
  from chat_history h join run on run.number = h.run left join intervention i on i.id = h.intervention
  left join turn next on next.run = h.run and next.number = h.turn + 1`;

export type HistoryStore = ReturnType<typeof historyStore>;

export function historyStore(database: Database) {
  const insert = database.prepare(
    'insert into chat_history (chat_id, role, content, ts, run, turn, status, reasoning, intervention) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const forgetContinued = database.prepare(
    `delete from chat_history where run = ? and role = 'assistant' and status = 'interrupted' and exists
     (select 1 from turn next where next.run = chat_history.run and next.number = chat_history.turn + 1 and next.continues is not null)`,
  );
  const ofChat = database.prepare<[string], HistoryRow>(`${SELECT} where h.chat_id = ? order by h.id`);
  const ofRun = database.prepare<[number], HistoryRow>(`${SELECT} where h.run = ? order by h.id`);
  const chats = database.prepare<[string], ChatView>(
    `select chat.name as chat, count(run.number) as messages, coalesce(max(run.accepted_at), chat.created_at) as updated_at
     from chat left join run on run.chat_id = chat.id where chat.agent = ? and chat.is_ephemeral = 0 and chat.swarm is null group by chat.id order by updated_at desc`,
  );
  const replaceMessage = database.prepare(
    `update chat_history set content = ? where run = ? and role = 'user' and turn = 0`,
  );
  const dropInterrupted = database.prepare(
    `delete from chat_history where run = ? and turn = ? and role = 'assistant' and status = 'interrupted'`,
  );
  const exists = database.prepare<[string], { id: string }>('select id from chat where id = ?');
  return {
    add(row: NewHistoryRow): void {
      const { content, run, turn, role, status } = row;
      const chat = chatId(row.agent, row.chat);
      insert.run(chat, role, content, row.now, run, turn, status, row.reasoning || null, row.intervention ?? null);
    },
    /** Another message takes the place of the user's: masked, or a person's. */
    replaceMessage: (run: number, content: string) => void replaceMessage.run(content, run),
    /** The beginning of an answer that is added whole now. */
    dropInterrupted: (run: number, turn: number) => void dropInterrupted.run(run, turn),
    /** Beginnings of answers that another turn went on from, and holds whole, leave the history of a run that has ended. */
    forgetContinued: (run: number) => void forgetContinued.run(run),
    ofChat: (agent: string, chat: string) => ofChat.all(chatId(agent, chat)),
    ofRun: (run: number) => ofRun.all(run),
    chats: (agent: string) => chats.all(agent),
    hasChat: (agent: string, chat: string) => exists.get(chatId(agent, chat)) !== undefined,
  };
}
