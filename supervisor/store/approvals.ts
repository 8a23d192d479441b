/** Runs that wait, or waited, for a person: what is shown of them, what is withheld, and what was decided. */
import type { EventData } from '../events.ts';
import type { Database } from './database.ts';

export type ApprovalDecision = EventData<'run-resumed'>['decision'];

/** What waits: a message before its first turn, the answer of a turn, or what is done about a turn that failed. */
export type ApprovalKind = 'message' | 'answer' | 'error';

export interface NewApproval {
  /** Number of the run in the store. */
  run: number;
  /** 0: the message itself. */
  turn: number;
  kind: ApprovalKind;
  /** Id of the intervention that it comes from. */
  intervention: number;
  policy: string;
  reason: string;
  /** What readers have of the answer. */
  shown: string;
  /** What follows when it is approved: of the answer, and of the reasoning. */
  withheld: string;
  withheldReasoning: string;
  /** The model had ended. */
  isComplete: boolean;
  /** Milliseconds since 1970. */
  createdAt: number;
  /** Milliseconds since 1970; null: it waits for ever. */
  expiresAt: number | null;
}

/** As it is stored. */
export interface ApprovalRow extends Omit<NewApproval, 'isComplete'> {
  id: number;
  isComplete: 0 | 1;
  state: 'waiting' | ApprovalDecision;
  /** Id of the run, its agent and its chat. */
  runId: string;
  agent: string;
  chat: string;
}

const SELECT = `select a.id, a.run, a.turn, a.kind, a.intervention, a.policy, a.reason, a.shown, a.withheld,
  a.withheld_reasoning as withheldReasoning, a.is_complete as isComplete, a.state, a.created_at as createdAt,
  a.expires_at as expiresAt, run.id as runId, run.agent, chat.name as chat
  from approval a join run on run.number = a.run join chat on chat.id = run.chat_id`;

export type ApprovalStore = ReturnType<typeof approvalStore>;

export function approvalStore(database: Database) {
  const insert = database.prepare(
    `insert into approval (run, turn, kind, intervention, policy, reason, shown, withheld, withheld_reasoning, is_complete, state,
     created_at, expires_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?)`,
  );
  const byId = database.prepare<[number], ApprovalRow>(`${SELECT} where a.id = ?`);
  const waiting = database.prepare<[], ApprovalRow>(`${SELECT} where a.state = 'waiting' order by a.id`);
  const waitingOf = database.prepare<[number], ApprovalRow>(`${SELECT} where a.run = ? and a.state = 'waiting'`);
  const decide = database.prepare(`update approval set state = ?, decided_at = ? where id = ? and state = 'waiting'`);
  return {
    /** Returns its id. */
    add(row: NewApproval): number {
      const { run, turn, kind, intervention, policy, reason, shown, withheld, withheldReasoning } = row;
      const values = [run, turn, kind, intervention, policy, reason, shown, withheld, withheldReasoning];
      return Number(insert.run(...values, row.isComplete ? 1 : 0, row.createdAt, row.expiresAt).lastInsertRowid);
    },
    byId: (id: number) => byId.get(id),
    /** All that wait for a person, oldest first. */
    waiting: () => waiting.all(),
    /** The one that a run waits for. */
    waitingOf: (run: number) => waitingOf.get(run),
    decide: (id: number, decision: ApprovalDecision, now: number) => void decide.run(decision, now, id),
  };
}
