/** How a run leaves a turn: it ends, it goes on with the next turn, or it goes back to the queue. */
import type { RunStatus } from '../events.ts';
import { Postman } from '../mailbox/postman.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';
import type { Workbench } from './workbench.ts';

/** A run is tried this often on a backend that fails, and with an agent that dies. */
export const MOST_ATTEMPTS = 3;
/** Milliseconds before a run is tried again on the backend that it failed on for the first, the second time. */
const PAUSES_MS = [250, 1000];

export class RunEnding {
  readonly #bench: Workbench;
  readonly #postman: Postman;

  constructor(bench: Workbench) {
    this.#bench = bench;
    this.#postman = new Postman(bench);
  }

  /** Asks the agent to close its connection to the model. `judged`: characters that had come when somebody objected. */
  closeUpstream(run: LiveRun, turn: LiveTurn, judged?: number): void {
    if (!turn.upstreamOpen) return;
    const offset = judged === undefined ? {} : { offset: judged };
    this.#bench.links.send(run.row.agent, { type: 'turn-cancel', turn: turn.id, ...offset });
  }

  /** The answer of a run is recorded: what it says to other agents is sent, and the run ends, all in one transaction. */
  answered(run: LiveRun, answer: string): void {
    this.#postman.deliver(run, answer);
    this.#bench.ledger.ended(run, 'answered', undefined);
    this.leave(run);
  }

  /** Ends a run for good, also one that never started; what was shown of its turn stays as interrupted. The slot is free when the model's connection is closed. */
  end(run: LiveRun, status: RunStatus, reason: string): void {
    const { turn } = run;
    const { ledger } = this.#bench;
    if (run.row.status === 'queued') ledger.started(run);
    if (turn !== undefined && run.hasOpenTurn) {
      this.closeUpstream(run, turn);
      ledger.turnCut(run, turn, status === 'failed' ? 'failed' : 'cut', reason);
    }
    if (run.phase === 'paused') ledger.pauses.ended(run, 'stopped');
    ledger.ended(run, status, reason);
    this.leave(run);
  }

  /** Blocks a run and stops its agent, which keeps its inbox until a person restarts it. */
  terminate(run: LiveRun, reason: string): void {
    const { agent } = run.row;
    const { links, recorder, stopAgent } = this.#bench;
    // What waits for this agent must not start in the slot that is free now.
    links.halt(agent);
    this.end(run, 'blocked', reason);
    const stop = (): void => stopAgent(agent);
    recorder.committed().then(stop, stop);
  }

  /** Ends a run that a policy in quarantine covers; returns whether one does. `recorded`: what its open turn began with. */
  refuse(run: LiveRun, recorded?: string): boolean {
    const policy = this.#bench.policies.quarantinedOf(run.row.agent, recorded);
    if (policy === undefined) return false;
    const { name, version } = policy;
    this.end(run, 'failed', `policy_quarantined: policy ${name} (${version}) did not return and is in quarantine`);
    return true;
  }

  /** The run is recorded as ended. */
  leave(run: LiveRun): void {
    run.phase = 'draining';
    if (!run.turn?.upstreamOpen) this.removed(run);
  }

  /** The model's connection of a run that waits for a person is closed. */
  parked(run: LiveRun): void {
    this.#bench.runs.forgetTurn(run);
    this.#bench.dispatch();
  }

  /** Nothing of the run is left outside the store. */
  removed(run: LiveRun): void {
    this.#bench.runs.remove(run);
    this.#bench.dispatch();
  }

  /** The agent with the turn is gone. `counted`: it died by itself, perhaps of this message. */
  agentLost(run: LiveRun, turn: LiveTurn, counted: boolean): void {
    turn.upstreamOpen = false;
    if (run.phase === 'draining') return this.removed(run);
    if (run.phase === 'paused') return this.parked(run);
    const agentDeaths = run.row.agentDeaths + (counted ? 1 : 0);
    if (agentDeaths >= MOST_ATTEMPTS) {
      return this.end(
        run,
        'failed',
        `agent_died: agent ${run.row.agent} was lost ${agentDeaths} times with this message`,
      );
    }
    this.tryAgain(run, 'interrupted', 'agent_lost', { agentDeaths, backendFailures: run.row.backendFailures });
  }

  /** The model call failed. */
  backendFailed(run: LiveRun, reason: string, retryable: boolean): void {
    const backendFailures = run.row.backendFailures + 1;
    if (!retryable || backendFailures >= MOST_ATTEMPTS) return this.end(run, 'failed', reason);
    this.#pause(run, PAUSES_MS[backendFailures - 1] ?? 0);
    this.tryAgain(run, 'failed', reason, { agentDeaths: run.row.agentDeaths, backendFailures });
  }

  /** A server that is up and fails all the same is not asked again in the same breath. */
  #pause(run: LiveRun, milliseconds: number): void {
    const { backend } = run;
    run.pausedOn = backend;
    const isOver = (): void => {
      if (run.pausedOn === backend) run.pausedOn = undefined;
      this.#bench.dispatch();
    };
    setTimeout(isOver, milliseconds).unref();
  }

  /** Back to the head of the queue; a turn that was going on is recorded as cut. */
  tryAgain(
    run: LiveRun,
    outcome: 'interrupted' | 'failed',
    reason: string,
    failures: { agentDeaths: number; backendFailures: number },
  ): void {
    const { ledger, runs } = this.#bench;
    if (run.turn !== undefined && run.phase === 'turn') ledger.turnCut(run, run.turn, outcome, reason);
    ledger.setBack(run, failures);
    runs.addFirst(run);
    this.#bench.dispatch();
  }
}
