/** Tests a candidate policy on recorded messages and turns: what it would do, what its hold-back costs, where it disagrees. Pure. */
import { type Candidate, type CandidateDecision, forgiving } from './candidate.ts';
import { disagreements } from './compare.ts';
import type { Disagreement } from './comparison.ts';
import { DelayCounts, type Delays } from './delays.ts';
import type { RecordedItem, RecordedLabel, RecordedPlace } from './recorded.ts';
import { type Replayed, replayTurn } from './replay.ts';
import { replayMessage } from './replay-message.ts';

/** One message or turn that there is something to say about. */
export interface TestedItem extends RecordedPlace {
  kind: RecordedItem['kind'];
  decisions: CandidateDecision[];
  disagreements: Disagreement[];
  /** See `Replayed`. */
  isUnknown: boolean;
  /** Secrets in it, which were not kept: what the candidate would make of them nobody knows. */
  secrets: number;
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
  /** Secrets that were not kept, in all messages and turns. */
  secrets: number;
  /** How often a policy with `onFailure: 'open'` failed, and was passed over. */
  passedOver: number;
  disagreements: number;
  delays: Delays;
  /** Runs that a person marked as bad, or a transcript expects something of, and that it does nothing about. */
  missed: string[];
  /** Runs that would be missed, but that hold secrets which were not kept: those may be what is bad. */
  uncertain: string[];
  /** Only those that are flagged, unknown, or disagreed about. */
  items: TestedItem[];
}

const NOTHING: Replayed = { decisions: [], isUnknown: false };

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
  let passedOver = 0;
  const asked = forgiving(candidate, () => passedOver++);
  for (const item of items) {
    starting(item);
    count(counts, item);
    seen.add(item.run);
    const one = test(asked, item, delays);
    if (isWorthTelling(one)) tested.push(one);
  }
  return {
    policy: candidate.loaded.name,
    ...counts,
    flagged: tested.filter(({ decisions }) => decisions.length > 0).length,
    unknown: tested.filter(({ isUnknown }) => isUnknown).length,
    secrets: tested.reduce((sum, one) => sum + one.secrets, 0),
    passedOver,
    disagreements: tested.reduce((sum, one) => sum + one.disagreements.length, 0),
    delays: delays.summary(),
    ...missedOf(
      tested,
      labels.filter(({ run, label }) => label === 'bad' && seen.has(run)),
    ),
    items: tested,
  };
}

function isWorthTelling({ decisions, isUnknown, secrets, disagreements: found }: TestedItem): boolean {
  return decisions.length > 0 || isUnknown || secrets > 0 || found.length > 0;
}

function missedOf(
  tested: readonly TestedItem[],
  bad: readonly RecordedLabel[],
): Pick<BacktestReport, 'missed' | 'uncertain'> {
  const acted = new Set(tested.filter(({ decisions }) => decisions.some(isAct)).map(({ run }) => run));
  const secret = new Set(tested.filter(({ secrets }) => secrets > 0).map(({ run }) => run));
  const silent = bad.filter(({ run }) => !acted.has(run)).map(({ run }) => run);
  return { missed: silent.filter((run) => !secret.has(run)), uncertain: silent.filter((run) => secret.has(run)) };
}

/** A policy that fails has not seen what is bad. */
function isAct({ action }: CandidateDecision): boolean {
  return action !== 'failed';
}

function test(candidate: Candidate, item: RecordedItem, delays: DelayCounts): TestedItem {
  const { kind, agent, chat, run, turn } = item;
  const replayed = judges(candidate, item) ? replay(candidate, item, delays) : NOTHING;
  const found = disagreements(candidate.loaded.name, item, replayed.decisions);
  return { kind, agent, chat, run, turn, ...replayed, secrets: secretsIn(item), disagreements: found };
}

/** A transcript is for whatever policy is tested on it. */
function judges({ loaded: { policy } }: Candidate, { agent, decided }: RecordedItem): boolean {
  return decided === undefined || (policy.agents?.includes(agent) ?? true);
}

function replay(candidate: Candidate, item: RecordedItem, delays: DelayCounts): Replayed {
  if (item.kind === 'turn') return replayTurn(candidate, item, delays);
  return { decisions: replayMessage(candidate, item), isUnknown: false };
}

function secretsIn(item: RecordedItem): number {
  return item.kind === 'message'
    ? item.secrets.length
    : item.streams.reduce((sum, { secrets }) => sum + secrets.length, 0);
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
