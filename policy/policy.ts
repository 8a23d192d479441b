/**
 * What a policy is: hooks that judge, verdicts they give. Types only; a policy file needs no import from here.
 * Offsets are UTF-16 code units from the start of the turn's text, as `String.prototype.slice` counts.
 */

/** Stop the stream at `from`, inject `text` as a correction, let the agent go on. */
export interface InterjectVerdict {
  action: 'interject';
  text: string;
  /**
   * First character that is withheld; default: the leftmost pattern match, else the first unreleased character. Never before what
   * readers have seen already; beyond the text means its end.
   */
  from?: number;
}

/** Stop the stream at `from` and end the run with the text so far. */
export interface CutVerdict {
  action: 'cut';
  reason: string;
  /** As for an interjection. */
  from?: number;
}

/** Refuse: the run ends as `blocked` and nothing more of it is shown. */
export interface BlockVerdict {
  action: 'block';
  reason: string;
}

export type Verdict = InterjectVerdict | CutVerdict | BlockVerdict;

/** What a hook may return; nothing means allowed. A promise is a failure of the policy. */
export type Judgement = Verdict | undefined | null;

/** Where a judged text comes from. */
interface Place {
  agent: string;
  chat: string;
  run: string;
}

export interface MessageToJudge extends Place {
  content: string;
  role: 'user';
}

/** Which stream of a turn: the answer, or the model's reasoning before it. */
export type Channel = 'text' | 'reasoning';

/** Where a declared pattern was found in the text. */
export interface PatternMatch {
  pattern: string;
  from: number;
  /** First character after the match. */
  to: number;
}

export interface TextToJudge extends Place {
  /** The turn's text so far, withheld text included. */
  text: string;
  /** What has just been added to it. */
  delta: string;
  /** Number of the turn in its run, from 1. */
  turn: number;
  channel: Channel;
  /**
   * The leftmost match of this policy's `patterns` that is not wholly released yet; of several that start there, the one that was
   * complete first. One only: a policy that objects to some of its patterns and allows others looks at the text itself.
   */
  match: PatternMatch | undefined;
}

export interface TurnToJudge extends Place {
  text: string;
  turn: number;
  channel: Channel;
}

/** A policy module's default export. Every hook is optional, at least one is there. */
export interface Policy {
  /** Lower-case letters, digits and dashes; names the policy in every intervention. */
  name: string;
  /** Literals that `onText` looks for: text that could still become one is held back until that is decided. */
  patterns?: readonly string[];
  /** How much is held back: characters, or `'turn'` for the whole answer. Default: by `patterns`, else 64 if there is an `onText`. */
  holdback?: number | 'turn';
  onMessage?(message: MessageToJudge): Judgement;
  onText?(text: TextToJudge): Judgement;
  onTurnEnd?(turn: TurnToJudge): Judgement;
}
