/** What the gate makes of a verdict: a ruling says from which character on nothing more is shown, and who says so. */
import type { PatternMatch, RedactVerdict, Verdict } from '../../policy/policy.ts';
import type { LoadedPolicy } from '../policies/loaded-policy.ts';
import { hideSecrets, type Secret } from './redactions.ts';
import { boundaryAt } from './surrogates.ts';

/** The verdicts that close a gate: all but a redaction. */
export type ClosingVerdict = Exclude<Verdict, RedactVerdict>;

/** What the gate hands out when it closes for a verdict. */
export interface Ruling {
  policy: string;
  version: string;
  verdict: ClosingVerdict;
  /** First character that is withheld, in UTF-16 units from the start of the turn; all before it was released. */
  from: number;
  /** Length of the text when the policy objected; what was streamed after that only waited for the ruling. */
  decidedAt: number;
}

/** A verdict while it may still be replaced by one that starts earlier. */
export interface Objection {
  by: LoadedPolicy;
  verdict: ClosingVerdict;
  /** Between the released offset and the end of the text, never inside a surrogate pair. */
  from: number;
  decidedAt: number;
}

export const SEVERITY: Record<ClosingVerdict['action'], number> = {
  interject: 1,
  cut: 2,
  pause: 3,
  block: 4,
  terminate: 5,
};

/** Of two objections the one with the earlier `from`, then the severer; else `standing` keeps standing. */
export function foremost(standing: Objection | undefined, challenger: Objection | undefined): Objection | undefined {
  if (standing === undefined || challenger === undefined) return standing ?? challenger;
  if (challenger.from !== standing.from) return challenger.from < standing.from ? challenger : standing;
  return SEVERITY[challenger.verdict.action] > SEVERITY[standing.verdict.action] ? challenger : standing;
}

/**
 * Where a verdict wants the text to end: where it says, else at the leftmost match, else at the first unreleased character.
 * What is released cannot be taken back and what is not written yet cannot be judged, so the result lies between the two:
 * a `from` beyond the text admits the text as it was judged and nothing after it. A block, or a termination, admits nothing more at all.
 */
export function wantedFrom(
  verdict: ClosingVerdict,
  match: PatternMatch | undefined,
  released: number,
  text: string,
): number {
  if (verdict.action === 'block' || verdict.action === 'terminate') return released;
  const wanted = verdict.from ?? match?.from ?? released;
  return boundaryAt(text, Math.min(Math.max(wanted, released), text.length));
}

/** The same verdict; its words are shown, stored and sent to the model, so where they quote a secret its mask stands. */
export function withoutSecrets(verdict: ClosingVerdict, secrets: readonly Secret[]): ClosingVerdict {
  if (secrets.length === 0) return verdict;
  if (verdict.action === 'interject') return { ...verdict, text: hideSecrets(verdict.text, secrets) };
  return { ...verdict, reason: hideSecrets(verdict.reason, secrets) };
}
