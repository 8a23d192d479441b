/** What waits for a person, as the person who runs the stack sees it, and what that person may decide. */
import type { ApprovalRow } from './store/approvals.ts';

/** A run that waits for a person. */
export interface ApprovalView {
  id: number;
  run: string;
  agent: string;
  chat: string;
  /** The message before its first turn, the answer, or what is done about a turn that failed. */
  kind: 'message' | 'answer' | 'error';
  policy: string;
  reason: string;
  /** What readers have of the answer, or the message. */
  shown: string;
  /** What readers get when it is approved; nobody else is shown it. */
  withheld: string;
  /** The same of the model's reasoning, where it has any. */
  withheld_reasoning?: string;
  /** The model had ended: approving shows a whole answer. */
  is_complete: boolean;
  /** Milliseconds since 1970. */
  created_at: number;
  /** Milliseconds since 1970; absent: it waits for ever. */
  expires_at?: number;
}

/** What a person decides. */
export type ApprovalDecree =
  | { decision: 'approve' }
  | { decision: 'edit'; content: string }
  | { decision: 'refuse'; reason?: string | undefined };

export function approvalView(row: ApprovalRow): ApprovalView {
  const { id, runId: run, agent, chat, kind, policy, reason, shown, withheld, withheldReasoning, expiresAt } = row;
  return {
    ...{ id, run, agent, chat, kind, policy, reason, shown, withheld },
    ...(withheldReasoning !== '' && { withheld_reasoning: withheldReasoning }),
    is_complete: row.isComplete === 1,
    created_at: row.createdAt,
    ...(expiresAt !== null && { expires_at: expiresAt }),
  };
}
