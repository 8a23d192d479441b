/** Tests a candidate policy on recorded messages and turns: what it would do, what its hold-back costs, where it disagrees. Pure. */
import { type Disagreement, disagreements } from './compare.ts';
import { DelayCounts, type Delays } from './delays.ts';
import type { RecordedItem, RecordedLabel, RecordedPlace } from './recorded.ts';
import { type Candidate, type CandidateDecision, type Replayed, replayMessage, replayTurn } from './replay.ts';

/** One message or turn that there is something to say about. */
export interface TestedItem extends RecordedPlace {
  kind: RecordedItem['kind'];
  decisions: CandidateDecision[];
  disagreements: Disagreement[];
  /** See `Replayed`. */
  isUnknown: boolean;
}

export interface BacktestReport {
  policy: string;
  messages: number;
  turns: number;
  deltas: number;
  characters: number;
  /** Messages and turns that it flags. */
  flagged: number;
  /** Turns of which the rest is not known. */
  unknown: number;
  disagreements: number;
  delays: Delays;
  /** Runs that a person marked as bad, or a transcript expects something of, and that it does nothing about. */
  missed: string[];
  /** Only those that are flagged, unknown, or disagreed about. */
  items: TestedItem[];
}

/** `starting`: is told about each message and turn before it is replayed. */
export function backtest(
  candidate: Candidate,
  items: Iterable<RecordedItem>,
  labels: readonly RecordedLabel[],
  starting: (place: RecordedPlace) => void = () => {},
): BacktestReport {
  const delays = new DelayCounts();
  const counts = { messages: 0, turns: 0, deltas: 0, characters: 0 };
  const tested: TestedItem[] = [];
  const seen = new Set<string>();
  for (const item of items) {
    starting(item);
    count(counts, item);
    seen.add(item.run);
    const one = test(candidate, item, delays);
    if (one.decisions.length > 0 || one.isUnknown || one.disagreements.length > 0) tested.push(one);
  }
  const acted = new Set(tested.filter(({ decisions }) => decisions.some(isAct)).map(({ run }) => run));
  return {
    policy: candidate.loaded.name,
    ...counts,
    flagged: tested.filter(({ decisions }) => decisions.length > 0).length,
    unknown: tested.filter(({ isUnknown }) => isUnknown).length,
    disagreements: tested.reduce((sum, one) => sum + one.disagreements.length, 0),
    delays: delays.summary(),
    missed: labels
      .filter(({ run, label }) => label === 'bad' && seen.has(run) && !acted.has(run))
      .map(({ run }) => run),
    items: tested,
  };
}

/** A policy that fails has not seen what is bad. */
function isAct({ action }: CandidateDecision): boolean {
  return action !== 'failed';
}

function test(candidate: Candidate, item: RecordedItem, delays: DelayCounts): TestedItem {
  const { kind, agent, chat, run, turn } = item;
  const replayed: Replayed =
    item.kind === 'message'
      ? { decisions: replayMessage(candidate, item), isUnknown: false }
      : replayTurn(candidate, item, delays);
  const found = disagreements(candidate.loaded.name, item, replayed.decisions);
  return { kind, agent, chat, run, turn, ...replayed, disagreements: found };
}

function count(counts: Pick<BacktestReport, 'messages' | 'turns' | 'deltas' | 'characters'>, item: RecordedItem): void {
  if (item.kind === 'message') {
    counts.messages++;
    return;
  }
  counts.turns++;
  for (const { deltas, text } of item.streams) {
    counts.deltas += deltas.length;
    counts.characters += text.length;
  }
}
