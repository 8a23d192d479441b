/** What a test of a policy replays: messages and turns as they were recorded, or as somebody wrote them down. Types only. */
import type { Action, Channel } from '../../policy/policy.ts';
import type { TextSpan } from '../gate/redactions.ts';
import type { RecordedDelta } from '../runs/stream-record.ts';
import type { RecordedSpending } from '../store/streams.ts';

/** What was done about a message or a turn. Offsets are UTF-16 units of what the model, or the user, wrote. */
export interface Decision {
  /** Name of the policy, or `person`. */
  policy: string;
  /** `failed`: the policy itself did, and the run with it. */
  action: Action | 'failed';
  reason: string;
  channel: Channel;
  /** First character that was withheld, or masked. */
  from: number;
  /** Of a redaction: first character after. */
  to?: number;
  /** It was about a turn that failed: what was said then is not recorded, so nobody else can judge it. */
  isBeyondReplay?: boolean;
}

export interface RecordedStream {
  channel: Channel;
  /** What it went on from and all that was received, withheld text included. */
  text: string;
  /** Characters of it that it went on from. */
  origin: number;
  /** Characters after those whose times a restart of the supervisor lost; they are the first delta. */
  resumed: number;
  /** After the origin. */
  deltas: readonly RecordedDelta[];
  /** What is filler in the text because it was secret. */
  secrets: readonly TextSpan[];
}

/** Where something was said. `turn` 0: the message itself. */
export interface RecordedPlace {
  agent: string;
  chat: string;
  run: string;
  turn: number;
}

interface Judged extends RecordedPlace {
  /** Undefined: there is nothing to compare with. */
  decided: readonly Decision[] | undefined;
  /** Names of the policies that judged it; undefined: not known. */
  policies: readonly string[] | undefined;
}

export interface RecordedMessage extends Judged {
  kind: 'message';
  /** As it was sent, but for secrets, which are filler. */
  content: string;
  secrets: readonly TextSpan[];
  /** Name of the agent that wrote it; absent: no agent did. */
  from?: string;
}

export interface RecordedTurn extends Judged {
  kind: 'turn';
  streams: readonly RecordedStream[];
  /** The model had ended by itself: what it would have written is all here. */
  isWhole: boolean;
  spent: RecordedSpending;
}

export type RecordedItem = RecordedMessage | RecordedTurn;

/** What a person said of a run. */
export interface RecordedLabel {
  run: string;
  label: 'good' | 'bad';
}
