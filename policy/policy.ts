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
  /** Name of the agent that wrote it; absent: no agent did. */
  from?: string;
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

/** One line of a conversation, as a model is shown it. */
export interface ConversationLine {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** A question of a policy to a model server of the configuration. */
export interface AskRequest {
  /** Name of a backend; default: the one that gave the answer. */
  backend?: string;
  /** Default: the agent's on the backend that gave the answer, elsewhere the backend's own. */
  model?: string;
  messages: readonly ConversationLine[];
  /** Tokens; default: as many as the server likes. */
  maxTokens?: number;
  temperature?: number;
  /** JSON Schema that the answer is to fit; servers that do not know such a thing may ignore it. */
  schema?: Readonly<Record<string, unknown>>;
}

export interface AskResult {
  /** Without reasoning. */
  text: string;
  /** `length`: the token limit was reached. */
  finishReason: 'stop' | 'length';
  /** As the server counted; 0: it does not count. */
  promptTokens: number;
  completionTokens: number;
}

/** A finished answer. The model's reasoning is not part of it. */
export interface TurnToReview extends Place {
  /** The whole answer as the model wrote it; verdicts count in it. */
  text: string;
  /** The same as readers see it: with the masks of all policies. For whoever sends it elsewhere. */
  shown: string;
  turn: number;
  /** The user's message. */
  question: string;
  /** What the model was shown: system prompt, conversation, the question with corrections; shortened as for the model. */
  history: readonly ConversationLine[];
  spent: TextToJudge['spent'];
  /**
   * Asks a model. It waits for a free slot of that server, which does not count against `reviewDeadlineMs`.
   * Rejects: unknown backend (TypeError), server away or failing, review over.
   */
  ask(request: AskRequest): Promise<AskResult>;
  /** Aborts at the deadline, and when nobody wants to know any more. */
  signal: AbortSignal;
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
  /** Judges a finished answer and may take its time, for example to ask a model. A rejection is a failure of the policy. */
  review?(turn: TurnToReview): Promise<Judgement>;
  /**
   * `before` (default): readers see nothing of the answer until it is reviewed. `after`: they see it as it comes; an objection then ends
   * or corrects what they have seen, a redaction is a failure.
   */
  reviewWhen?: 'before' | 'after';
  /** Milliseconds until a review counts as failed, 100 to 3,600,000; default 30,000. Waiting for a free slot does not count. */
  reviewDeadlineMs?: number;
  /** Names of the backends that `review` asks; one that the configuration does not have is refused at load. */
  reviewBackends?: readonly string[];
  /** As beside `create`; only where it does not stand there. */
  onFailure?: 'closed' | 'open';
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
