/** What of a candidate is compared with what was recorded, and what comes of it. Types only. */
import type { CandidateDecision } from './candidate.ts';
import type { Decision, RecordedItem } from './recorded.ts';

export interface Disagreement {
  /** `missed`: it does nothing where something was done; `new`: the other way round; `action`, `place`: it does it otherwise. */
  kind: 'missed' | 'new' | 'action' | 'place';
  decided: Decision | undefined;
  candidate: CandidateDecision | undefined;
}

/** What is compared with what. */
export interface Comparison {
  item: RecordedItem;
  /** All that was decided. */
  decided: readonly Decision[];
  /** What the candidate should have decided too. */
  wanted: readonly Decision[];
  candidates: readonly CandidateDecision[];
  /** Places must be the same. */
  isExact: boolean;
}
