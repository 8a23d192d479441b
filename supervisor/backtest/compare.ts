/** Where a candidate disagrees with what was decided about a message or a turn. Pure. */

import type { Decision, RecordedItem } from './recorded.ts';
import type { CandidateDecision } from './replay.ts';

export interface Disagreement {
  /** `missed`: it does nothing where something was done; `new`: the other way round; `action`, `place`: it does it otherwise. */
  kind: 'missed' | 'new' | 'action' | 'place';
  decided: Decision | undefined;
  candidate: CandidateDecision | undefined;
}

/**
 * Compares in order: the first decision of one with the first of the other, and so on. What people did is not compared: no policy
 * could know it. Where the policy of this name judged, only what it did counts; what another one stopped first, it could not stop.
 */
export function disagreements(
  name: string,
  { decided, policies }: Pick<RecordedItem, 'decided' | 'policies'>,
  candidates: readonly CandidateDecision[],
): Disagreement[] {
  if (decided === undefined) return [];
  const byPolicies = decided.filter(({ policy }) => policy !== 'person');
  const own = byPolicies.filter(({ policy }) => policy === name);
  const hasJudged = own.length > 0 || policies?.includes(name) === true;
  if (hasJudged && own.length === 0 && decided.some(({ action }) => action !== 'redact')) return [];
  const isAlone = policies?.length === 1;
  const wanted = hasJudged ? own : byPolicies;
  const length = Math.max(wanted.length, candidates.length);
  return Array.from({ length }, (_, index) => compare(wanted[index], candidates[index], isAlone)).filter(
    (found) => found !== undefined,
  );
}

/** Where others judged too, what they held back moved the place. */
function compare(
  decided: Decision | undefined,
  candidate: CandidateDecision | undefined,
  isAlone: boolean,
): Disagreement | undefined {
  if (candidate === undefined) return { kind: 'missed', decided, candidate };
  if (decided === undefined) return { kind: 'new', decided, candidate };
  if (candidate.action !== decided.action) return { kind: 'action', decided, candidate };
  // A failure has no place: nothing of the rest is shown.
  if (!isAlone || decided.action === 'failed' || candidate.from === decided.from) return undefined;
  return { kind: 'place', decided, candidate };
}
