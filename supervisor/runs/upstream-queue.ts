/**
 * Requests of ours that wait inside a model server although we keep to its slots: others use it. It is said once, and until the
 * last such request is taken or over, the dispatcher sends one less to that server.
 */
import type { Workbench } from './workbench.ts';

export class UpstreamQueue {
  readonly #bench: Workbench;

  constructor(bench: Workbench) {
    this.#bench = bench;
  }

  /** The server of this turn has not taken its request for a while. */
  waits(turnId: string): void {
    const { runs, ledger, backends } = this.#bench;
    const run = runs.ofTurn(turnId);
    if (run?.turn === undefined) return;
    const isNew = !runs.waitingUpstream().has(run.backend);
    run.turn.waitsUpstream = true;
    if (!isNew || run.hasEnded) return;
    const most = slotsLeft(backends.slots(run.backend), true);
    const text = `${run.backend} does not begin with a request although a slot should be free: others use it, or it is loading a model or reading a long prompt. Until it begins at most ${most} of our requests ${most === 1 ? 'is' : 'are'} in flight there.`;
    ledger.noticed(run, { code: 'backend_busy', text, turn: run.turn.number, backend: run.backend });
  }

  /** It has taken the request after all. */
  accepted(turnId: string): void {
    const turn = this.#bench.runs.ofTurn(turnId)?.turn;
    if (turn === undefined) return;
    turn.waitsUpstream = false;
    this.#bench.dispatch();
  }
}

/** Requests in flight at most: one less than the server has slots while others use it, never none. */
export function slotsLeft(slots: number, isBusy: boolean): number {
  return isBusy ? Math.min(slots, Math.max(1, slots - 1)) : slots;
}
