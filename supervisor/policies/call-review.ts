/** Calls the asynchronous hook of a policy and makes sure that what it resolves to is a verdict; anything else becomes a PolicyFailure. */
import type { Verdict } from '../../policy/policy.ts';
import { isReviewedBefore } from '../gate/reviewed.ts';
import type { LoadedPolicy } from './loaded-policy.ts';
import { failureOf, NotAVerdict, readJudgement } from './verdict.ts';

/** @throws PolicyFailure when it throws, rejects, or comes to what is no verdict */
export async function callReview(loaded: LoadedPolicy, call: () => unknown): Promise<readonly Verdict[]> {
  try {
    const verdicts = readJudgement(await call());
    if (!isReviewedBefore(loaded.policy)) refuseRedaction(verdicts);
    return verdicts;
  } catch (error) {
    throw failureOf(loaded, 'review', error);
  }
}

/** Ignored, it would look as if something had been masked. */
function refuseRedaction(verdicts: readonly Verdict[]): void {
  if (verdicts.every(({ action }) => action !== 'redact')) return;
  throw new NotAVerdict("a redaction cannot take back what readers have seen; review with reviewWhen: 'before'");
}
