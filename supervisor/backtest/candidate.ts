/** A policy that is tested, how it is asked, and what it would do. Pure. */
import type { Channel } from '../../policy/policy.ts';
import type { Redaction } from '../gate/redactions.ts';
import type { Judge, LoadedPolicy } from '../policies/loaded-policy.ts';
import { PolicyFailure } from '../policies/verdict.ts';
import type { Decision } from './recorded.ts';

/** What a candidate is and how it is asked. */
export interface Candidate {
  loaded: LoadedPolicy;
  judge: Judge;
}

/** What the candidate would do. */
export interface CandidateDecision extends Decision {
  /** Characters of the channel that it needed to see. */
  decidedAt: number;
  /** What readers would not have been shown, of what was recorded. */
  withheld: string;
  /** Of a redaction: what they would have been shown instead. */
  mask?: string;
}

/** Whether nothing of the turn, or of the run, follows. */
export function isClosing({ action }: Pick<Decision, 'action'>): boolean {
  return action !== 'redact';
}

/** `text`: of the whole channel. */
export function redactedAt(
  { policy, reason, mask, from, to }: Redaction,
  { channel, text, decidedAt }: { channel: Channel; text: string; decidedAt: number },
): CandidateDecision {
  return { policy, action: 'redact', reason, channel, from, to, mask, decidedAt, withheld: text.slice(from, to) };
}

/** A policy that failed is a decision too: its run would have failed. */
export function guarded(
  { name }: LoadedPolicy,
  place: Omit<CandidateDecision, 'action' | 'reason'>,
  ask: () => CandidateDecision[],
): CandidateDecision[] {
  try {
    return ask();
  } catch (error) {
    if (!(error instanceof PolicyFailure)) throw error;
    return [{ ...place, policy: name, action: 'failed', reason: error.message }];
  }
}

/**
 * The same candidate as runs would have it that go on without it when it fails (`onFailure: 'open'`); any other stays as it is.
 * `passedOver`: is told why, each time.
 */
export function forgiving(candidate: Candidate, passedOver: (problem: string) => void): Candidate {
  const { loaded, judge } = candidate;
  if (loaded.policy.onFailure !== 'open') return candidate;
  const forgivingJudge: Judge = (asked, hook, input) => {
    try {
      return judge(asked, hook, input);
    } catch (error) {
      if (!(error instanceof PolicyFailure)) throw error;
      passedOver(error.message);
      return [];
    }
  };
  return { loaded, judge: forgivingJudge };
}
