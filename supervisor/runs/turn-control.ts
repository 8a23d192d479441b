/**
 * Conducts the turns of a run: starts them, passes their deltas through the gates, cuts them when a policy or a person objects, and
 * settles the run with its answer.
 */
import type { FromAgent, TurnEnd } from '../../agent/bus/messages.ts';
import type { Channel } from '../../agent/turn.ts';
import type { Prompt } from '../context/prompt.ts';
import { InterjectError } from '../errors.ts';
import type { GateStep } from '../gate/gate.ts';
import { PolicyFailure } from '../policies/verdict.ts';
import { Approvals } from './approvals.ts';
import { ErrorJudges } from './error-judges.ts';
import { CHANNELS, type LiveRun, type LiveTurn } from './live-run.ts';
import { newTurn } from './live-turn.ts';
import { Objections, PERSON } from './objections.ts';
import { Prompts } from './prompts.ts';
import { Reviews } from './reviews.ts';
import { RunEnding } from './run-ending.ts';
import { TurnFailures } from './turn-failures.ts';
import type { Workbench } from './workbench.ts';

/** Readers are told that text is withheld when it is this long (characters), at most four times a second. */
const HELD_WORTH_TELLING = 32;
const HELD_INTERVAL_MS = 250;

/** What agents and swarms ask is asked once, whenever this process dies: the agent hears of it when it is committed. */
const RECORDED_FIRST: readonly string[] = ['agent', 'swarm'];

/** How long a model server may be silent. */
const SILENCE_SECONDS = 600;

export class TurnControl {
  readonly ending: RunEnding;
  readonly approvals: Approvals;
  readonly #bench: Workbench;
  readonly #prompts: Prompts;
  readonly #objections: Objections;
  readonly #failures: TurnFailures;
  readonly #reviews: Reviews;

  constructor(bench: Workbench) {
    this.#bench = bench;
    this.ending = new RunEnding(bench);
    this.approvals = new Approvals(bench, this.ending);
    this.#prompts = new Prompts(bench);
    this.#objections = new Objections(bench, this.ending, this.approvals, (run) => this.#next(run));
    this.#failures = new TurnFailures(
      bench,
      this.ending,
      this.#prompts,
      new ErrorJudges(bench, this.ending, this.#objections),
    );
    this.#reviews = new Reviews(bench, {
      messages: (run, turn) => (turn.prompt ?? this.#prepare(run)).messages,
      settle: (run, turn, reviewed, since) =>
        this.#pass(run, turn, 'text', () => turn.gates.text.settle(reviewed), since),
      passed: (run, turn, end) => this.#answered(run, turn, end),
      failed: (run, failure) => this.#failed(run, failure),
    });
  }

  /** Starts the next turn of a run that holds a slot; without its agent the run goes back to the queue. */
  start(run: LiveRun): void {
    const { links, ledger, policies, routing, runs } = this.#bench;
    const incarnation = links.connected(run.row.agent);
    if (incarnation === undefined) return runs.addFirst(run);
    this.#beginSpending(run);
    const prompt = this.#prepare(run);
    routing.served(run, prompt.rough);
    const from = prompt.goesOn ? run.resumePoint : undefined;
    const turn = newTurn(run, policies, { number: run.turns + 1, incarnation, from });
    runs.setTurn(run, turn);
    // Not recorded yet: a turn that is not in the store when this process dies is cancelled at the agent's next hello.
    turn.prompt = prompt;
    const isRecordedFirst = RECORDED_FIRST.includes(run.row.origin);
    if (!isRecordedFirst) this.#command(run, turn, prompt);
    ledger.turnStarted(run, turn, policies.versionsOf(run.row.agent));
    if (isRecordedFirst) this.#commandRecorded(run, turn, prompt);
    this.#prompts.tell(run, turn, prompt);
  }

  #beginSpending({ spending, row, chatId }: LiveRun): void {
    const { recorder, store } = this.#bench;
    if (!spending.isRestored) {
      recorder.write(() => spending.restore(store.turns.spent(row.number), store.turns.spentInChat(chatId)));
    }
    spending.begin(Date.now());
  }

  /** Inside `write`, though it only reads: a disk that cannot be read is a failure of the storage like any other. */
  #prepare(run: LiveRun): Prompt {
    return this.#bench.recorder.write(() => this.#prompts.prepare(run, this.#model(run)));
  }

  /** Whether an answer that begins now goes on after a cut, so that what is shown of it stays. */
  continues(run: LiveRun): boolean {
    const { backends, routing } = this.#bench;
    return routing
      .membersNow(run)
      .every((backend) =>
        this.#prompts.continues(run.agent, { backend, model: run.agent.model ?? backends.model(backend) }),
      );
  }

  #model({ agent, backend }: LiveRun): string {
    return agent.model ?? this.#bench.backends.model(backend);
  }

  /** @throws InterjectError */
  #commandRecorded(run: LiveRun, turn: LiveTurn, prompt: Prompt): void {
    if (!this.#bench.recorder.flush()) throw new InterjectError('storage_failed');
    this.#command(run, turn, prompt);
  }

  #command(run: LiveRun, turn: LiveTurn, { messages, goesOn }: Prompt): void {
    const { temperature, topP, topK, repeatPenalty, maxTokens, seed, context, numGpu, keepAlive } = run.agent;
    const { stop, presencePenalty, frequencyPenalty } = run.agent;
    this.#bench.links.send(run.row.agent, {
      type: 'turn-start',
      turn: turn.id,
      run: run.id,
      chat: run.row.chat,
      number: turn.number,
      backend: run.backend,
      model: this.#model(run),
      silenceMs: Math.ceil((run.agent.silenceSeconds ?? SILENCE_SECONDS) * 1000),
      messages: [...messages],
      ...(run.format && { format: run.format }),
      ...(goesOn && { dropSpace: trailingSpace(turn.shown.text) }),
      options: {
        ...{ temperature, topP, topK, repeatPenalty, maxTokens, seed, context, numGpu, keepAlive },
        ...{ stop, presencePenalty, frequencyPenalty },
      },
    });
  }

  /** A delta came. A turn that nobody knows is cancelled. */
  delta(agent: string, { turn: id, channel, offset, text }: Extract<FromAgent, { type: 'delta' }>): void {
    const run = this.#bench.runs.ofTurn(id);
    const turn = run?.turn;
    if (run === undefined || turn === undefined)
      return this.#bench.links.send(agent, { type: 'turn-cancel', turn: id });
    if (run.phase !== 'turn') return;
    if (offset > turn.received[channel]) return this.#incomplete(run, turn);
    const fresh = text.slice(turn.received[channel] - offset);
    if (fresh === '') return;
    turn.received[channel] += fresh.length;
    run.spending.received(Buffer.byteLength(fresh), Date.now());
    turn.stream[channel].add(fresh.length, run.spending.turnMs);
    this.#pass(run, turn, channel, () => turn.gates[channel].push(fresh));
  }

  /** A model server did something silently in this turn. */
  noticed({ turn: id, code, text }: Extract<FromAgent, { type: 'notice' }>): void {
    const run = this.#bench.runs.ofTurn(id);
    if (run?.turn === undefined || run.hasEnded) return;
    this.#bench.ledger.noticed(run, { code, text, turn: run.turn.number });
    // Its count is of the part that was left, not of what was sent.
    run.turn.prompt = undefined;
  }

  /** A turn's end came; it is recorded before the agent may forget the turn. */
  ended(agent: string, end: TurnEnd): void {
    const run = this.#bench.runs.ofTurn(end.turn);
    if (run?.turn !== undefined) this.#settle(run, run.turn, end);
    // Until it is reviewed the agent keeps it: a supervisor that is restarted reviews it again.
    if (run?.turn?.id === end.turn && run.turn.review !== undefined) return;
    this.#bench.recorder.afterCommit(() =>
      this.#bench.links.send(agent, { type: 'turn-end-recorded', turn: end.turn }),
    );
  }

  /** A person corrects: the turn is cut where the reader is, and the next one follows the correction. */
  correct(run: LiveRun, text: string): void {
    const verdict = { action: 'interject', text } as const;
    if (run.turn === undefined || !run.hasOpenTurn) return this.#objections.correctBetweenTurns(run, text);
    try {
      const withheld = run.turn.gates.text.withheld();
      this.ending.closeUpstream(run, run.turn);
      this.#objections.carryOut(run, run.turn, { policy: PERSON, version: '', verdict }, withheld);
    } catch (error) {
      this.#failed(run, error);
    }
  }

  /** Lets a gate judge; returns whether the turn goes on. */
  #pass(run: LiveRun, turn: LiveTurn, channel: Channel, judge: () => GateStep, arrivedAt = performance.now()): boolean {
    try {
      const { released, ruling, redactions = [] } = judge();
      const gate = turn.gates[channel];
      this.#measureHeld(run, turn, channel, performance.now());
      if (ruling !== undefined) this.ending.closeUpstream(run, turn, turn.received[channel]);
      const isAnything = released !== '' || redactions.length > 0;
      if (isAnything) {
        const release = { channel, text: released, redactions, raw: gate.text, arrivedAt };
        this.#bench.ledger.passed(run, turn, release);
      } else this.#tellHeld(run, turn);
      if (ruling === undefined) return true;
      turn.cutIn = channel;
      this.#objections.carryOut(run, turn, { ...ruling, channel, arrivedAt }, gate.withheld());
    } catch (error) {
      this.#failed(run, error);
    }
    return false;
  }

  #measureHeld(run: LiveRun, { gates, heldTimes }: LiveTurn, channel: Channel, now: number): void {
    const { text, releasedLength } = gates[channel];
    const waited = heldTimes[channel].read(text.length, releasedLength, now);
    if (waited !== undefined) this.#bench.metrics.heldBack(run.row.agent, waited);
  }

  /** Fails closed. Readers are not told what the policy said: it may quote the text that it failed at. @throws what is no failure of a policy */
  #failed(run: LiveRun, error: unknown): void {
    if (!(error instanceof PolicyFailure)) throw error;
    this.ending.end(run, 'failed', error.told);
  }

  #tellHeld(run: LiveRun, turn: LiveTurn): void {
    const characters = turn.gates.text.heldLength;
    const now = Date.now();
    if (characters < HELD_WORTH_TELLING || now - turn.heldToldAt < HELD_INTERVAL_MS) return;
    turn.heldToldAt = now;
    this.#bench.recorder.announce('held', run.scope, { turn: turn.number, characters });
  }

  #next(run: LiveRun): void {
    this.#bench.runs.forgetTurn(run);
    const start = (): void => this.#bench.guarded(() => this.#startIfStillThere(run));
    setTimeout(start, this.#bench.backends.settleMs(run.backend));
    // Its request may have been the one that waited in the server.
    this.#bench.dispatch();
  }

  #startIfStillThere(run: LiveRun): void {
    const { runs, routing } = this.#bench;
    if (runs.get(run.id) !== run || run.phase !== 'between') return;
    if (routing.isWhereItBelongs(run)) return this.start(run);
    runs.addFirst(run);
    this.#bench.dispatch();
  }

  #settle(run: LiveRun, turn: LiveTurn, end: TurnEnd): void {
    if (run.phase === 'reviewing') return;
    turn.upstreamOpen = false;
    if (end.usage !== undefined) run.spending.counted(end.usage.completionTokens);
    if (end.cutMs !== undefined) {
      this.#bench.ledger.cutMeasured(run, turn.number, end.cutMs);
      this.#bench.metrics.cut(run.row.agent, end.cutMs);
    }
    if (run.phase === 'draining') return this.ending.removed(run);
    if (run.phase === 'between') return this.#next(run);
    if (run.phase === 'paused') return this.ending.parked(run);
    if (end.outcome === 'finished') return this.#finish(run, turn, end);
    if (end.outcome === 'cancelled') return this.ending.agentLost(run, turn, false);
    this.#failures.failed(run, turn, end, turn.prompt ?? this.#prepare(run));
  }

  #finish(run: LiveRun, turn: LiveTurn, end: TurnEnd): void {
    const isWhole = end.textLength === turn.received.text && end.reasoningLength === turn.received.reasoning;
    if (!isWhole) return this.#incomplete(run, turn);
    turn.isWhole = true;
    if (!CHANNELS.every((channel) => this.#pass(run, turn, channel, () => turn.gates[channel].end()))) {
      return this.#bench.ledger.counted(run, turn.number, end.usage);
    }
    this.#prompts.counted(turn.prompt, end.usage?.promptTokens);
    if (!this.#reviews.begin(run, turn, end)) this.#answered(run, turn, end);
  }

  #answered(run: LiveRun, turn: LiveTurn, { finishReason, usage }: TurnEnd): void {
    this.#bench.ledger.answered(run, turn, finishReason ?? 'stop', usage);
    this.ending.answered(run, turn.shown.text);
  }

  /** Text is missing between what came and what the agent says: the turn is worth nothing. */
  #incomplete(run: LiveRun, turn: LiveTurn): void {
    this.#bench.log.error({ ...run.scope, turn: turn.number }, 'text of a turn is missing');
    this.ending.closeUpstream(run, turn);
    this.agentLost(run, turn, true);
  }

  /** The agent with the turn is gone. `counted`: it died by itself, perhaps of this message. */
  agentLost(run: LiveRun, turn: LiveTurn, counted: boolean): void {
    this.#failures.agentLost(run, turn, counted);
  }
}

/** Characters of white space that a text ends with. */
function trailingSpace(text: string): number {
  return text.length - text.trimEnd().length;
}
