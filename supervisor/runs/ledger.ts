/**
 * What can happen to a run, each as one recorded fact: its rows and its events together. Callers decide; the ledger only writes.
 * Everything that is written in one tick is committed together.
 */
import type { Usage } from '../../agent/backend/backend.ts';
import type { Channel } from '../../agent/turn.ts';
import type { EventData, RunStatus } from '../events.ts';
import type { Redaction } from '../gate/redactions.ts';
import type { Recorder } from '../recorder.ts';
import type { LabelView } from '../service.ts';
import type { NewIntervention } from '../store/interventions.ts';
import type { KeyedHash } from '../store/keyed-hash.ts';
import type { RunOptions, RunRow } from '../store/runs.ts';
import type { Store } from '../store/store.ts';
import type { TurnOutcome } from '../store/turns.ts';
import { maskSwarm } from '../swarms/masked-request.ts';
import { keptStreams } from './kept-streams.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';
import { PauseLedger } from './pause-ledger.ts';
import { resumePointOf } from './resume-point.ts';
import { ReviewLedger } from './review-ledger.ts';

export interface Received extends RunOptions {
  id: string;
  agent: string;
  chat: string;
  key: string | undefined;
  content: string;
}

export type Intervention = Omit<NewIntervention, 'run' | 'turn' | 'now'>;

/** Text of a turn that the gate let through, with what it masked in it. */
export interface Release {
  channel: Channel;
  text: string;
  redactions: readonly Redaction[];
  /** What the model wrote in this channel so far. */
  raw: string;
  /** When the delta came that brought it; as `performance.now` counts. */
  arrivedAt: number;
}

export interface LedgerOwner {
  /** For what is not kept. */
  hash: KeyedHash;
  /** It is committed that something was forgotten; the write-ahead log still holds it. */
  onForgotten(): void;
}

export class Ledger {
  readonly pauses: PauseLedger;
  readonly reviews: ReviewLedger;
  readonly #store: Store;
  readonly #recorder: Recorder;
  readonly #owner: LedgerOwner;

  constructor(store: Store, recorder: Recorder, owner: LedgerOwner) {
    this.#store = store;
    this.#recorder = recorder;
    this.#owner = owner;
    this.pauses = new PauseLedger(store, recorder);
    this.reviews = new ReviewLedger(store, recorder);
  }

  /** A message is in the inbox; it may be acknowledged once this is committed. */
  received(message: Received): RunRow {
    return this.#recorder.write(() => {
      const { id, agent, chat, key, content, letter } = message;
      const firstSeq = this.#recorder.event(
        'message-received',
        { agent, chat, run: id },
        { content, ...(key !== undefined && { key }), ...(letter !== undefined && { from: letter.from }) },
      );
      return this.#store.runs.create({ ...message, firstSeq, now: Date.now() });
    });
  }

  /** The run left the inbox: the user's line enters the history. `policies`: the versions that judge the message. */
  started(run: LiveRun, policies?: string): void {
    this.#recorder.write(() => {
      const now = Date.now();
      this.#store.runs.start(run.number, now, policies);
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

  /** Policies masked parts of the message: what was sent is forgotten wherever it stands, but for hashes. */
  messageMasked(run: LiveRun, redactions: readonly Redaction[], content: string, arrivedAt: number): void {
    const { row } = run;
    const raw = row.content;
    this.#recorder.write(() => {
      const hash = this.#owner.hash.of(raw);
      this.#store.runs.mask(run.number, content, hash);
      this.#store.history.replaceMessage(run.number, content);
      this.#recorder.rewrite<'message-received'>(row.firstSeq, { content });
      Object.assign(row, { content, contentHash: hash });
      const place = { store: this.#store, recorder: this.#recorder, hash: this.#owner.hash };
      if (row.origin === 'swarm') maskSwarm(place, row.id, { raw, redactions });
    });
    this.#recorder.afterCommit(() => this.#owner.onForgotten());
    for (const redaction of redactions) {
      this.intervened(
        run,
        0,
        this.#redacted({ channel: 'text', text: content, redactions, raw, arrivedAt }, redaction, 0),
      );
    }
  }

  turnStarted(run: LiveRun, turn: LiveTurn, policies: string): void {
    this.#recorder.write(() => {
      this.#store.runs.claim(run.number, turn.incarnation);
      const { number, incarnation, origin } = turn;
      const { backend } = run;
      const continues = origin.text === 0 ? undefined : origin.text;
      this.#store.turns.start({ run: run.number, number, incarnation, policies, backend, continues, now: Date.now() });
      this.#recorder.event('turn-start', run.scope, {
        turn: number,
        backend,
        ...(continues !== undefined && { continues }),
      });
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

  /** Text that the gate let through; every span that it masked in it is an intervention. */
  passed(run: LiveRun, turn: LiveTurn, release: Release): void {
    const before = turn.shown[release.channel].length;
    if (release.text !== '') this.released(run, turn, release.channel, release.text);
    for (const redaction of release.redactions) {
      this.intervened(run, turn.number, this.#redacted(release, redaction, before));
    }
  }

  /** Text as it is shown. */
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
      const hook = run.phase === 'reviewing' ? 'review' : intervention.hook;
      return this.#store.interventions.add({ ...intervention, hook, run: run.number, turn, now: Date.now() });
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
      run.resumePoint = resumePointOf(turn, outcome);
      this.#store.turns.end(run.number, turn.number, outcome, now, run.resumePoint?.shown.text.length || undefined);
      this.#keepStream(run, turn);
      if (turn.shown.text !== '' || turn.shown.reasoning !== '') this.#addAnswer(run, turn, 'interrupted', now);
      this.#recorder.event('turn-cut', run.scope, { turn: turn.number, text: turn.shown.text, reason });
    });
  }

  /** The turn is the answer; the run's end follows in the same transaction. */
  answered(run: LiveRun, turn: LiveTurn, finishReason: string, usage: Usage | undefined): void {
    this.#recorder.write(() => {
      const now = Date.now();
      this.#store.turns.end(run.number, turn.number, 'finished', now);
      this.#keepStream(run, turn);
      if (usage !== undefined) this.#store.turns.setUsage(run.number, turn.number, usage);
      this.#addAnswer(run, turn, 'complete', now);
      this.#recorder.event('turn-end', run.scope, { turn: turn.number, text: turn.shown.text, reason: finishReason });
    });
  }

  /** What a turn cost that the model had finished, and that is not the answer. */
  counted(run: LiveRun, turn: number, usage: Usage | undefined): void {
    if (usage !== undefined) this.#recorder.write(() => this.#store.turns.setUsage(run.number, turn, usage));
  }

  /** The answer of the run sent a letter to another agent and opened this run with it. */
  letterSent(run: LiveRun, to: string, opened: string): void {
    this.#recorder.write(() => this.#recorder.event('letter-sent', run.scope, { to, to_run: opened }));
  }

  /** What a person let through, or wrote, is the answer; it takes the place of what was shown of the turn. The run's end follows. */
  answeredByPerson(run: LiveRun, turn: number, { text, reasoning }: Record<Channel, string>, reason: string): void {
    this.#recorder.write(() => {
      this.#store.history.dropInterrupted(run.number, turn);
      const { agent, chat } = run.row;
      const line = { agent, chat, run: run.number, turn, content: text, reasoning, now: Date.now() };
      this.#store.history.add({ ...line, role: 'assistant', status: 'complete' });
      this.#recorder.event('turn-end', run.scope, { turn, text, reason });
    });
  }

  ended(run: LiveRun, status: RunStatus, reason: string | undefined): void {
    this.#recorder.write(() => {
      if (!this.#store.runs.end(run.number, status, reason, Date.now())) return;
      if (run.agent.resume === 'continue') this.#store.history.forgetContinued(run.number);
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

  /** What the model wrote, for tests of policies. */
  #keepStream(run: LiveRun, turn: LiveTurn): void {
    for (const stream of keptStreams(run, turn)) this.#store.streams.add(stream);
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

  /** `before`: length of what was shown before the release. Of a secret only length and hash are kept. */
  #redacted({ channel, raw, arrivedAt }: Release, redaction: Redaction, before: number): Intervention {
    const { policy, version, reason, mask, isSecret, from, to, at } = redaction;
    const original = raw.slice(from, to);
    const secret = isSecret ? { hash: this.#owner.hash.of(original), length: to - from } : undefined;
    return {
      ...{ policy, version, action: 'redact', reason, offset: before + at, rawOffset: raw.length, channel },
      withheld: isSecret ? '' : original,
      rawFrom: from,
      redacted: { rawTo: to, maskLength: mask.length, secret },
      latencyMs: performance.now() - arrivedAt,
    };
  }
}
