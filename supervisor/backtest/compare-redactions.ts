/** Where the redactions of a candidate differ from the recorded ones. Pure. */
import type { TextSpan } from '../gate/redactions.ts';
import { type CandidateDecision, isClosing } from './candidate.ts';
import type { Comparison, Disagreement } from './comparison.ts';
import type { Decision } from './recorded.ts';

/**
 * A candidate's redaction must be a recorded one, or, where others judged too, lie in one: theirs may have grown together with it. A
 * recorded one must be met by one of the candidate.
 */
export function redactionDisagreements(comparison: Comparison): Disagreement[] {
  const found = comparison.candidates.filter((one) => !isClosing(one)).map((one) => judgeNew(comparison, one));
  const missed = comparison.wanted.filter((one) => !isClosing(one)).map((one) => judgeMissed(comparison, one));
  return [...found, ...missed].filter((one) => one !== undefined);
}

function judgeNew(comparison: Comparison, candidate: CandidateDecision): Disagreement | undefined {
  const { decided, wanted, isExact } = comparison;
  if (touchesSecret(comparison, candidate) || isBeyondRecording(comparison, candidate)) return undefined;
  const span = spanOf(candidate);
  const others = (isExact ? wanted : decided).filter((one) => !isClosing(one) && one.channel === candidate.channel);
  const isMet = others.map(spanOf).some((other) => (isExact ? isSame(other, span) : covers(other, span)));
  if (isMet) return undefined;
  const near = others.find((one) => overlap(spanOf(one), span));
  return { kind: near === undefined ? 'new' : 'place', decided: near, candidate };
}

function judgeMissed(comparison: Comparison, decided: Decision): Disagreement | undefined {
  if (touchesSecret(comparison, decided) || isBeyondCandidate(comparison, decided)) return undefined;
  const isMet = comparison.candidates.some(
    (one) => !isClosing(one) && one.channel === decided.channel && overlap(spanOf(one), spanOf(decided)),
  );
  return isMet ? undefined : { kind: 'missed', decided, candidate: undefined };
}

/** The candidate cannot see what is there. */
function touchesSecret({ item }: Comparison, { channel, ...decision }: Decision): boolean {
  const stream = item.kind === 'message' ? item : item.streams.find((one) => one.channel === channel);
  const { from, to } = spanOf(decision);
  return stream?.secrets.some((secret) => secret.from <= to && from <= secret.to) === true;
}

/** What was held back when the turn was cut was masked for nobody, and not recorded. */
function isBeyondRecording({ item, decided, isExact }: Comparison, { channel, from }: CandidateDecision): boolean {
  if (item.kind === 'message') return false;
  const end = decided.find((one) => isClosing(one) && one.action !== 'failed');
  if (end !== undefined && end.channel === channel) return from >= end.from;
  if (isExact || (item.isWhole && end === undefined && !decided.some(isClosing))) return false;
  // What others held back then is not known.
  const masked = decided.filter((one) => !isClosing(one) && one.channel === channel).map((one) => spanOf(one).to);
  return from >= Math.max(0, ...masked);
}

/** The candidate would have ended it before. */
function isBeyondCandidate({ item, candidates }: Comparison, { channel, from, to = from }: Decision): boolean {
  if (item.kind === 'message') return false;
  const end = candidates.find(isClosing);
  return end !== undefined && (end.channel !== channel || to > end.from);
}

function spanOf({ from, to = from }: Pick<Decision, 'from' | 'to'>): TextSpan {
  return { from, to };
}

function isSame(one: TextSpan, other: TextSpan): boolean {
  return one.from === other.from && one.to === other.to;
}

function covers(outer: TextSpan, inner: TextSpan): boolean {
  return outer.from <= inner.from && inner.to <= outer.to;
}

function overlap(one: TextSpan, other: TextSpan): boolean {
  return one.from < other.to && other.from < one.to;
}
