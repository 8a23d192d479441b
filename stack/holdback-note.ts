/** Says in a few words how much of an answer a policy holds back before a reader sees it. */
import type { Policy } from '../policy/policy.ts';
import { Holdback } from '../supervisor/gate/holdback.ts';
import { isReviewedBefore } from '../supervisor/gate/reviewed.ts';

const MOST_PATTERNS = 3;
/** Characters of an expression that are told. */
const LONGEST_EXPRESSION = 60;

export function holdbackNote(policy: Policy): string {
  const { counted } = new Holdback(policy);
  if (isReviewedBefore(policy)) return 'withholds an answer until it is reviewed';
  if (counted === Number.POSITIVE_INFINITY) return 'withholds an answer until it is complete';
  const parts = [counted > 0 ? `the last ${counted} characters` : '', patternNote(policy.patterns ?? [])];
  const held = parts.filter((part) => part !== '').join(' and ');
  const isReviewed = policy.review !== undefined;
  if (held === '') return isReviewed ? 'shows an answer as it comes, and reviews it then' : 'holds nothing back';
  const hint = policy.holdback === undefined && counted > 0 ? ' (declare patterns or holdback to choose)' : '';
  return `holds back ${held}${hint}`;
}

function patternNote(patterns: readonly (string | RegExp)[]): string {
  if (patterns.length === 0) return '';
  const shown = patterns
    .slice(0, MOST_PATTERNS)
    .map((pattern) => (typeof pattern === 'string' ? JSON.stringify(pattern) : shortened(String(pattern))));
  const rest = patterns.length > MOST_PATTERNS ? ` and ${patterns.length - MOST_PATTERNS} more` : '';
  return `what could become ${shown.join(' or ')}${rest}`;
}

function shortened(expression: string): string {
  return expression.length <= LONGEST_EXPRESSION ? expression : `${expression.slice(0, LONGEST_EXPRESSION - 2)} …`;
}
