/**
 * What the page knows of one chat: runs in the order they were asked for, each with its lines. Pure data: made from a history snapshot,
 * changed by events (fold.ts), drawn by the renderer. What did not change keeps its identity, so that the renderer can tell.
 */
import type { RunStatus } from '../../supervisor/events.ts';
import type { ChatMessage, InterventionView } from '../../supervisor/service.ts';

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
  items: readonly Item[];
  state: 'queued' | 'running' | RunStatus;
  /** Why it ended as it did. */
  reason: string;
}

export interface ChatView {
  /** The last recorded event that is in here; older ones are ignored. */
  seq: number;
  runs: readonly RunLines[];
  /** The events do not fit any more: load the history again. */
  stale: boolean;
}

/** A line of `GET /chat/:agent/history`; supervisor lines may say whose they are. */
export type HistoryLine = ChatMessage & { intervention?: InterventionView };

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
  const question = lines.find(({ role }) => role === 'user')?.content ?? '';
  const items = lines.filter(({ role }) => role !== 'user').map((line, index) => itemFromHistory(line, index));
  return { run, question, items, state: stateFromHistory(lines), reason: '' };
}

function itemFromHistory(line: HistoryLine, index: number): Item {
  if (line.role === 'supervisor') {
    const { policy = '', action = 'interject', reason = line.content, turn = 0 } = line.intervention ?? {};
    return { kind: 'intervention', policy, action, reason, turn };
  }
  const state = line.status === 'queued' ? 'streaming' : line.status;
  const turn = line.turn ?? index + 1;
  return { kind: 'answer', turn, text: line.content, reasoning: line.reasoning ?? '', state, note: '', held: 0 };
}

function stateFromHistory(lines: readonly HistoryLine[]): RunLines['state'] {
  if (lines.some(({ status }) => status === 'streaming')) return 'running';
  if (lines.some(({ status }) => status === 'queued')) return 'queued';
  return lines.at(-1)?.status === 'complete' ? 'answered' : 'failed';
}

/** The run that is being worked on, if there is one. */
export function runningRun(view: ChatView): RunLines | undefined {
  return view.runs.find(({ state }) => state === 'running');
}
