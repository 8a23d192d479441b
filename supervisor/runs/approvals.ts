/**
 * Runs that wait for a person: pauses them, ends them when nobody decides in time, and carries out what was decided. While it waits a
 * run keeps its chat and, once its connection to the model is closed, no slot. What a person decided is not judged again.
 */
import type { ApprovalDecree } from '../approval-view.ts';
import { InterjectError } from '../errors.ts';
import type { ApprovalDecision, ApprovalKind, ApprovalRow } from '../store/approvals.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';
import type { RunEnding } from './run-ending.ts';
import type { Workbench } from './workbench.ts';

/** The longest time that a timer of Node can wait; milliseconds. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A policy wants a person to see a message before the model does. */
export interface MessagePause {
  policy: string;
  version: string;
  reason: string;
}

/** Why a turn waits for a person. */
interface TurnPause {
  policy: string;
  reason: string;
  /** Id of the intervention. */
  intervention: number;
  turn: LiveTurn;
  kind: Exclude<ApprovalKind, 'message'>;
}

export class Approvals {
  readonly #bench: Workbench;
  readonly #ending: RunEnding;

  constructor(bench: Workbench, ending: RunEnding) {
    this.#bench = bench;
    this.#ending = ending;
  }

  /** A policy wants a person to see the message of a run that has just left the inbox. */
  pauseMessage(run: LiveRun, { policy, version, reason }: MessagePause): void {
    const { ledger } = this.#bench;
    const nothing = { offset: 0, rawOffset: 0, withheld: '' };
    const intervention = ledger.intervened(run, 0, { policy, version, action: 'pause', reason, ...nothing });
    const text = { shown: run.row.content, withheld: '', withheldReasoning: '' };
    ledger.pauses.started(run, { policy, reason, intervention, turn: 0, kind: 'message', ...text, isComplete: false });
    this.#park(run);
  }

  /** The gates of the turn are closed, and its connection to the model is closed or being closed. */
  pause(run: LiveRun, { turn, ...pause }: TurnPause): void {
    const { ledger } = this.#bench;
    const { shown, gates, number } = turn;
    // After a failure there is nothing to show: approved, the turn is tried again.
    const isAnswer = pause.kind === 'answer';
    const withheld = isAnswer ? gates.text.withheld() : '';
    const withheldReasoning = isAnswer ? gates.reasoning.withheld() : '';
    const isComplete = isAnswer && !turn.upstreamOpen;
    ledger.turnCut(run, turn, 'cut', 'paused');
    const text = { shown: shown.text, withheld, withheldReasoning, isComplete };
    ledger.pauses.started(run, { ...pause, turn: number, ...text });
    this.#park(run);
  }

  #park(run: LiveRun): void {
    run.phase = 'paused';
    if (run.isParked) this.#ending.parked(run);
    this.expireInTime(run);
  }

  /** Ends a paused run, also one of a previous supervisor, when nobody has decided in time. */
  expireInTime(run: LiveRun): void {
    const expiresAt = this.#expiryOf(run);
    if (expiresAt === undefined) return;
    const left = Math.min(Math.max(expiresAt - Date.now(), 0), LONGEST_TIMER_MS);
    setTimeout(() => this.#bench.guarded(() => this.#look(run, expiresAt)), left).unref();
  }

  #expiryOf(run: LiveRun): number | undefined {
    const { recorder, store } = this.#bench;
    return recorder.write(() => store.approvals.waitingOf(run.number))?.expiresAt ?? undefined;
  }

  #look(run: LiveRun, expiresAt: number): void {
    if (this.#bench.runs.get(run.id) !== run || run.phase !== 'paused') return;
    // It may have waited, gone on and wait again.
    if (this.#expiryOf(run) !== expiresAt) return;
    if (Date.now() < expiresAt) return this.expireInTime(run);
    this.#resume(run, 'expired');
    this.#ending.end(run, 'expired', 'nobody decided in time');
  }

  /**
   * Carries out what a person decided.
   * @throws InterjectError approval_decided; unknown_agent when the configuration lost it; invalid_request when an answer is approved
   * that had not begun
   */
  decide(approval: ApprovalRow, decree: ApprovalDecree): void {
    if (approval.state !== 'waiting') throw new InterjectError('approval_decided');
    const run = this.#bench.runs.get(approval.runId);
    if (run === undefined || run.phase !== 'paused') throw new InterjectError('unknown_agent');
    if (decree.decision === 'refuse') this.#refuse(run, approval, decree.reason);
    else if (decree.decision === 'edit') this.#edit(run, approval, decree.content);
    else this.#approve(run, approval);
  }

  #refuse(run: LiveRun, { policy, reason }: ApprovalRow, said: string | undefined): void {
    this.#resume(run, 'refused');
    this.#ending.end(run, 'blocked', `refused by a person: ${said ?? `${policy}: ${reason}`}`);
  }

  #edit(run: LiveRun, { kind, turn }: ApprovalRow, content: string): void {
    this.#resume(run, 'edited');
    if (kind !== 'message') return this.#answer(run, turn, { text: content, reasoning: '' }, 'edited');
    this.#bench.ledger.pauses.messageReplaced(run, content);
    this.#goOn(run);
  }

  #approve(run: LiveRun, { kind, turn, shown, withheld, withheldReasoning, isComplete }: ApprovalRow): void {
    if (kind === 'answer' && isComplete === 0 && shown + withheld === '') {
      throw new InterjectError('invalid_request', 'The answer had not begun: write one (edit), or refuse.');
    }
    this.#resume(run, 'approved');
    if (kind !== 'answer') return this.#goOn(run);
    const reasoning = this.#shownReasoning(run, turn) + withheldReasoning;
    this.#answer(run, turn, { text: shown + withheld, reasoning }, 'approved');
  }

  #shownReasoning(run: LiveRun, turn: number): string {
    const lines = this.#bench.store.history.ofRun(run.number);
    return lines.find((line) => line.role === 'assistant' && line.turn === turn)?.reasoning ?? '';
  }

  #resume(run: LiveRun, decision: ApprovalDecision): void {
    this.#bench.ledger.pauses.ended(run, decision);
    run.phase = 'between';
  }

  #answer(run: LiveRun, turn: number, texts: { text: string; reasoning: string }, reason: string): void {
    this.#bench.ledger.answeredByPerson(run, turn, texts, reason);
    this.#ending.answered(run, texts.text);
  }

  /** To its first turn, or once more after one that failed; what went wrong before no longer counts. */
  #goOn(run: LiveRun): void {
    this.#bench.ledger.setBack(run, { agentDeaths: 0, backendFailures: 0 });
    this.#bench.runs.addFirst(run);
    this.#bench.dispatch();
  }
}
