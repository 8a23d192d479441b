/**
 * What a policy is: hooks that judge, verdicts they give. Types only; a policy file needs no import from here.
 * Offsets are UTF-16 code units from the start of the turn's text, as `String.prototype.slice` counts.
 */
import type { ZodType, z } from 'zod';

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

/**
 * Replace the characters from `from` up to, not including, `to` by `mask`; the stream goes on. The mask is what is shown, stored and
 * later sent to the model. Spans that overlap become one, with the mask of the earliest.
 */
export interface RedactVerdict {
  action: 'redact';
  from: number;
  to: number;
  mask: string;
  /** For people; default: `redacted`. */
  reason?: string;
  /** Of what is masked only length and hash are kept. */
  isSecret?: boolean;
}

/** Refuse: the run ends as `blocked` and nothing more of it is shown. */
export interface BlockVerdict {
  action: 'block';
  reason: string;
}

/** Nothing more is shown from `from` on until a person has approved, edited or refused. */
export interface PauseVerdict {
  action: 'pause';
  reason: string;
  /** As for an interjection. */
  from?: number;
}

/** Refuse as `block` does, and stop the agent: its inbox is kept, a person restarts it. */
export interface TerminateVerdict {
  action: 'terminate';
  reason: string;
}

export type Verdict = InterjectVerdict | CutVerdict | RedactVerdict | BlockVerdict | PauseVerdict | TerminateVerdict;

export type Action = Verdict['action'];

/** What a hook may return: a verdict, several at once, or nothing, which means allowed. A promise is a failure of the policy. */
export type Judgement = Verdict | readonly Verdict[] | undefined | null;

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
  /** The literal, or the regular expression as `/source/flags`. */
  pattern: string;
  from: number;
  /** First character after the match. */
  to: number;
}

/** What was used up so far, this turn included. */
export interface Spent {
  /** Model calls. */
  turns: number;
  /** Tokens of answers and reasoning: counted by the server for turns that have ended, estimated for the one that streams. */
  tokens: number;
  /** Milliseconds in which the model was asked, from the start of a turn to its latest delta. */
  ms: number;
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
   * complete first. A policy that objects to some of its patterns and allows others looks at `matches`.
   */
  match: PatternMatch | undefined;
  /**
   * All that are not wholly released yet, leftmost first, but for literals that begin inside the match of a longer one and end with it or before.
   * The match of a regular expression may still grow; matches of one expression never overlap.
   */
  matches: readonly PatternMatch[];
  /** What this run, and its whole chat, have used up. */
  spent: { readonly run: Readonly<Spent>; readonly chat: Readonly<Spent> };
}

export interface TurnToJudge extends Place {
  text: string;
  turn: number;
  channel: Channel;
  spent: TextToJudge['spent'];
}

/** Something went wrong with a turn. */
export interface ErrorToJudge extends Place {
  turn: number;
  /** `crash`: the agent died; `timeout`: nothing came for too long; `overflow`: too long for the context; `backend`: any other. */
  kind: 'crash' | 'timeout' | 'overflow' | 'backend';
  /** As `multiagent.md` lists them, for example `context_overflow`. */
  code: string;
  message: string;
  /** The run will be tried again when nobody objects. */
  willRetry: boolean;
}

/** The part of a policy that may follow from its options. */
export interface PolicyHooks {
  /**
   * What `onText` looks for, literals or regular expressions of bounded length: text that could still become one is held back until
   * that is decided.
   */
  patterns?: readonly (string | RegExp)[];
  /** How much is held back: characters, or `'turn'` for the whole answer. Default: by `patterns`, else 64 if there is an `onText`. */
  holdback?: number | 'turn';
  onMessage?(message: MessageToJudge): Judgement;
  onText?(text: TextToJudge): Judgement;
  onTurnEnd?(turn: TurnToJudge): Judgement;
  onError?(error: ErrorToJudge): Judgement;
}

interface PolicyHead {
  /** Lower-case letters, digits and dashes; names the policy in every intervention. */
  name: string;
  /** Agents it is for; default: all that the configuration has it for. */
  agents?: readonly string[];
  /** What becomes of a run when the policy itself fails, or is in quarantine: refused (`closed`, the default), or not judged by it. */
  onFailure?: 'closed' | 'open';
}

/** A policy that is ready to judge. At least one hook is there. */
export interface Policy extends PolicyHead, PolicyHooks {}

/** A policy that takes options from the configuration. */
export interface PolicyWithOptions<Schema extends ZodType = ZodType> extends PolicyHead {
  /** Schema of the options; what is left out gets the schema's defaults. */
  options: Schema;
  create(options: z.output<Schema>): PolicyHooks;
}

/** A policy module's default export. */
export type PolicyModule = Policy | PolicyWithOptions;
