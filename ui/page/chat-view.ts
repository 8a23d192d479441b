/**
 * What the page knows of one chat: runs in the order they were asked for, each with its lines. Pure data: made from a history snapshot,
 * changed by events (fold.ts), drawn by the renderer. What did not change keeps its identity, so that the renderer can tell.
 */
import type { RunStatus } from '../../supervisor/events.ts';
import type { ChatMessage, InterventionView, NoticeView } from '../../supervisor/service.ts';

export interface Answer {
  kind: 'answer';
  turn: number;
  text: string;
  reasoning: string;
  state: 'streaming' | 'complete' | 'interrupted' | 'failed';
  /** Why it was interrupted or shortened; empty when there is nothing to say. */
  note: string;
  /** Characters that the gate holds back at the moment. */
  held: number;
}

export interface Intervention {
  kind: 'intervention';
  /** Name of the policy, `person`, or empty when a snapshot does not say. */
  policy: string;
  action: InterventionView['action'];
  reason: string;
  turn: number;
}

export type Item = Answer | Intervention;

export interface RunLines {
  run: string;
  question: string;
  /** The agent that wrote it; absent: no agent did. */
  from?: string;
  /** What was done to the conversation before it went to the model, or by the server. */
  notices: readonly NoticeView[];
  /** Agents that the answer wrote to. */
  letters: readonly string[];
  items: readonly Item[];
  /** `ended`: a snapshot does not say how. */
  state: 'queued' | 'running' | 'ended' | RunStatus;
  /** Why it ended as it did. */
  reason: string;
  /** Id of the approval that it waits for; a person has to decide. */
  waitsFor?: number;
}

export interface ChatView {
  /** The last recorded event that is in here; older ones are ignored. */
  seq: number;
  runs: readonly RunLines[];
  /** The events do not fit any more: load the history again. */
  stale: boolean;
}

/** A line of `GET /chat/:agent/history`: the supervisor's may say whose they are, the user's how the run ended. */
export type HistoryLine = ChatMessage & {
  intervention?: InterventionView;
  outcome?: { status: RunStatus; reason?: string };
};

export interface History {
  chat: string;
  seq: number;
  messages: readonly HistoryLine[];
}

export const EMPTY_CHAT: ChatView = { seq: 0, runs: [], stale: false };

/** The view of a snapshot. */
export function fromHistory(history: History): ChatView {
  const runs = new Map<string, HistoryLine[]>();
  for (const line of history.messages) runs.set(line.run, [...(runs.get(line.run) ?? []), line]);
  return { seq: history.seq, runs: [...runs].map(([run, lines]) => runFromHistory(run, lines)), stale: false };
}

function runFromHistory(run: string, lines: readonly HistoryLine[]): RunLines {
  const asked = lines.find(({ role }) => role === 'user');
  const items = lines.filter(({ role }) => role !== 'user').map((line, index) => itemFromHistory(line, index));
  const state = asked?.outcome?.status ?? stateFromHistory(lines);
  const { content: question = '', from, notices = [], letters = [], outcome } = asked ?? {};
  const sender = from === undefined ? {} : { from };
  const to = letters.map((letter) => letter.to);
  return { run, question, ...sender, notices, letters: to, items, state, reason: outcome?.reason ?? '' };
}

function itemFromHistory(line: HistoryLine, index: number): Item {
  const { turn = index + 1 } = line;
  if (line.role === 'supervisor') {
    const { policy = '', action = 'interject', reason = line.content } = line.intervention ?? {};
    return { kind: 'intervention', policy, action, reason, turn: line.intervention?.turn ?? turn };
  }
  const state = line.status === 'queued' ? 'streaming' : line.status;
  return { kind: 'answer', turn, text: line.content, reasoning: line.reasoning ?? '', state, note: '', held: 0 };
}

function stateFromHistory(lines: readonly HistoryLine[]): RunLines['state'] {
  if (lines.some(({ status }) => status === 'streaming')) return 'running';
  if (lines.some(({ status }) => status === 'queued')) return 'queued';
  const last = lines.at(-1);
  return last?.role === 'assistant' && last.status === 'complete' ? 'answered' : 'ended';
}

/** The view with what waits for a person: a snapshot does not say. */
export function withWaiting(view: ChatView, approvals: readonly { id: number; run: string }[]): ChatView {
  if (approvals.length === 0) return view;
  const runs = view.runs.map((run) => {
    const approval = run.state === 'ended' ? approvals.find((one) => one.run === run.run) : undefined;
    return approval === undefined ? run : { ...run, state: 'running' as const, waitsFor: approval.id };
  });
  return { ...view, runs };
}

/** The run that is being worked on, if there is one. */
export function runningRun(view: ChatView): RunLines | undefined {
  return view.runs.find(({ state }) => state === 'running');
}
