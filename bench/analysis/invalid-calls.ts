/** Invalid calls with their reasons in words: they are counted and named, and never averaged in. */
import { INVALID_REASONS, type InvalidReason } from '../results/recording.ts';
import type { CallFigures } from './calls.ts';

export interface InvalidCall {
  agent: 'A' | 'B';
  stage: string | undefined;
  reason: InvalidReason;
  /** For people, a whole clause. */
  why: string;
}

export function invalidCallsOf(agent: 'A' | 'B', calls: readonly CallFigures[]): InvalidCall[] {
  return calls.flatMap(({ stage, invalid }) => {
    if (invalid === undefined) return [];
    const detail = invalid.detail === undefined ? '' : ` (${invalid.detail})`;
    const why = `agent ${agent}, ${stage ?? 'a call'}: ${INVALID_REASONS[invalid.reason]}${detail}`;
    return [{ agent, stage, reason: invalid.reason, why }];
  });
}
