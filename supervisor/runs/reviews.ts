/**
 * Reviews of finished answers by policies that take their time. The model has ended and its slot is free; the run keeps its chat, and its
 * agent keeps the answer until it is settled, so that after a restart it is reviewed again. All policies review at once. What is to be
 * reviewed before it is shown waits for all who do so; then the others are waited for.
 */
import type { ModelMessage } from '../../agent/backend/backend.ts';
import type { TurnEnd } from '../../agent/bus/messages.ts';
import type { Verdict } from '../../policy/policy.ts';
import type { Reviewed } from '../gate/gate.ts';
import type { LoadedPolicy } from '../policies/loaded-policy.ts';
import { PolicyFailure } from '../policies/verdict.ts';
import type { ReviewOutcome } from '../store/reviews.ts';
import type { LiveRun, LiveTurn, TurnReview } from './live-run.ts';
import { Sitting, type Subject } from './sitting.ts';
import type { Workbench } from './workbench.ts';

/** What conducts the turn. */
export interface ReviewedTurns {
  /** What the model was shown. */
  messages(run: LiveRun, turn: LiveTurn): readonly ModelMessage[];
  /** Lets the gate weigh the verdicts; returns whether the answer may stay. `since`: as `performance.now` counts. */
  settle(run: LiveRun, turn: LiveTurn, reviewed: Reviewed, since: number): boolean;
  /** Nobody objected: the turn is the answer. */
  passed(run: LiveRun, turn: LiveTurn, end: TurnEnd): void;
  failed(run: LiveRun, failure: PolicyFailure): void;
}

export class Reviews {
  readonly #bench: Workbench;
  readonly #turns: ReviewedTurns;

  constructor(bench: Workbench, turns: ReviewedTurns) {
    this.#bench = bench;
    this.#turns = turns;
  }

  /** The gates of the turn are closed and nobody has objected. Returns whether it is to be reviewed; that goes on by itself. */
  begin(run: LiveRun, turn: LiveTurn, end: TurnEnd): boolean {
    if (turn.reviewers.length === 0) return false;
    this.#bench.ledger.reviews.started(run, turn, end.usage);
    run.phase = 'reviewing';
    const review = new Review(this.#bench, this.#turns, { run, turn, end });
    turn.review = review;
    review.begin();
    this.#bench.dispatch();
    return true;
  }
}

interface Case {
  run: LiveRun;
  turn: LiveTurn;
  end: TurnEnd;
}

class Review implements TurnReview {
  readonly #bench: Workbench;
  readonly #turns: ReviewedTurns;
  readonly #case: Case;
  readonly #sittings: readonly Sitting[];
  readonly #verdicts = new Map<LoadedPolicy, readonly Verdict[]>();
  readonly #since = performance.now();
  #isShown: boolean;
  #isOver = false;

  constructor(bench: Workbench, turns: ReviewedTurns, one: Case) {
    this.#bench = bench;
    this.#turns = turns;
    this.#case = one;
    this.#sittings = one.turn.reviewers.map((loaded) => new Sitting(loaded, bench, one.run));
    this.#isShown = one.turn.wasWhole = this.#sittings.every(({ isBefore }) => !isBefore);
  }

  begin(): void {
    const subject = this.#subject();
    for (const sitting of this.#sittings) {
      const history = subject.history.map((line) => ({ ...line }));
      sitting.begin({ ...subject, history }, () => this.#bench.guarded(() => this.#sat(sitting)));
    }
  }

  #subject(): Subject {
    const { run, turn } = this.#case;
    const { store, recorder } = this.#bench;
    const lines = recorder.write(() => store.history.ofRun(run.number));
    const messages = this.#turns.messages(run, turn);
    return {
      ...run.scope,
      turn: turn.number,
      text: turn.gates.text.text,
      shown: turn.shown.text + turn.gates.text.withheld(),
      question: lines.find(({ role }) => role === 'user')?.content ?? run.row.content,
      // The beginning of an answer that was gone on with is in the text.
      history: messages.at(-1)?.role === 'assistant' ? messages.slice(0, -1) : messages,
      spent: run.spending.told,
    };
  }

  /** One of them is over. */
  #sat(sitting: Sitting): void {
    const { run, turn } = this.#case;
    const { result, loaded } = sitting;
    if (this.#isOver || result === undefined) return;
    this.#bench.ledger.reviews.ended(run, turn, { ...costOf(sitting), outcome: outcomeOf(sitting) });
    try {
      this.#verdicts.set(loaded, this.#bench.policies.reviewed(loaded, result, { ...run.scope, turn: turn.number }));
    } catch (failure) {
      if (!(failure instanceof PolicyFailure)) throw failure;
      return this.#turns.failed(run, failure);
    }
    this.#goOn();
  }

  #goOn(): void {
    const { run, turn, end } = this.#case;
    const isPending = ({ result }: Sitting): boolean => result === undefined;
    if (this.#sittings.some((sitting) => sitting.isBefore && isPending(sitting))) return;
    const isLast = !this.#sittings.some(isPending);
    if (this.#isShown && !isLast) return;
    if (!this.#turns.settle(run, turn, this.#verdicts, this.#since)) return;
    this.#isShown = turn.wasWhole = true;
    if (isLast) this.#turns.passed(run, turn, end);
  }

  leave(): void {
    if (this.#isOver) return;
    const { run, turn } = this.#case;
    const { ledger, recorder, links } = this.#bench;
    for (const sitting of this.#sittings) {
      if (sitting.result === undefined) ledger.reviews.left(run, turn, { ...costOf(sitting), outcome: 'left' });
    }
    this.drop();
    recorder.afterCommit(() => links.send(run.row.agent, { type: 'turn-end-recorded', turn: turn.id }));
  }

  drop(): void {
    this.#isOver = true;
    for (const sitting of this.#sittings) sitting.abandon();
  }
}

function costOf(sitting: Sitting) {
  const { loaded, isBefore, ms, tokens } = sitting;
  return { policy: loaded.name, version: loaded.version, isBefore, ms, ...tokens };
}

function outcomeOf({ result, isLate }: Sitting): ReviewOutcome {
  if (isLate) return 'late';
  if (result instanceof PolicyFailure) return 'failed';
  const closing = result?.find(({ action }) => action !== 'redact') ?? result?.[0];
  return closing?.action ?? 'passed';
}
