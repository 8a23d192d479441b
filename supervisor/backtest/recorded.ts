/** What a test of a policy replays: messages and turns as they were recorded, or as somebody wrote them down. Types only. */
import type { Action, Channel, Spent } from '../../policy/policy.ts';
import type { RecordedDelta } from '../runs/stream-record.ts';

/** What was done about a message or a turn. */
export interface Decision {
  /** Name of the policy, or `person`. */
  policy: string;
  /** `failed`: the policy itself did, and the run with it. */
  action: Action | 'failed';
  reason: string;
  /** First character that was withheld, in what the model wrote. */
  from: number;
}

export interface RecordedStream {
  channel: Channel;
  /** As far as it was received, withheld text included. */
  text: string;
  deltas: readonly RecordedDelta[];
}

/** Where something was said. `turn` 0: the message itself. */
export interface RecordedPlace {
  agent: string;
  chat: string;
  run: string;
  turn: number;
}

export interface RecordedMessage extends RecordedPlace {
  kind: 'message';
  content: string;
  /** Undefined: there is nothing to compare with. */
  decided: readonly Decision[] | undefined;
  /** Names of the policies that judged it; undefined: not known. */
  policies: readonly string[] | undefined;
}

export interface RecordedTurn extends RecordedPlace {
  kind: 'turn';
  streams: readonly RecordedStream[];
  /** The model had ended by itself: what it would have written is all here. */
  isWhole: boolean;
  /** What was spent before this turn, by its run and by its whole chat. */
  spentBefore: { run: Spent; chat: Spent };
  /** Undefined: there is nothing to compare with. */
  decided: readonly Decision[] | undefined;
  policies: readonly string[] | undefined;
}

export type RecordedItem = RecordedMessage | RecordedTurn;

/** What a person said of a run. */
export interface RecordedLabel {
  run: string;
  label: 'good' | 'bad';
}
