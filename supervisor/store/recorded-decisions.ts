/** What was decided about the messages and turns of one run, as tests of policies compare it. Pure. */
import type { Action, Channel } from '../../policy/policy.ts';
import type { Decision } from '../backtest/recorded.ts';
import type { TextSpan } from '../gate/redactions.ts';

/** An intervention as it is stored. */
export interface DecisionRow {
  turn: number;
  policy: string;
  action: Action;
  reason: string;
  channel: Channel;
  from: number;
  to: number | null;
  hook: string | null;
  shownOffset: number;
  maskLength: number;
  withheld: string;
  /** Of a secret; null of all else. */
  withheldLength: number | null;
}

/** By turn, 0 the message, in their order. `runReason`: why the run ended; `lastTurn`: its number. */
export function decisionsOf(
  rows: readonly DecisionRow[],
  runReason: string | null,
  lastTurn: number,
): Map<number, Decision[]> {
  const decisions = new Map<number, Decision[]>();
  const add = (turn: number, decision: Decision): void => {
    decisions.set(turn, [...(decisions.get(turn) ?? []), decision]);
  };
  for (const { turn, policy, action, reason, channel, from, to, hook } of rows) {
    const isBeyondReplay = hook !== null && { isBeyondReplay: true };
    add(turn, { policy, action, reason, channel, from, ...(to !== null && { to }), ...isBeyondReplay });
  }
  const failure = /^policy_failed: (policy (\S+) failed in (\w+): .*)$/s.exec(runReason ?? '');
  if (failure !== null) {
    const [, reason = '', policy = '', hook] = failure;
    const isBeyondReplay = (hook === 'onError' || hook === 'review') && { isBeyondReplay: true };
    add(hook === 'onMessage' ? 0 : lastTurn, {
      policy,
      action: 'failed',
      reason,
      channel: 'text',
      from: 0,
      ...isBeyondReplay,
    });
  }
  return decisions;
}

/** What redactions hid for good. */
export function secretsOf(rows: readonly DecisionRow[], channel: Channel): TextSpan[] {
  return rows
    .filter((row) => row.channel === channel && row.withheldLength !== null)
    .map(({ from, withheldLength }) => ({ from, to: from + (withheldLength ?? 0) }));
}
