/**
 * What the supervisor does for its doors (the HTTP gateway and, later, others). A door imports this and nothing deeper.
 */
import type { AnswerFormat } from '../agent/backend/backend.ts';
import type { ApprovalDecree, ApprovalView } from './approval-view.ts';
import type { BenchmarkDesk, BenchmarkSummary, BenchmarkView } from './benchmarks/views.ts';
import type { AgentDefinition } from './configuration.ts';
import type { EventData, EventScope, RunStatus, StoredEvent } from './events.ts';
import type { SentLetter } from './store/letters.ts';
import type { SwarmDesk, SwarmStepView, SwarmSummary, SwarmView } from './swarms/views.ts';

export type {
  AnswerFormat,
  ApprovalDecree,
  ApprovalView,
  BenchmarkSummary,
  BenchmarkView,
  SwarmStepView,
  SwarmSummary,
  SwarmView,
};

/** A message that is to be acknowledged. */
export interface IncomingMessage {
  agent: string;
  content: string;
  /** Default: `main`. */
  chat?: string | undefined;
  /** Unique per agent: the same key and content joins the same run. */
  key?: string | undefined;
}

export interface AcceptedMessage {
  run: string;
  chat: string;
  agent: string;
  /** Seq of the run's first event; reading the events after `firstSeq - 1` shows the whole run. */
  firstSeq: number;
}

/** A conversation that its caller holds; the last message is the user's and opens the run. */
export interface IncomingCompletion {
  agent: string;
  /** Before the last message: what was said. System messages are added to the agent's own. */
  earlier: readonly { role: 'system' | 'user' | 'assistant'; content: string }[];
  content: string;
  /** What the caller wants otherwise than the agent has it. */
  options: CompletionOptions;
  /** What the answer is to be; undefined: whatever the model writes. */
  format?: AnswerFormat | undefined;
}

type CompletionOptions = Partial<
  Pick<
    AgentDefinition,
    | 'temperature'
    | 'topP'
    | 'topK'
    | 'repeatPenalty'
    | 'maxTokens'
    | 'seed'
    | 'stop'
    | 'presencePenalty'
    | 'frequencyPenalty'
  >
>;

export interface AcceptedCompletion extends AcceptedMessage {
  /** What is shown of the answer stays: nobody can cut it, or it goes on after a cut. Else a turn counts only when it has ended. */
  isSeamless: boolean;
}

type MessageStatus = 'queued' | 'complete' | 'streaming' | 'interrupted' | 'failed';

/** One line of a chat as readers see it. */
export interface ChatMessage {
  id: number | string;
  run: string;
  role: 'user' | 'assistant' | 'supervisor';
  content: string;
  /** Of a user's line that another agent wrote: its name. */
  from?: string;
  /** The model's reasoning, where it had any. */
  reasoning?: string;
  /** Milliseconds since 1970. */
  ts: number;
  status: MessageStatus;
  /** Number of the turn in its run, for assistant lines. */
  turn?: number;
  /** Of a supervisor's line: what it came from. */
  intervention?: InterventionView;
  /** Of a user's line whose run has ended: how. */
  outcome?: { status: RunStatus; reason?: string };
  /** Of a user's line: what was said about its run that would otherwise go unsaid, if there was anything. */
  notices?: NoticeView[];
  /** Of a user's line: what the answer sent to other agents, and the runs that this opened; absent: nothing. */
  letters?: SentLetter[];
}

export type NoticeView = Pick<EventData<'notice'>, 'code' | 'text' | 'turn'>;

export interface InterventionView {
  policy: string;
  action: 'interject' | 'cut' | 'redact' | 'block' | 'pause' | 'terminate';
  reason: string;
  turn: number;
  offset: number;
}

/** What a person thinks of a run's answer; a test of a policy asks whether the policy sees it too. */
export interface LabelView {
  label: 'good' | 'bad';
  note?: string;
}

/** A run as `GET /runs/:id` shows it. */
export interface RunView {
  run: string;
  chat: string;
  agent: string;
  status: RunStatus | 'queued' | 'running';
  reason?: string;
  /** Another agent wrote the message: who, in the answer of which run, and how many letters in a row this one makes. */
  from?: { agent: string; run: string; hops: number };
  /** What its answer sent to other agents, and the runs that this opened; absent: nothing. */
  letters?: SentLetter[];
  /** It waits for a person to decide this approval. */
  approval?: { id: number; policy: string; reason: string };
  /** The final answer; empty until there is one. */
  content: string;
  messages: Pick<ChatMessage, 'role' | 'content' | 'status'>[];
  interventions: InterventionView[];
  /** Absent: nobody has labelled it. */
  label?: LabelView;
  usage: { prompt_tokens: number; completion_tokens: number; total_tokens: number; cached_tokens: number };
  timings: { queue_ms: number | null; ttft_ms: number | null; total_ms: number | null };
}

export interface ChatView {
  chat: string;
  /** Messages that users sent. */
  messages: number;
  /** Milliseconds since 1970. */
  updated_at: number;
}

export interface AgentView {
  id: string;
  state: 'starting' | 'ready' | 'restarting' | 'stopped';
  model: string;
  /** Its backend or pool. */
  backend: string;
  /** While that is down: the backend or pool that its runs go to instead. */
  fallback?: string;
  /** Where its runs go now is a pool: the backends in it. */
  members?: readonly string[];
  policies: string[];
  /** Agents that it may write to; absent: none. */
  contacts?: string[];
  /** Runs waiting and runs being worked on. */
  queued: number;
  running: number;
  restarts: number;
}

export interface BackendView {
  name: string;
  url: string;
  server: string;
  up: boolean;
  /** Requests that it works on at a time. */
  slots: number;
  model: string;
  /** Requests of ours that wait inside the server, because others use it; absent: none. One less is in flight meanwhile. */
  busy?: number;
  /** Why it is down, or what is unusual about it, for people. */
  detail?: string;
}

/** A policy in force. Counts are since the supervisor started, over all versions. */
export interface PolicyView {
  name: string;
  /** What the configuration calls it: a built-in name, or a path. */
  use: string;
  version: string;
  /** Agents that it judges. */
  agents: string[];
  onFailure: 'closed' | 'open';
  quarantined: boolean;
  /** Verdicts that its hooks returned. */
  verdicts: Record<InterventionView['action'], number>;
  /** Times that a hook threw or returned what is no verdict. */
  failures: number;
  /** What its reviews cost since the data folder is used, without those of deleted conversations; absent: there are none. */
  reviews?: ReviewsView;
  /** What went wrong the last time; for the person who runs the stack: it may quote what was judged. */
  lastFailure?: string;
  /** Why what is saved now is not in force; absent: it is. */
  problem?: string;
}

export interface ReviewsView {
  calls: number;
  /** Milliseconds, waiting for free slots included. */
  ms: number;
  /** Of what was asked of models for it; no part of any run's usage. */
  prompt_tokens: number;
  completion_tokens: number;
}

export interface Readiness {
  ready: boolean;
  /** Why not, for people; empty when ready. */
  reasons: string[];
}

export interface Supervisor {
  readonly swarms: SwarmDesk;
  readonly benchmarks: BenchmarkDesk;
  /** Resolves once the message is durable. @throws InterjectError unknown_agent, key_conflict, inbox_full, storage_failed, stopping */
  accept(message: IncomingMessage): Promise<AcceptedMessage>;
  /**
   * As `accept`, for a caller who holds the conversation: a run of a chat of its own that is not listed and is deleted after a while.
   * It belongs to the caller: `stopRun` when the caller has gone; a restart of the supervisor fails it (`connection_lost`).
   */
  complete(completion: IncomingCompletion): Promise<AcceptedCompletion>;
  /** @throws InterjectError unknown_run */
  run(id: string): RunView;
  /** Resolves when the run has ended, or after `milliseconds` with the run as it is then. */
  waitForRun(id: string, milliseconds: number, signal?: AbortSignal): Promise<RunView>;
  /** Ends a run as `stopped`; one that has ended stays as it is. Default reason: a person stopped it. @throws InterjectError unknown_run */
  stopRun(id: string, reason?: string): Promise<RunView>;
  /** Labels a run; the newest label replaces an earlier one. @throws InterjectError unknown_run, storage_failed */
  labelRun(id: string, label: LabelView): Promise<RunView>;
  /** Stops the open run of a chat. @throws InterjectError unknown_agent, not_running */
  stopChat(agent: string, chat: string | undefined): Promise<RunView>;
  /** A person corrects: cuts the running turn. @throws InterjectError unknown_agent, not_running (also while it waits for a person) */
  interject(agent: string, chat: string | undefined, content: string): Promise<RunView>;
  /** @throws InterjectError unknown_agent, unknown_chat (never for `main`) */
  history(agent: string, chat: string | undefined): { chat: string; seq: number; messages: ChatMessage[] };
  /** @throws InterjectError unknown_agent */
  chats(agent: string): ChatView[];
  /** What waits for a person, oldest first; with what is withheld from readers. */
  approvals(): ApprovalView[];
  /** A person decides; only the first decision counts. @throws InterjectError unknown_approval, approval_decided, unknown_agent, storage_failed */
  decideApproval(id: string, decree: ApprovalDecree): Promise<RunView>;
  agents(): AgentView[];
  backends(): BackendView[];
  policies(): PolicyView[];
  /**
   * Lifts the quarantine of the version in force; one that was not loaded for its quarantine is loaded.
   * @throws InterjectError unknown_policy, not_quarantined, policy_not_loaded, storage_failed
   */
  releasePolicy(name: string): Promise<PolicyView>;
  /** Resolves when init has taken the order. @throws InterjectError unknown_agent */
  restartAgent(agent: string): Promise<void>;
  readiness(): Readiness;
  /** What the stack measures of itself, in Prometheus' text format. */
  metrics(): Promise<string>;
  /**
   * Recorded events after `after` (default: from now) that match the scope, then live ones, in batches of one commit.
   * A cursor that is not known yields one `resync` first. Ends when the signal aborts, or when the reader is too slow.
   */
  events(scope: EventScope, after: number | undefined, signal: AbortSignal): AsyncIterable<readonly StoredEvent[]>;
}
