/**
 * The policies that judge one stream, with what each of them holds back. It asks all of them, in configuration order, and
 * brings back the foremost objection and all that is to be masked.
 */
import type { PatternMatch, TextToJudge, Verdict } from '../../policy/policy.ts';
import type { Judge, LoadedPolicy } from '../policies/loaded-policy.ts';
import { Holdback } from './holdback.ts';
import { type Span, spanOf } from './redactions.ts';
import { isReviewedBefore } from './reviewed.ts';
import { foremost, type Objection, wantedFrom } from './ruling.ts';

/** What stream is judged. `spent` is one object that its owner keeps up to date. */
export type GatePlace = Pick<TextToJudge, 'agent' | 'chat' | 'run' | 'turn' | 'channel' | 'spent'>;

/** What all policies together make of a text. */
export interface Findings {
  objection: Objection | undefined;
  /** As the policies gave them, clipped to what is not released. */
  redactions: readonly Span[];
  /** What the first judge that threw did throw. The others were asked all the same: what they call a secret must not be kept. */
  failure?: { thrown: unknown };
}

const NONE: readonly Verdict[] = Object.freeze([]);
const NO_FINDINGS: Findings = Object.freeze({ objection: undefined, redactions: [] });

interface Seat {
  loaded: LoadedPolicy;
  holdback: Holdback;
}

export class Panel {
  readonly #seats: readonly Seat[];
  readonly #judge: Judge;
  readonly #place: GatePlace;
  readonly #isReviewed: boolean;

  constructor(policies: readonly LoadedPolicy[], judge: Judge, place: GatePlace) {
    this.#seats = policies.map((loaded) => ({ loaded, holdback: new Holdback(loaded.policy) }));
    this.#judge = judge;
    this.#place = place;
    this.#isReviewed = place.channel === 'text' && policies.some(({ policy }) => isReviewedBefore(policy));
  }

  /** Characters at the end of the text that can still become a pattern of some policy. */
  get undecided(): number {
    return this.#seats.reduce((most, { holdback }) => Math.max(most, holdback.undecided), 0);
  }

  /** Characters at the end of the text that some policy, other than `besides`, holds back by count. */
  counted(besides?: LoadedPolicy): number {
    if (this.isReviewed) return Number.POSITIVE_INFINITY;
    return this.#seats.reduce(
      (most, { loaded, holdback }) => Math.max(most, loaded === besides ? 0 : holdback.counted),
      0,
    );
  }

  /** Nothing of the text is shown before somebody has reviewed the whole of it. */
  get isReviewed(): boolean {
    return this.#isReviewed;
  }

  /** Makes the text known to the matchers, without judging it. */
  read(delta: string): void {
    for (const { holdback } of this.#seats) holdback.feed(delta);
  }

  /** Every policy's judgement of the text after `delta` was added. */
  judgeText(text: string, delta: string, released: number): Findings {
    return this.#gather(text, released, (loaded, matches) =>
      loaded.policy.onText === undefined
        ? NONE
        : this.#judge(loaded, 'onText', this.#textToJudge(text, delta, matches)),
    );
  }

  /** The text is over: the matches that only its end completes, such as of `x$`, are given to their policies with an empty delta. */
  judgeLastMatches(text: string, released: number): Findings {
    const asked = this.#seats.filter(({ holdback }) => holdback.finish()).map(({ loaded }) => loaded);
    if (asked.length === 0) return NO_FINDINGS;
    return this.#gather(text, released, (loaded, matches) =>
      asked.includes(loaded) ? this.#judge(loaded, 'onText', this.#textToJudge(text, '', matches)) : NONE,
    );
  }

  /** Every policy's judgement of the finished turn; of reasoning only where there was any. */
  judgeTurnEnd(text: string, released: number): Findings {
    // Most models never reason: a policy that wants an answer to say something must not object to that.
    if (text === '' && this.#place.channel === 'reasoning') return NO_FINDINGS;
    return this.#gather(text, released, (loaded) =>
      loaded.policy.onTurnEnd === undefined ? NONE : this.#judge(loaded, 'onTurnEnd', { ...this.#place, text }),
    );
  }

  /** What reviews of the finished text come to. A verdict that does not say where it begins means all that is not shown. */
  weigh(reviewed: ReadonlyMap<LoadedPolicy, readonly Verdict[]>, text: string, released: number): Findings {
    return this.#gather(text, released, (loaded) =>
      (reviewed.get(loaded) ?? NONE).map((verdict) =>
        verdict.action === 'redact' ? verdict : { from: released, ...verdict },
      ),
    );
  }

  /** Fresh for every policy. Spelt out because a spread costs two microseconds a delta, twenty times the rest of the gate. */
  #textToJudge(text: string, delta: string, matches: readonly PatternMatch[]): TextToJudge {
    const { agent, chat, run, turn, channel, spent } = this.#place;
    return {
      agent,
      chat,
      run,
      turn,
      channel,
      spent,
      text,
      delta,
      match: matches[0],
      matches: matches.length === 0 ? [] : matches,
    };
  }

  #gather(
    text: string,
    released: number,
    ask: (loaded: LoadedPolicy, matches: readonly PatternMatch[]) => readonly Verdict[],
  ): Findings {
    let objection: Objection | undefined;
    let failure: Findings['failure'];
    const redactions: Span[] = [];
    for (const [seat, { loaded: by, holdback }] of this.#seats.entries()) {
      const matches = holdback.matches(released);
      // The list is the policy's own from now on: it may sort or empty it, so an empty one is not the frozen one either.
      const [first] = matches;
      try {
        for (const verdict of ask(by, matches)) {
          if (verdict.action === 'redact') redactions.push(...spansOf(verdict, { by, seat }, released, text));
          else {
            const from = wantedFrom(verdict, first, released, text);
            objection = foremost(objection, { by, verdict, from, decidedAt: text.length });
          }
        }
      } catch (thrown) {
        failure ??= { thrown };
      }
    }
    return failure === undefined ? { objection, redactions } : { objection, redactions, failure };
  }
}

/** None or one. */
function spansOf(...given: Parameters<typeof spanOf>): Span[] {
  const span = spanOf(...given);
  return span === undefined ? [] : [span];
}
