/** What the log of a simulator says about the order of its calls. */
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';

/** How many of these calls were open at the same time, at most; those that waited inside the server included. */
export function mostAtOnce(calls: readonly LoggedRequest[]): number {
  const openAt = (time: number): number =>
    calls.filter(({ started, endedAt }) => started <= time && time < (endedAt ?? Number.POSITIVE_INFINITY)).length;
  return Math.max(0, ...calls.map(({ started }) => openAt(started)));
}
