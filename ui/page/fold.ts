/**
 * Events → view, pure. An event that is already in the view is ignored; `turn-cut` and `turn-end` carry the whole text and replace what was
 * put together from deltas; a delta that does not join on makes the view stale.
 */
import type { EventData, EventType } from '../../supervisor/events.ts';
import type { NoticeView } from '../../supervisor/service.ts';
import type { Answer, ChatView, Item, RunLines } from './chat-view.ts';

interface Place {
  seq?: number;
  agent?: string;
  chat?: string;
  run?: string;
  swarm?: string;
  benchmark?: string;
}

/** An event as it comes over the stream. */
export type PageEvent = { [T in EventType]: { type: T } & Place & EventData<T> }[EventType];
type EventOf<T extends EventType> = Extract<PageEvent, { type: T }>;

/** The view after an event of its chat. */
export function fold(view: ChatView, event: PageEvent): ChatView {
  if (event.seq !== undefined && event.seq <= view.seq) return view;
  const seq = event.seq ?? view.seq;
  if (event.type === 'resync') return { ...view, stale: true };
  if (event.run === undefined) return seq === view.seq ? view : { ...view, seq };
  if (event.type === 'message-received') return { ...view, seq, runs: withQuestion(view.runs, event.run, event) };
  return { ...view, seq, ...foldRun(view, event.run, event) };
}

function withQuestion(
  runs: readonly RunLines[],
  run: string,
  { content: question, from }: EventOf<'message-received'>,
): readonly RunLines[] {
  if (runs.some((known) => known.run === run)) return runs;
  const sender = from === undefined ? {} : { from };
  return [...runs, { run, question, ...sender, notices: [], letters: [], items: [], state: 'queued', reason: '' }];
}

/** A run or a text that is not known means that something was missed. */
function foldRun(view: ChatView, id: string, event: PageEvent): Pick<ChatView, 'runs' | 'stale'> {
  const index = view.runs.findIndex(({ run }) => run === id);
  const run = view.runs[index];
  const changed = run === undefined ? undefined : changeRun(run, event);
  if (changed === undefined) return { runs: view.runs, stale: true };
  return { runs: view.runs.with(index, changed), stale: view.stale };
}

/** Undefined when the event does not fit the run. */
function changeRun(run: RunLines, event: PageEvent): RunLines | undefined {
  switch (event.type) {
    case 'run-start':
      return withoutEmpty({
        ...run,
        state: 'running',
        items: interruptStreaming(run.items, 'the agent ended; tried again'),
      });
    case 'turn-start':
      return event.continues === undefined
        ? withAnswer(run, event.turn, () => newAnswer(event.turn))
        : continued(run, event.turn, event.continues);
    case 'text-delta':
      return withDelta(run, event, 'text');
    case 'reasoning-delta':
      return withDelta(run, event, 'reasoning');
    case 'held':
      return withAnswer(run, event.turn, (answer) => ({ ...answer, held: event.characters }));
    case 'review':
      return withReview(run, event);
    case 'notice':
      return { ...run, notices: [...run.notices, noticeOf(event)] };
    case 'letter-sent':
      return { ...run, letters: [...run.letters, event.to] };
    case 'intervention':
      return { ...run, items: [...run.items, intervention(event)] };
    case 'run-paused':
      return { ...run, waitsFor: event.approval };
    case 'run-resumed':
      return resumed(run, event);
    case 'turn-cut':
      return withoutEmpty(
        withAnswer(run, event.turn, (answer) => {
          return { ...answer, text: event.text, state: 'interrupted', note: event.reason, held: 0 };
        }),
      );
    case 'turn-end':
      return withAnswer(run, event.turn, (answer) => {
        const note = event.reason === 'length' ? 'the answer reached its token limit' : '';
        return { ...answer, text: event.text, state: 'complete', note, held: 0 };
      });
    case 'run-end':
      return withoutEmpty({
        ...withoutApproval(run),
        state: event.status,
        reason: event.reason ?? '',
        items: interruptStreaming(run.items, ''),
      });
    default:
      return run;
  }
}

/** A message that a person replaced is in the history only. */
function resumed(run: RunLines, { decision }: EventOf<'run-resumed'>): RunLines | undefined {
  const isMessage = run.items.every(({ kind, turn }) => kind === 'intervention' && turn === 0);
  return decision === 'edited' && isMessage ? undefined : withoutApproval(run);
}

function withoutApproval({ waitsFor: _, ...run }: RunLines): RunLines {
  return run;
}

function noticeOf({ code, text, turn }: EventOf<'notice'>): NoticeView {
  return { code, text, ...(turn !== undefined && { turn }) };
}

function intervention({ policy, action, reason, turn }: EventOf<'intervention'>): Item {
  return { kind: 'intervention', policy, action, reason, turn };
}

/** What came of it is told by what follows: a correction, the end of the answer or of the run. */
function withReview(run: RunLines, { turn, policy, state }: EventOf<'review'>): RunLines {
  const note = { started: `policy ${policy} judges it`, failed: `policy ${policy} could not judge it` };
  if (state !== 'started' && state !== 'failed') return run;
  return withAnswer(run, turn, (answer) => ({ ...answer, note: note[state] }));
}

function newAnswer(turn: number): Answer {
  return { kind: 'answer', turn, text: '', reasoning: '', state: 'streaming', note: '', held: 0 };
}

/** The answer before goes on: this one stands in its place, behind the correction. */
function continued(run: RunLines, turn: number, length: number): RunLines | undefined {
  const before = run.items.findLast((item) => item.kind === 'answer' && item.turn < turn);
  if (before?.kind !== 'answer' || before.text.length < length) return undefined;
  const items = run.items.filter((item) => item !== before);
  return withAnswer({ ...run, items }, turn, () => {
    return { ...newAnswer(turn), text: before.text.slice(0, length), reasoning: before.reasoning };
  });
}

function withAnswer(run: RunLines, turn: number, change: (answer: Answer) => Answer): RunLines {
  const index = run.items.findIndex((item) => item.kind === 'answer' && item.turn === turn);
  const known = run.items[index];
  const answer = change(known?.kind === 'answer' ? known : newAnswer(turn));
  const items = known === undefined ? [...run.items, answer] : run.items.with(index, answer);
  const open = run.state === 'queued' || run.state === 'ended';
  return { ...run, state: open ? 'running' : run.state, items };
}

function withDelta(
  run: RunLines,
  delta: EventOf<'text-delta' | 'reasoning-delta'>,
  channel: 'text' | 'reasoning',
): RunLines | undefined {
  const known = run.items.find((item) => item.kind === 'answer' && item.turn === delta.turn);
  const length = known?.kind === 'answer' ? known[channel].length : 0;
  if (delta.offset > length) return undefined;
  return withAnswer(run, delta.turn, (answer) => {
    return { ...answer, [channel]: answer[channel].slice(0, delta.offset) + delta.text, held: 0 };
  });
}

function interruptStreaming(items: readonly Item[], note: string): readonly Item[] {
  return items.map((item) => {
    return item.kind === 'answer' && item.state === 'streaming'
      ? { ...item, state: 'interrupted', note, held: 0 }
      : item;
  });
}

/** An answer that was interrupted before anything was shown is no line, as in the history. */
function withoutEmpty(run: RunLines): RunLines {
  const isShown = (item: Item): boolean =>
    item.kind !== 'answer' || item.state !== 'interrupted' || item.text !== '' || item.reasoning !== '';
  return { ...run, items: run.items.filter(isShown) };
}
