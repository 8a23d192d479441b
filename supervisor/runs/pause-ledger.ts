/** A run that waits for a person, as recorded facts. A part of the ledger: it only writes. */
import type { Recorder } from '../recorder.ts';
import type { ApprovalDecision, NewApproval } from '../store/approvals.ts';
import type { Store } from '../store/store.ts';
import type { LiveRun } from './live-run.ts';

export class PauseLedger {
  readonly #store: Store;
  readonly #recorder: Recorder;

  constructor(store: Store, recorder: Recorder) {
    this.#store = store;
    this.#recorder = recorder;
  }

  /** The run waits for a person from now on. */
  started(run: LiveRun, approval: Omit<NewApproval, 'run' | 'createdAt' | 'expiresAt'>): void {
    this.#recorder.write(() => {
      const createdAt = Date.now();
      const { approvalSeconds } = run.agent;
      const expiresAt = approvalSeconds === undefined ? null : Math.ceil(createdAt + approvalSeconds * 1000);
      const id = this.#store.approvals.add({ ...approval, run: run.number, createdAt, expiresAt });
      const { policy, reason, turn } = approval;
      this.#recorder.event('run-paused', run.scope, { approval: id, policy, reason, turn });
    });
  }

  /** It waits no longer. */
  ended(run: LiveRun, decision: ApprovalDecision): void {
    this.#recorder.write(() => {
      const waiting = this.#store.approvals.waitingOf(run.number);
      if (waiting === undefined) return;
      this.#store.approvals.decide(waiting.id, decision, Date.now());
      this.#recorder.event('run-resumed', run.scope, { approval: waiting.id, decision });
    });
  }

  /** A person put this in the place of the user's message. */
  messageReplaced(run: LiveRun, content: string): void {
    this.#recorder.write(() => this.#store.history.replaceMessage(run.number, content));
  }
}
