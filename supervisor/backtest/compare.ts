/**
 * Where a candidate disagrees with what was decided about a message or a turn. Pure.
 *
 * What people did is not compared: no policy could know it; nor what was done about a failed turn, of which nothing is recorded. Where
 * the policy of this name judged, only what it did counts; what another one stopped first, it could not stop. Places are compared where
 * they must be the same: one policy judged alone, and no restart of the supervisor lost the times. Behind a secret, which the
 * recording does not have, nothing is certain: a difference there is none.
 */
import { type CandidateDecision, isClosing } from './candidate.ts';
import { redactionDisagreements } from './compare-redactions.ts';
import type { Comparison, Disagreement } from './comparison.ts';
import type { Decision, RecordedItem } from './recorded.ts';

export function disagreements(
  name: string,
  item: RecordedItem,
  candidates: readonly CandidateDecision[],
): Disagreement[] {
  const { decided, policies } = item;
  if (decided === undefined) return [];
  const byPolicies = decided.filter(({ policy, isBeyondReplay }) => policy !== 'person' && !isBeyondReplay);
  const own = byPolicies.filter(({ policy }) => policy === name);
  const hasJudged = own.length > 0 || policies?.includes(name) === true;
  const isExact = policies?.length === 1 && !isResumed(item);
  const comparison = { item, decided, wanted: hasJudged ? own : byPolicies, candidates, isExact };
  const isEndedByOther = hasJudged && decided.some((one) => one.policy !== name && ends(one, item));
  return [...closingDisagreements(comparison, isEndedByOther), ...redactionDisagreements(comparison)];
}

function isResumed(item: RecordedItem): boolean {
  return item.kind === 'turn' && item.streams.some(({ resumed }) => resumed > 0);
}

/** A correction of a message lets it pass. */
function ends(decision: Decision, { kind }: RecordedItem): boolean {
  return isClosing(decision) && !(kind === 'message' && decision.action === 'interject');
}

/** In order: the first decision of one with the first of the other, and so on. */
function closingDisagreements(comparison: Comparison, isEndedByOther: boolean): Disagreement[] {
  const wanted = comparison.wanted.filter(isClosing);
  const candidates = comparison.candidates.filter(isClosing);
  const length = Math.max(wanted.length, isEndedByOther ? 0 : candidates.length);
  return Array.from({ length }, (_, index) => compare(wanted[index], candidates[index], comparison.isExact))
    .filter((found) => found !== undefined)
    .filter((found) => !isBehindSecret(comparison.item, found));
}

function compare(
  decided: Decision | undefined,
  candidate: CandidateDecision | undefined,
  isExact: boolean,
): Disagreement | undefined {
  if (candidate === undefined) return { kind: 'missed', decided, candidate };
  if (decided === undefined) return { kind: 'new', decided, candidate };
  if (candidate.action !== decided.action) return { kind: 'action', decided, candidate };
  // A failure has no place: nothing of the rest is shown.
  if (!isExact || decided.action === 'failed') return undefined;
  const isSame = candidate.channel === decided.channel && candidate.from === decided.from;
  return isSame ? undefined : { kind: 'place', decided, candidate };
}

/** Whether what was decided, or would be, may follow from what only those saw who judged then. */
function isBehindSecret(item: RecordedItem, { decided, candidate }: Disagreement): boolean {
  const secrets = item.kind === 'message' ? item.secrets : item.streams.flatMap((stream) => stream.secrets);
  if (decided !== undefined) return secrets.length > 0;
  const first = Math.min(...secrets.map(({ from }) => from));
  return first < (candidate?.decidedAt ?? 0);
}
