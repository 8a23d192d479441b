/**
 * The gate: the state machine between the deltas of one channel of one turn and its readers. Pure and synchronous; no clock,
 * no I/O. It promises:
 *
 * 1. What is released is always a prefix of the (well-formed) text, with masks in place of what is redacted; in order, once, and it
 *    never ends inside a surrogate pair.
 * 2. No character is released before every policy had its full holdback to judge it. So a cut does not release what another
 *    policy still holds back by count (`holdback: n` or `'turn'`): that text is withheld together with what was objected to,
 *    because waiting for its holdback would keep a model writing an answer that is already refused.
 * 3. A ruling waits, with nothing released beyond, while a pattern of any policy that starts before it can still complete; a
 *    later verdict that starts earlier replaces it. So what pattern policies let through does not depend on how the text was
 *    split. The wait is shorter than the longest pattern. A block never waits: nothing starts before the released offset.
 * 4. A redaction closes nothing. Its mask is released, once, when all of the span may be released and was followed by more text (or
 *    by a ruling, or the end): a span that touches the end of what was read may still grow. A ruling inside a span divides it.
 * 5. A text that a policy reviews before it is shown is withheld whole until `settle`; whatever else objects to it shows nothing of it.
 * 6. After a ruling, the end of the turn, or a judge that throws, it is closed and releases nothing more. What is withheld then is
 *    masked as the policies want a finished text masked, and no words of a ruling or a redaction quote a secret.
 *
 * All policies judge the same text, as the model wrote it, in configuration order, also while a ruling waits. Offsets are UTF-16
 * units of that text, unless they are called shown.
 */
import type { Verdict } from '../../policy/policy.ts';
import type { Judge, LoadedPolicy } from '../policies/loaded-policy.ts';
import { Intake } from './intake.ts';
import { type Findings, type GatePlace, Panel } from './panel.ts';
import { hideSecrets, type Redaction, Redactions, type Secret, type TextSpan } from './redactions.ts';
import { foremost, type Objection, type Ruling, withoutSecrets } from './ruling.ts';
import { boundaryAt } from './surrogates.ts';

export interface GateOptions {
  policies: readonly LoadedPolicy[];
  judge: Judge;
  place: GatePlace;
  /**
   * What the model wrote of the text that a gate released before a restart: known to the matchers, neither judged nor released again.
   */
  resumeFrom?: string;
}

export interface GateStep {
  /** Continues exactly where the last release ended, masks included; may be empty. */
  released: string;
  /** The spans that were masked in it, in order; absent when there are none. */
  redactions?: readonly Redaction[];
  /** There at most once in a gate's life: nothing follows it, and its `from` is then the released length. */
  ruling?: Ruling;
}

export interface Gate {
  /** @throws whatever the judge throws; the gate is closed then */
  push(delta: string): GateStep;
  /** The turn is over. What has to be reviewed stays withheld. @throws whatever the judge throws; the gate is closed then */
  end(): GateStep;
  /** After the end, and after reviews: the verdicts that they came to. What is withheld is released, or ruled about. */
  settle(reviewed: Reviewed): GateStep;
  /** All that was read, withheld and masked text included. */
  readonly text: string;
  /** Characters of it that were released, as they were or masked. */
  readonly releasedLength: number;
  /** Characters read and not released. */
  readonly heldLength: number;
  readonly closed: boolean;
  /** What is to be masked of the text so far because it is secret, in order; nothing of that may be kept. */
  readonly secrets: readonly TextSpan[];
  /** What was read and not released, masked where policies want that. Closes the gate. @throws whatever the judge throws */
  withheld(): string;
}

/** The verdicts of reviews, by policy. */
export type Reviewed = ReadonlyMap<LoadedPolicy, readonly Verdict[]>;

/** Opens a gate for one channel of one turn. */
export function createGate(options: GateOptions): Gate {
  return new StreamGate(options);
}

const NOTHING: GateStep = Object.freeze({ released: '' });

class StreamGate implements Gate {
  readonly #panel: Panel;
  readonly #intake = new Intake();
  // Only ever appended to: V8 keeps that as a rope and copies it when somebody reads it, which few policies do.
  #text: string;
  #held = '';
  readonly #redactions = new Redactions();
  /** Those that were released as their masks. */
  readonly #maskedSecrets: Secret[] = [];
  #isJudgedWhole = false;
  #objection: Objection | undefined;
  #closed = false;

  constructor({ policies, judge, place, resumeFrom = '' }: GateOptions) {
    this.#panel = new Panel(policies, judge, place);
    this.#text = resumeFrom;
    this.#panel.read(this.#text);
  }

  get text(): string {
    return this.#text;
  }

  get releasedLength(): number {
    return this.#text.length - this.#held.length;
  }

  get heldLength(): number {
    return this.#held.length;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get secrets(): readonly TextSpan[] {
    return this.#redactions.secrets;
  }

  push(delta: string): GateStep {
    if (this.#closed) return NOTHING;
    this.#take(this.#intake.push(delta));
    const objection = this.#objection;
    if (objection !== undefined && !this.#waits(objection)) return this.#rule(objection);
    return this.#release(this.#allowedLength());
  }

  end(): GateStep {
    if (this.#closed) return NOTHING;
    this.#take(this.#intake.end());
    this.#closed = true;
    this.#objection = foremost(
      this.#objection,
      this.#note(this.#panel.judgeLastMatches(this.#text, this.releasedLength)),
    );
    if (this.#objection !== undefined) return this.#rule(this.#objection);
    this.#isJudgedWhole = true;
    const objection = this.#note(this.#panel.judgeTurnEnd(this.#text, this.releasedLength));
    if (this.#panel.isReviewed) return objection === undefined ? NOTHING : this.#close(objection, this.releasedLength);
    // Everybody has judged the whole text now: nothing is held back for a later judgement.
    return objection === undefined ? this.#release(this.#text.length) : this.#close(objection, objection.from);
  }

  settle(reviewed: Reviewed): GateStep {
    const objection = this.#note(this.#panel.weigh(reviewed, this.#text, this.releasedLength));
    return objection === undefined ? this.#release(this.#text.length) : this.#close(objection, objection.from);
  }

  #hideSecrets(words: string): string {
    return hideSecrets(words, this.#secrets);
  }

  get #secrets(): Secret[] {
    return [...this.#maskedSecrets, ...this.#redactions.secretsIn(this.#text)];
  }

  withheld(): string {
    this.#judgeRest();
    return this.#redactions.maskedFrom(this.#text, this.releasedLength);
  }

  #take(added: string): void {
    if (added === '') return;
    this.#text += added;
    this.#held += added;
    this.#panel.read(added);
    // Closed until everybody has answered, so that a judge that throws leaves it closed.
    this.#closed = true;
    const objection = this.#note(this.#panel.judgeText(this.#text, added, this.releasedLength));
    this.#closed = false;
    this.#objection = foremost(this.#objection, objection);
  }

  /** Returns the objection. @throws what a judge threw */
  #note({ objection, redactions, failure }: Findings): Objection | undefined {
    this.#redactions.add(redactions);
    if (failure !== undefined) throw failure.thrown;
    return objection;
  }

  #allowedLength(): number {
    return this.#text.length - Math.max(this.#panel.undecided, this.#panel.counted());
  }

  #waits(objection: Objection): boolean {
    return Math.max(this.releasedLength, this.#text.length - this.#panel.undecided) < objection.from;
  }

  /** No verdict can start earlier any more. The objecting policy itself has judged the text before its `from`. */
  #rule(objection: Objection): GateStep {
    const judged = this.#text.length - this.#panel.counted(objection.by);
    return this.#close(objection, Math.min(objection.from, judged));
  }

  #close({ by, verdict: given, from, decidedAt }: Objection, length: number): GateStep {
    this.#closed = true;
    if (length < this.#text.length) this.#judgeRest();
    this.#redactions.divide(from);
    const step = this.#release(length);
    const { name: policy, version } = by;
    const verdict = withoutSecrets(given, this.#secrets);
    return { ...step, ruling: { policy, version, verdict, from: this.releasedLength, decidedAt } };
  }

  /** Nothing follows: what is withheld may be kept, and shown by a person, so what only its end makes a secret is one now. */
  #judgeRest(): void {
    this.#closed = true;
    if (this.#isJudgedWhole || this.#held === '') return;
    this.#isJudgedWhole = true;
    this.#note(this.#panel.judgeLastMatches(this.#text, this.releasedLength));
    this.#note(this.#panel.judgeTurnEnd(this.#text, this.releasedLength));
  }

  /** Releases up to `length` where that is more than was released; a span of which that is not all stays, and what follows it. */
  #release(length: number): GateStep {
    const redactions: Redaction[] = [];
    let released = '';
    for (let span = this.#redactions.spans[0]; span !== undefined; span = this.#redactions.spans[0]) {
      if (span.from >= length) break;
      released += this.#takeUpTo(span.from);
      if (span.to > length || (span.to === this.#text.length && !this.#closed)) return this.#step(released, redactions);
      const { from, to, mask, reason, isSecret, by } = span;
      redactions.push({
        ...{ policy: by.name, version: by.version, reason, mask, isSecret },
        ...{ from, to, at: released.length },
      });
      released += mask;
      if (isSecret) this.#maskedSecrets.push({ text: this.#text.slice(from, to), mask });
      this.#takeUpTo(to);
      this.#redactions.shift();
    }
    return this.#step(released + this.#takeUpTo(length), redactions);
  }

  #step(released: string, redactions: readonly Redaction[]): GateStep {
    if (redactions.length === 0) return { released };
    const told = redactions.map((redaction) => ({ ...redaction, reason: this.#hideSecrets(redaction.reason) }));
    return { released, redactions: told };
  }

  /** What is held up to `length`, if there is anything; it is not held any more. */
  #takeUpTo(length: number): string {
    const wanted = length - this.releasedLength;
    // Looking into a rope copies it: a turn that is held back whole must not be copied for every delta.
    if (wanted <= 0) return '';
    const count = boundaryAt(this.#held, wanted);
    const taken = this.#held.slice(0, count);
    this.#held = this.#held.slice(count);
    return taken;
  }
}
