/**
 * Checks what a policy module exports before it may judge anything. Whatever is refused here is refused at load, with the
 * reason; nothing of it is found out in the middle of an answer.
 */
import { nearestName } from './nearest-name.ts';
import { boundPattern } from './patterns/bounded-pattern.ts';
import { PatternError } from './patterns/widths.ts';
import type { Policy } from './policy.ts';
import { isWellFormed } from './well-formed.ts';

/** UTF-16 units of one pattern, and of all patterns of one policy. */
export const MAX_PATTERN_LENGTH = 500;
export const MAX_PATTERNS_LENGTH = 100_000;

const HOOKS = ['onMessage', 'onText', 'onTurnEnd', 'onError', 'review'] as const;
export const HEAD = ['name', 'agents', 'onFailure'] as const satisfies readonly (keyof Policy)[];
const REVIEW = ['reviewWhen', 'reviewDeadlineMs', 'reviewBackends'] as const satisfies readonly (keyof Policy)[];
export const FIELDS = [
  ...HEAD,
  'patterns',
  'holdback',
  ...HOOKS,
  ...REVIEW,
] as const satisfies readonly (keyof Policy)[];
/** Milliseconds. */
const REVIEW_DEADLINE = { least: 100, most: 3_600_000 } as const;
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;
/** Stands in interventions for people, so no policy may be called that. */
const RESERVED_NAME = 'person';

type Candidate = Partial<Record<(typeof FIELDS)[number], unknown>>;

/** A module that is no usable policy; the message says why. */
export class InvalidPolicyError extends Error {
  override readonly name = 'InvalidPolicyError';
}

/** Returns the candidate as the policy it is. @throws InvalidPolicyError */
export function checkPolicy(candidate: Candidate): Policy {
  checkFields(candidate, FIELDS);
  checkName(candidate.name);
  checkHooks(candidate);
  checkPatterns(candidate);
  checkHoldback(candidate);
  checkReview(candidate);
  checkHead(candidate);
  return candidate as Policy;
}

export function checkFields(candidate: object, known: readonly string[]): void {
  const unknown = Object.keys(candidate).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did you mean "${nearest}"?`;
  throw new InvalidPolicyError(`unknown field "${unknown}"; ${hint}`);
}

function checkHead({ agents, onFailure }: Candidate): void {
  const isList = agents === undefined || (Array.isArray(agents) && agents.every((name) => typeof name === 'string'));
  if (!isList) throw new InvalidPolicyError(`"agents" must be a list of names, it is ${kindOf(agents)}`);
  if (Array.isArray(agents) && agents.length === 0) {
    throw new InvalidPolicyError('"agents" is an empty list: it would judge nobody; leave it out');
  }
  if (onFailure === undefined || onFailure === 'closed' || onFailure === 'open') return;
  throw new InvalidPolicyError(`"onFailure" must be 'closed' or 'open', it is ${kindOf(onFailure)}`);
}

function checkName(name: unknown): void {
  if (typeof name !== 'string') throw new InvalidPolicyError(`"name" must be text, it is ${kindOf(name)}`);
  if (!NAME.test(name)) {
    throw new InvalidPolicyError(
      `the name "${name.slice(0, 60)}" must be lower-case letters, digits and dashes (at most 40)`,
    );
  }
  if (name === RESERVED_NAME) throw new InvalidPolicyError(`the name "${name}" is taken: it stands for people`);
}

function checkHooks(candidate: Candidate): void {
  const present = HOOKS.filter((hook) => candidate[hook] !== undefined);
  if (present.length === 0) throw new InvalidPolicyError(`it has none of the hooks ${HOOKS.join(', ')}`);
  for (const hook of present) {
    if (typeof candidate[hook] !== 'function') {
      throw new InvalidPolicyError(`"${hook}" must be a function, it is ${kindOf(candidate[hook])}`);
    }
  }
}

function checkPatterns(candidate: Candidate): void {
  const { patterns } = candidate;
  if (patterns === undefined) return;
  if (!Array.isArray(patterns)) throw new InvalidPolicyError(`"patterns" must be a list, it is ${kindOf(patterns)}`);
  if (patterns.length === 0) throw new InvalidPolicyError('"patterns" is an empty list; leave it out');
  if (candidate.onText === undefined)
    throw new InvalidPolicyError('"patterns" without "onText": nobody would judge a match');
  const total = Array.from<unknown>(patterns).reduce<number>(
    (sum, pattern, index) => sum + checkPattern(pattern, index),
    0,
  );
  if (total > MAX_PATTERNS_LENGTH) {
    throw new InvalidPolicyError(
      `"patterns" has ${total} characters in all, at most ${MAX_PATTERNS_LENGTH} are allowed`,
    );
  }
}

/** Returns the length of a good pattern. */
function checkPattern(pattern: unknown, index: number): number {
  const where = `"patterns[${index}]"`;
  if (pattern instanceof RegExp) return checkExpression(pattern, where);
  if (typeof pattern !== 'string') {
    throw new InvalidPolicyError(`${where} must be text or a regular expression, it is ${kindOf(pattern)}`);
  }
  if (pattern === '') throw new InvalidPolicyError(`${where} is empty: it would match everywhere`);
  if (pattern.length > MAX_PATTERN_LENGTH) {
    throw new InvalidPolicyError(
      `${where} has ${pattern.length} characters, at most ${MAX_PATTERN_LENGTH} are allowed`,
    );
  }
  if (!isWellFormed(pattern))
    throw new InvalidPolicyError(`${where} holds half a surrogate pair: it could never match`);
  return pattern.length;
}

function checkExpression(expression: RegExp, where: string): number {
  try {
    boundPattern(expression);
    return expression.source.length;
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new InvalidPolicyError(`${where} is refused, ${String(expression).slice(0, 80)}: ${error.message}`);
  }
}

function checkHoldback(candidate: Candidate): void {
  const { holdback } = candidate;
  if (holdback === undefined) return;
  const isCount = Number.isSafeInteger(holdback) && Number(holdback) >= 0;
  if (!isCount && holdback !== 'turn') {
    throw new InvalidPolicyError(
      `"holdback" must be a whole number of characters from 0, or 'turn'; it is ${kindOf(holdback)}`,
    );
  }
  if (candidate.onText === undefined && candidate.onTurnEnd === undefined) {
    throw new InvalidPolicyError('"holdback" without "onText" or "onTurnEnd": nobody would judge what is held back');
  }
}

function checkReview(candidate: Candidate): void {
  const given = REVIEW.find((field) => candidate[field] !== undefined);
  if (given !== undefined && candidate.review === undefined) {
    throw new InvalidPolicyError(`"${given}" without "review": there is nothing that it is for`);
  }
  const { reviewWhen = 'before', reviewDeadlineMs = REVIEW_DEADLINE.least, reviewBackends = [] } = candidate;
  if (reviewWhen !== 'before' && reviewWhen !== 'after') {
    throw new InvalidPolicyError(`"reviewWhen" must be 'before' or 'after', it is ${kindOf(reviewWhen)}`);
  }
  const { least, most } = REVIEW_DEADLINE;
  const isDeadline = Number.isSafeInteger(reviewDeadlineMs) && isBetween(Number(reviewDeadlineMs), least, most);
  if (!isDeadline) {
    throw new InvalidPolicyError(
      `"reviewDeadlineMs" must be a whole number of milliseconds from ${least} to ${most}, it is ${kindOf(reviewDeadlineMs)}`,
    );
  }
  if (!Array.isArray(reviewBackends) || !reviewBackends.every((name) => typeof name === 'string')) {
    throw new InvalidPolicyError(`"reviewBackends" must be a list of names, it is ${kindOf(reviewBackends)}`);
  }
}

function isBetween(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** What a wrong value is, for people: short, and never the content of an object. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof RegExp) return 'a regular expression';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40));
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
