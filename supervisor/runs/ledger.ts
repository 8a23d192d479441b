/**
 * What can happen to a run, each as one recorded fact: its rows and its events together. Callers decide; the ledger only writes.
 * Everything that is written in one tick is committed together.
 */
import type { Usage } from '../../agent/backend/backend.ts';
import type { Channel } from '../../agent/turn.ts';
import type { EventData, RunStatus } from '../events.ts';
import type { Recorder } from '../recorder.ts';
import type { InterventionView, LabelView } from '../service.ts';
import type { RunRow } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import type { TurnOutcome } from '../store/turns.ts';
import { CHANNELS, type LiveRun, type LiveTurn } from './live-run.ts';

export interface Received {
  id: string;
  agent: string;
  chat: string;
  key: string | undefined;
  content: string;
}

export interface Intervention extends Omit<InterventionView, 'turn'> {
  version: string;
  /** Characters of the turn that had been judged. */
  rawOffset: number;
  withheld: string;
}

export class Ledger {
  readonly #store: Store;
  readonly #recorder: Recorder;

  constructor(store: Store, recorder: Recorder) {
    this.#store = store;
    this.#recorder = recorder;
  }

  /** A message is in the inbox; it may be acknowledged once this is committed. */
  received(message: Received): RunRow {
    return this.#recorder.write(() => {
      const { id, agent, chat, key, content } = message;
      const firstSeq = this.#recorder.event(
        'message-received',
        { agent, chat, run: id },
        { content, ...(key !== undefined && { key }) },
      );
      return this.#store.runs.create({ id, agent, chat, key, content, firstSeq, now: Date.now() });
    });
  }

  /** The run left the inbox: the user's line enters the history. */
  started(run: LiveRun): void {
    this.#recorder.write(() => {
      const now = Date.now();
      this.#store.runs.start(run.number, now);
      const { agent, chat, content } = run.row;
      this.#store.history.add({
        agent,
        chat,
        run: run.number,
        turn: 0,
        role: 'user',
        content,
        status: 'complete',
        now,
      });
      this.#recorder.event('run-start', run.scope, { queue_ms: now - run.row.acceptedAt });
      run.row.status = 'running';
      run.row.startedAt = now;
    });
  }

  turnStarted(run: LiveRun, turn: LiveTurn, policies: string): void {
    this.#recorder.write(() => {
      this.#store.runs.claim(run.number, turn.incarnation);
      const { number, incarnation } = turn;
      const { backend } = run;
      this.#store.turns.start({ run: run.number, number, incarnation, policies, backend, now: Date.now() });
      this.#recorder.event('turn-start', run.scope, { turn: turn.number });
    });
  }

  /** Something was done about a model server, or by it, that would otherwise go unsaid. */
  noticed(run: LiveRun, notice: EventData<'notice'>): void {
    this.#recorder.write(() => this.#recorder.event('notice', run.scope, notice));
  }

  /** The same of a model server as such, not of a run. */
  noticedOfBackend(notice: EventData<'notice'>): void {
    this.#recorder.write(() => this.#recorder.event('notice', {}, notice));
  }

  /** Text that the gate let through. */
  released(run: LiveRun, turn: LiveTurn, channel: Channel, text: string): void {
    this.#recorder.write(() => {
      const type = channel === 'text' ? 'text-delta' : 'reasoning-delta';
      this.#recorder.event(type, run.scope, { turn: turn.number, offset: turn.shown[channel].length, text });
      if (run.row.firstTextAt === null) {
        run.row.firstTextAt = Date.now();
        this.#store.runs.setFirstText(run.number, run.row.firstTextAt);
      }
    });
    turn.shown[channel] += text;
  }

  /** Returns the id of the intervention. */
  intervened(run: LiveRun, turn: number, intervention: Intervention): number {
    return this.#recorder.write(() => {
      const { policy, action, reason, offset } = intervention;
      this.#recorder.event('intervention', run.scope, { policy, action, reason, turn, offset });
      return this.#store.interventions.add({ ...intervention, run: run.number, turn, now: Date.now() });
    });
  }

  /** A correction that the next turn will follow; it comes from this intervention. */
  corrected(run: LiveRun, turn: number, content: string, intervention: number): void {
    this.#recorder.write(() => {
      const now = Date.now();
      const { agent, chat } = run.row;
      const line = { agent, chat, run: run.number, turn, content, intervention, now };
      this.#store.runs.addInterjection(run.number, agent, now);
      this.#store.history.add({ ...line, role: 'supervisor', status: 'complete' });
    });
  }

  /** A turn ended without being the answer; what was shown of it stays in the history as interrupted. */
  turnCut(run: LiveRun, turn: LiveTurn, outcome: Exclude<TurnOutcome, 'finished'>, reason: string): void {
    this.#recorder.write(() => {
      const now = Date.now();
      this.#store.turns.end(run.number, turn.number, outcome, now);
      this.#keepStream(run, turn);
      if (turn.shown.text !== '' || turn.shown.reasoning !== '') this.#addAnswer(run, turn, 'interrupted', now);
      this.#recorder.event('turn-cut', run.scope, { turn: turn.number, text: turn.shown.text, reason });
    });
  }

  /** The turn is the answer: everything that this settles, in one transaction. */
  answered(run: LiveRun, turn: LiveTurn, finishReason: string, usage: Usage | undefined): void {
    this.#recorder.write(() => {
      const now = Date.now();
      this.#store.turns.end(run.number, turn.number, 'finished', now);
      this.#keepStream(run, turn);
      if (usage !== undefined) this.#store.turns.setUsage(run.number, turn.number, usage);
      this.#addAnswer(run, turn, 'complete', now);
      this.#recorder.event('turn-end', run.scope, { turn: turn.number, text: turn.shown.text, reason: finishReason });
    });
    this.ended(run, 'answered', undefined);
  }

  ended(run: LiveRun, status: RunStatus, reason: string | undefined): void {
    this.#recorder.write(() => {
      if (!this.#store.runs.end(run.number, status, reason, Date.now())) return;
      this.#recorder.event('run-end', run.scope, { status, ...(reason !== undefined && { reason }) });
    });
    run.row.status = status;
  }

  /** No agent has the run any more; it will be tried again. */
  setBack(run: LiveRun, failures: { agentDeaths: number; backendFailures: number }): void {
    this.#recorder.write(() => {
      this.#store.runs.release(run.number);
      this.#store.runs.setFailures(run.number, failures.agentDeaths, failures.backendFailures);
    });
    Object.assign(run.row, failures);
  }

  /** How long the agent needed to close the connection to the model. */
  cutMeasured(run: LiveRun, turn: number, milliseconds: number): void {
    this.#recorder.write(() => this.#store.interventions.setCutMs(run.number, turn, milliseconds));
  }

  /** What the model wrote, for tests of policies. A secret must not stay readable here: this is the place where it becomes filler. */
  #keepStream({ number: run }: LiveRun, { number: turn, gates, stream, isWhole }: LiveTurn): void {
    for (const channel of CHANNELS) {
      const { text } = gates[channel];
      if (text === '' && channel !== 'text') continue;
      this.#store.streams.add({ run, turn, channel, text, deltas: stream[channel].encoded(), isWhole });
    }
  }

  /** What a person thinks of a run's answer; the newest replaces an earlier one. */
  labelled(run: number, label: LabelView): void {
    this.#recorder.write(() => this.#store.labels.set(run, label, Date.now()));
  }

  #addAnswer(run: LiveRun, turn: LiveTurn, status: 'complete' | 'interrupted', now: number): void {
    const { agent, chat } = run.row;
    const { text: content, reasoning } = turn.shown;
    const row = {
      agent,
      chat,
      run: run.number,
      turn: turn.number,
      role: 'assistant',
      content,
      reasoning,
      status,
      now,
    } as const;
    this.#store.history.add(row);
  }
}
