/** What an efficiency would be at best, out of the simulators' own words alone: their configured pace, and their logs. Pure. */
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';

/** 100·mean(T)/max(T), percent: both begin at once and nothing but the instances takes time. */
export interface Ideal {
  /** With T the time that the configured pace gives for the tokens of each instance. */
  configured: number;
  /** With T the time from the arrival to the end of each instance's requests, by its log: what it really kept of its pace. */
  kept: number;
}

interface Pace {
  ttftMs: number;
  tokensPerSecond: number;
}

/** Calls of an agent in one run. */
const CALLS = 2;

/** One ideal for each run, warm-ups included, in their order; `logs`: of the two instances, each asked by one agent only. */
export function pairUp([first = [], second = []]: readonly LoggedRequest[][], pace: Pace): Ideal[] {
  const runs = Math.floor(Math.min(first.length, second.length) / CALLS);
  return Array.from({ length: runs }, (_, run) => {
    const ofRun = (log: readonly LoggedRequest[]) => log.slice(run * CALLS, (run + 1) * CALLS);
    return idealOf([ofRun(first), ofRun(second)], pace);
  });
}

function idealOf(agents: readonly (readonly LoggedRequest[])[], pace: Pace): Ideal {
  const configured = agents.map((calls) => sum(calls.map((call) => paced(call, pace))));
  const kept = agents.map((calls) => sum(calls.map(({ started, endedAt }) => (endedAt ?? Number.NaN) - started)));
  return { configured: balance(configured), kept: balance(kept) };
}

function balance(times: readonly number[]): number {
  return (50 * sum(times)) / Math.max(...times);
}

/** Milliseconds from getting a slot to the last token. */
function paced({ tokensSent }: LoggedRequest, { ttftMs, tokensPerSecond }: Pace): number {
  return ttftMs + (1000 * (tokensSent - 1)) / tokensPerSecond;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
