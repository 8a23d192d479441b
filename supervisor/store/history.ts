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
  /** Of a correction: the policy, or `person`, and what it did. */
  policy: string | null;
  action: InterventionView['action'] | null;
  shownOffset: number | null;
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
  run.reason as runReason, i.policy, i.action, i.shown_offset as shownOffset
  from chat_history h join run on run.number = h.run left join intervention i on i.id = h.intervention`;

export type HistoryStore = ReturnType<typeof historyStore>;

export function historyStore(database: Database) {
  const insert = database.prepare(
    'insert into chat_history (chat_id, role, content, ts, run, turn, status, reasoning, intervention) values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const maskMessage = database.prepare(
    "update chat_history set content = ? where run = ? and turn = 0 and role = 'user'",
  );
  const ofChat = database.prepare<[string], HistoryRow>(`${SELECT} where h.chat_id = ? order by h.id`);
  const ofRun = database.prepare<[number], HistoryRow>(`${SELECT} where h.run = ? order by h.id`);
  const chats = database.prepare<[string], ChatView>(
    `select chat.name as chat, count(run.number) as messages, coalesce(max(run.accepted_at), chat.created_at) as updated_at
     from chat left join run on run.chat_id = chat.id where chat.agent = ? group by chat.id order by updated_at desc`,
  );
  const exists = database.prepare<[string], { id: string }>('select id from chat where id = ?');
  return {
    add(row: NewHistoryRow): void {
      const { content, run, turn, role, status } = row;
      const chat = chatId(row.agent, row.chat);
      insert.run(chat, role, content, row.now, run, turn, status, row.reasoning || null, row.intervention ?? null);
    },
    /** Replaces the message of a run. */
    maskMessage: (run: number, content: string) => void maskMessage.run(content, run),
    ofChat: (agent: string, chat: string) => ofChat.all(chatId(agent, chat)),
    ofRun: (run: number) => ofRun.all(run),
    chats: (agent: string) => chats.all(agent),
    hasChat: (agent: string, chat: string) => exists.get(chatId(agent, chat)) !== undefined,
  };
}
