/**
 * Calls a policy's hook and makes sure that what it returned is a verdict. Whatever else happens in there, a throw, a promise,
 * a misspelt field, becomes a PolicyFailure: a run fails closed rather than going on with a judgement nobody understood.
 */
import { nearestName } from '../../policy/nearest-name.ts';
import type { RedactVerdict, Verdict } from '../../policy/policy.ts';
import { wellFormed } from '../../policy/well-formed.ts';
import type { HookName, Judge, LoadedPolicy } from './loaded-policy.ts';

/** UTF-16 units of a correction or a reason. */
export const MAX_VERDICT_TEXT_LENGTH = 10_000;

/** Of what a policy threw, this many characters are told. */
const MAX_THROWN_LENGTH = 200;

/** Verdicts that a hook may return at once: redactions, of which a long message may need many, and others. */
const MOST_REDACTIONS = 100_000;
const MOST_OTHERS = 1000;

const FIELDS = {
  interject: ['action', 'text', 'from'],
  cut: ['action', 'reason', 'from'],
  redact: ['action', 'from', 'to', 'mask', 'reason', 'isSecret'],
  block: ['action', 'reason'],
  pause: ['action', 'reason', 'from'],
  terminate: ['action', 'reason'],
} as const satisfies Record<Verdict['action'], readonly string[]>;

const NONE: readonly Verdict[] = Object.freeze([]);

/**
 * A policy that threw, or returned what is no verdict. The message is for the person who runs the stack: it may quote what the policy judged,
 * for example where `JSON.parse` threw.
 */
export class PolicyFailure extends Error {
  override readonly name = 'PolicyFailure';
  /** For readers: quotes nothing. */
  readonly told: string;
  readonly policy: string;
  readonly version: string;
  readonly hook: HookName | 'review';

  constructor(
    loaded: LoadedPolicy,
    hook: HookName | 'review',
    problem: string,
    told = problem,
    options?: ErrorOptions,
  ) {
    super(`policy ${loaded.name} failed in ${hook}: ${problem}`, options);
    this.told = `policy_failed: policy ${loaded.name} failed in ${hook}: ${told}`;
    this.policy = loaded.name;
    this.version = loaded.version;
    this.hook = hook;
  }
}

/** The plain judge: calls the hook and checks what it returned. It does not watch how long that takes. */
export const callHook: Judge = (loaded, hook, input) => {
  const call = loaded.policy[hook] as ((given: typeof input) => unknown) | undefined;
  try {
    return call === undefined ? NONE : readJudgement(call.call(loaded.policy, input));
  } catch (error) {
    throw failureOf(loaded, hook, error);
  }
};

/** What a hook threw, or what was wrong with what it returned, as the failure of its policy. */
export function failureOf(loaded: LoadedPolicy, hook: HookName | 'review', error: unknown): PolicyFailure {
  return new PolicyFailure(loaded, hook, problemOf(error), toldOf(error), { cause: error });
}

/** The correction or the reason, as people read it. */
export function reasonOf(verdict: Verdict): string {
  return verdict.action === 'interject' ? verdict.text : (verdict.reason ?? 'redacted');
}

/** What a hook returned is no verdict; the message says why. */
export class NotAVerdict extends Error {
  readonly told: string;

  /** `told`: the same without what the policy made up; default: there is nothing of it in the message. */
  constructor(message: string, told = message) {
    super(message);
    this.told = told;
  }
}

/** What a hook returned, as a list of fresh verdicts. @throws NotAVerdict */
export function readJudgement(returned: unknown): readonly Verdict[] {
  if (returned === undefined || returned === null) return NONE;
  if (!Array.isArray(returned)) return [readVerdict(returned)];
  refuseMoreThan(MOST_REDACTIONS, returned.length, 'verdicts');
  // By index: how many its own iterator would give nobody knows.
  const verdicts = Array.from({ length: returned.length }, (_, index) => readVerdict(returned[index]));
  const others = verdicts.filter(({ action }) => action !== 'redact');
  refuseMoreThan(MOST_OTHERS, others.length, 'verdicts that redact nothing');
  return verdicts;
}

function refuseMoreThan(most: number, length: number, what: string): void {
  // What has a length that is no number is refused too.
  if (!(length <= most)) throw new NotAVerdict(`it returned ${length} ${what}, at most ${most} are allowed`);
}

/** Returns a fresh verdict with nothing in it but what was checked. */
function readVerdict(returned: unknown): Verdict {
  if (typeof returned !== 'object' || returned === null) {
    throw new NotAVerdict(`it returned ${returned === null ? 'null' : `a ${typeof returned}`}, not a verdict`);
  }
  refuseThenable(returned);
  const given: Record<string, unknown> = { ...returned };
  const action = readAction(given.action);
  refuseUnknownFields(given, action);
  if (action === 'interject') return { action, text: readText(given.text, 'text'), ...readFrom(given.from) };
  if (action === 'redact') return readRedaction(given);
  const reason = readText(given.reason, 'reason');
  return action === 'cut' || action === 'pause' ? { action, reason, ...readFrom(given.from) } : { action, reason };
}

function readRedaction({ from, to, mask, reason, isSecret }: Record<string, unknown>): RedactVerdict {
  const span = { from: readOffset(from, 'from'), to: readOffset(to, 'to') };
  if (span.to <= span.from) throw new NotAVerdict(`"to" (${span.to}) must be greater than "from" (${span.from})`);
  if (typeof mask !== 'string') throw new NotAVerdict(`"mask" must be text, it is ${typeof mask}`);
  if (mask.length > MAX_VERDICT_TEXT_LENGTH) {
    throw new NotAVerdict(`"mask" has ${mask.length} characters, at most ${MAX_VERDICT_TEXT_LENGTH} are allowed`);
  }
  if (isSecret !== undefined && typeof isSecret !== 'boolean')
    throw new NotAVerdict('"isSecret" must be true or false');
  return {
    action: 'redact',
    ...span,
    mask: wellFormed(mask),
    ...(reason !== undefined && { reason: readText(reason, 'reason') }),
    ...(isSecret !== undefined && { isSecret }),
  };
}

function refuseThenable(returned: object): void {
  if (!('then' in returned) || typeof returned.then !== 'function') return;
  // Nobody will wait for it; without this its rejection would end the process.
  if (returned instanceof Promise) returned.catch(() => undefined);
  throw new NotAVerdict('it returned a promise; a policy answers at once');
}

function readAction(action: unknown): Verdict['action'] {
  if (typeof action === 'string' && Object.hasOwn(FIELDS, action)) return action as Verdict['action'];
  const given = typeof action === 'string' ? `"${action.slice(0, 40)}"` : typeof action;
  const known = `known are ${Object.keys(FIELDS).join(', ')}`;
  throw new NotAVerdict(`unknown action ${given}; ${known}`, `unknown action; ${known}`);
}

/** A field nobody reads may be a misspelt `from`: ignoring it could show what was to be withheld. */
function refuseUnknownFields(given: Record<string, unknown>, action: Verdict['action']): void {
  const known: readonly string[] = FIELDS[action];
  const unknown = Object.keys(given).find((key) => given[key] !== undefined && !known.includes(key));
  if (unknown === undefined) return;
  const nearest = nearestName(unknown, known);
  const hint = nearest === undefined ? `known are ${known.join(', ')}` : `did it mean "${nearest}"?`;
  throw new NotAVerdict(`unknown field "${unknown}" for ${action}; ${hint}`, `unknown field for ${action}; ${hint}`);
}

function readText(text: unknown, field: string): string {
  if (typeof text !== 'string') throw new NotAVerdict(`"${field}" must be text, it is ${typeof text}`);
  if (text.trim() === '') throw new NotAVerdict(`"${field}" is empty`);
  if (text.length > MAX_VERDICT_TEXT_LENGTH) {
    throw new NotAVerdict(`"${field}" has ${text.length} characters, at most ${MAX_VERDICT_TEXT_LENGTH} are allowed`);
  }
  return wellFormed(text);
}

function readFrom(from: unknown): { from?: number } {
  return from === undefined ? {} : { from: readOffset(from, 'from') };
}

function readOffset(offset: unknown, field: string): number {
  if (Number.isSafeInteger(offset) && Number(offset) >= 0) return Number(offset);
  const given = typeof offset === 'number' ? String(offset) : typeof offset;
  throw new NotAVerdict(`"${field}" must be a whole number from 0, it is ${given}`);
}

function problemOf(error: unknown): string {
  try {
    return error instanceof NotAVerdict ? error.message : `it threw ${describeThrown(error)}`;
  } catch {
    return 'it threw something that cannot be read';
  }
}

function describeThrown(error: unknown): string {
  if (error instanceof Error) return `${error.name}: ${error.message}`.slice(0, MAX_THROWN_LENGTH);
  return typeof error === 'string' ? JSON.stringify(error.slice(0, MAX_THROWN_LENGTH)) : `a ${typeof error}`;
}

/** Of what was thrown only the class, by its own name and if that looks like one: anybody can give an error any name. */
export function toldOf(error: unknown): string {
  try {
    if (error instanceof NotAVerdict) return error.told;
    const name = error instanceof Error ? error.constructor.name : '';
    return /^[A-Z]\w{0,39}$/.test(name) ? `it threw ${name}` : 'it threw something';
  } catch {
    return 'it threw something that cannot be read';
  }
}
