/** What reviews of finished answers do to a run, each as one recorded fact. A part of the ledger: it only writes. */
import type { Usage } from '../../agent/backend/backend.ts';
import type { EventData } from '../events.ts';
import type { Recorder } from '../recorder.ts';
import type { NewReview, ReviewOutcome } from '../store/reviews.ts';
import type { Store } from '../store/store.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';

/** A review that is over. */
export interface RecordedReview extends Omit<NewReview, 'run' | 'turn' | 'now'> {
  isBefore: boolean;
}

export class ReviewLedger {
  readonly #store: Store;
  readonly #recorder: Recorder;

  constructor(store: Store, recorder: Recorder) {
    this.#store = store;
    this.#recorder = recorder;
  }

  /** The model has ended; policies review what it wrote. */
  started(run: LiveRun, turn: LiveTurn, usage: Usage | undefined): void {
    this.#recorder.write(() => {
      this.#store.turns.modelEnded(run.number, turn.number, Date.now());
      if (usage !== undefined) this.#store.turns.setUsage(run.number, turn.number, usage);
      for (const { name: policy, policy: reviewer } of turn.reviewers) {
        const when = reviewer.reviewWhen ?? 'before';
        this.#recorder.event('review', run.scope, { turn: turn.number, policy, when, state: 'started' });
      }
    });
  }

  /** What a review came to. */
  ended(run: LiveRun, turn: LiveTurn, review: RecordedReview): void {
    this.left(run, turn, review);
    this.#recorder.write(() => {
      const { policy, isBefore, outcome } = review;
      const when = isBefore ? 'before' : 'after';
      this.#recorder.event('review', run.scope, { turn: turn.number, policy, when, state: stateOf(outcome) });
    });
  }

  /** What a review cost that nobody wants to hear of. */
  left(run: LiveRun, turn: LiveTurn, { isBefore: _, ...review }: RecordedReview): void {
    this.#recorder.write(() =>
      this.#store.reviews.add({ ...review, run: run.number, turn: turn.number, now: Date.now() }),
    );
  }
}

function stateOf(outcome: ReviewOutcome): EventData<'review'>['state'] {
  if (outcome === 'failed' || outcome === 'late') return 'failed';
  return outcome === 'passed' ? 'passed' : 'objected';
}
