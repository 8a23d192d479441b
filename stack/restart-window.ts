/**
 * How often a child may be restarted, as Erlang/OTP has it: more than `intensity` restarts within `periodMs` are too many. The first
 * restart is made at once, further ones wait longer and longer. Pure: the caller brings the time.
 */

export interface RestartLimits {
  /** Restarts that are allowed within the period. */
  intensity: number;
  periodMs: number;
  /** Wait before the second restart; doubles with each further one. */
  backOffMs: number;
  longestBackOffMs: number;
}

export const RESTART_LIMITS: RestartLimits = {
  intensity: 5,
  periodMs: 30_000,
  backOffMs: 200,
  longestBackOffMs: 5000,
};

/** A restart that counts; `id` tells it from others. */
export interface CountedRestart {
  id: string;
  /** Milliseconds on any clock that only goes forward. */
  at: number;
}

/** Undefined `delayMs`: too many, there is no restart. */
export interface RestartDecision {
  restarts: readonly CountedRestart[];
  delayMs: number | undefined;
}

/** Counts one more restart, and says after which wait it may be made. */
export function addRestart(
  restarts: readonly CountedRestart[],
  added: CountedRestart,
  limits: RestartLimits,
): RestartDecision {
  const counted = [...restarts.filter(({ at }) => added.at - at < limits.periodMs), added];
  if (counted.length > limits.intensity) return { restarts: counted, delayMs: undefined };
  return { restarts: counted, delayMs: delayOf(counted.length, limits) };
}

/** Takes a restart out that was somebody else's fault. */
export function forgiveRestart(restarts: readonly CountedRestart[], id: string): readonly CountedRestart[] {
  return restarts.filter((restart) => restart.id !== id);
}

function delayOf(count: number, { backOffMs, longestBackOffMs }: RestartLimits): number {
  return count === 1 ? 0 : Math.min(longestBackOffMs, backOffMs * 2 ** (count - 2));
}
