/**
 * Where the next turn of a run can go on: for agents with `resume: 'continue'`, whose corrected answers are one seamless text.
 */
import type { Channel } from '../../agent/turn.ts';
import type { Store } from '../store/store.ts';
import type { TurnOutcome } from '../store/turns.ts';
import type { LiveRun, LiveTurn, ResumePoint } from './live-run.ts';

const NOTHING = { text: '', reasoning: '' };

/**
 * What a turn that is over leaves to go on from: one that was cut, all that was shown of it; one that was lost, the same if it went on
 * itself, since its beginning was accepted. A whole answer that was objected to is answered anew. Undefined: nobody cut it.
 */
export function resumePointOf(turn: LiveTurn, outcome: TurnOutcome): ResumePoint | undefined {
  const { number, shown, cutIn, origin, wasWhole } = turn;
  if (outcome !== 'cut' && origin.text === 0) return undefined;
  const isUsable = cutIn !== 'reasoning' && wasWhole !== true && shown.text.trim() !== '';
  return { turn: number, shown: isUsable ? { ...shown } : NOTHING };
}

/** The same, as a previous supervisor recorded it with the last turn of a run that is over. */
export function recordedResumePoint(store: Store, run: LiveRun): ResumePoint | undefined {
  const last = store.turns.newest(run.number);
  if (last === undefined || (last.outcome !== 'cut' && last.resumable === null)) return undefined;
  const shown = last.resumable === null ? NOTHING : shownOf(store, run, last.number);
  return { turn: last.number, shown };
}

/** What the history holds of an interrupted turn. */
export function shownOf(store: Store, run: LiveRun, turn: number): Record<Channel, string> {
  const row = store.history.ofRun(run.number).find((line) => line.role === 'assistant' && line.turn === turn);
  return row === undefined ? NOTHING : { text: row.content, reasoning: row.reasoning ?? '' };
}
