/** Which policies review an answer, and when. */
import type { Policy } from '../../policy/policy.ts';

/** It reviews answers before readers see anything of them. */
export function isReviewedBefore({ review, reviewWhen = 'before' }: Policy): boolean {
  return review !== undefined && reviewWhen === 'before';
}
