/** Gives free slots to waiting runs, and has a message judged before its first turn. */
import type { Limits } from '../choose-runs.ts';
import { InterjectError } from '../errors.ts';
import { maskWhole, type Secret, type Span, spanOf } from '../gate/redactions.ts';
import { type ClosingVerdict, withoutSecrets } from '../gate/ruling.ts';
import type { LoadedPolicy } from '../policies/loaded-policy.ts';
import { isBuiltIn } from '../policies/policy-version.ts';
import { PolicyFailure, reasonOf } from '../policies/verdict.ts';
import { BENCHMARK } from './leases.ts';
import type { LiveRun } from './live-run.ts';
import type { TurnControl } from './turn-control.ts';
import { slotsLeft } from './upstream-queue.ts';
import type { Workbench } from './workbench.ts';

export class Dispatcher {
  readonly #bench: Workbench;
  readonly #turns: TurnControl;
  /** Nothing starts before the agents that were alive have said which turns they hold. */
  #hasOpened = false;
  #isClosed = false;
  #isAsked = false;
  #isBusy = false;

  constructor(bench: Workbench, turns: TurnControl) {
    this.#bench = bench;
    this.#turns = turns;
  }

  open(): void {
    this.#hasOpened = true;
    this.dispatch();
  }

  /** Starts no turn any more, for good: the stack is about to stop. What is being reviewed is reviewed to its end. */
  close(): void {
    this.#isClosed = true;
  }

  /** Starts every run that can start now. One that ends at once frees its slot meanwhile: that is another round, not a recursion. */
  dispatch(): void {
    this.#isAsked = true;
    if (!this.#hasOpened || this.#isBusy) return;
    this.#isBusy = true;
    try {
      while (this.#isAsked) this.#startAll();
    } finally {
      this.#isBusy = false;
    }
  }

  #startAll(): void {
    this.#isAsked = false;
    const { runs, asks, leases, routing } = this.#bench;
    const limits = this.#limits();
    asks.start([...runs.slotUsers(), ...leases.users], limits);
    if (this.#isClosed) return;
    const others = [...asks.working, ...leases.users];
    const startable = runs.takeStartable(limits, routing, others, leases.claims(limits));
    leases.took(startable.claims, [...runs.slotUsers(), ...asks.working]);
    for (const run of startable.runs) this.#begin(run);
    this.#lookAtLeases();
  }

  #limits(): Limits {
    const { runs, links, backends } = this.#bench;
    const busy = runs.waitingUpstream();
    return {
      agent: (name) => (links.connected(name) === undefined && name !== BENCHMARK ? 0 : this.#concurrency(name)),
      backend: (name) => slotsLeft(backends.slots(name), busy.has(name)),
      groupOf: (name) => backends.groupOf(name),
      group: (name) => backends.groupLimit(name),
    };
  }

  /** Whoever holds leases hears who waits for them, and who works beside them. */
  #lookAtLeases(): void {
    const { runs, asks, leases, routing } = this.#bench;
    if (!leases.areThere) return;
    const limits = this.#limits();
    const others = runs.slotUsers();
    const wanted = [...asks.wouldStart(others, limits), ...runs.wouldStart(limits, routing, asks.working)];
    if (leases.look(wanted, [...others, ...asks.working])) this.#isAsked = true;
  }

  #concurrency(agent: string): number {
    return this.#bench.agents.get(agent)?.concurrency ?? Number.POSITIVE_INFINITY;
  }

  #begin(run: LiveRun): void {
    if (this.#turns.ending.refuse(run)) return;
    if (run.row.status === 'queued') {
      const judges = this.#judges(run);
      this.#bench.ledger.started(run, this.#bench.policies.versionsOf(run.row.agent));
      if (!this.#mayPass(run, judges)) return;
    }
    this.#tellFallback(run);
    this.#turns.start(run);
  }

  /** Says once that a run goes elsewhere. */
  #tellFallback(run: LiveRun): void {
    const { backend, place, ownPlace, toldPlace } = run;
    run.toldPlace = place;
    if (place === ownPlace || place === toldPlace) return;
    const none = this.#bench.backends.isPool(ownPlace)
      ? `No member of ${ownPlace} answers`
      : `${ownPlace} does not answer`;
    const text = `${none}; ${place} is asked instead.`;
    this.#bench.ledger.noticed(run, { code: 'backend_fallback', text, turn: run.turns + 1, backend });
  }

  /**
   * The policies that judge messages. One of the user's may not return and takes this process with it: the message is in the store by
   * then, as one that was not judged yet; its start and the verdict are recorded together.
   */
  #judges(run: LiveRun): readonly LoadedPolicy[] {
    const { policies, recorder } = this.#bench;
    const judges = policies.of(run.row.agent).filter(({ policy }) => policy.onMessage !== undefined);
    const mustBeStored = judges.some(({ version }) => !isBuiltIn(version));
    if (mustBeStored && !recorder.flush()) throw new InterjectError('storage_failed');
    return judges;
  }

  /**
   * Asks every policy about the message as it was sent; returns whether the run goes on. What they mask is masked before anything is
   * committed, also when another one refuses the message or fails.
   */
  #mayPass(run: LiveRun, judges: readonly LoadedPolicy[]): boolean {
    const arrivedAt = performance.now();
    const spans: Span[] = [];
    const decisions: [LoadedPolicy, ClosingVerdict][] = [];
    let failure: PolicyFailure | undefined;
    for (const [seat, by] of judges.entries()) {
      try {
        // After a failure the others are asked for what they mask only.
        this.#judge(run, { by, seat }, spans, failure === undefined ? decisions : []);
      } catch (error) {
        if (!(error instanceof PolicyFailure)) throw error;
        failure ??= error;
      }
    }
    const secrets = this.#mask(run, spans, arrivedAt);
    const told = decisions.map(([policy, verdict]) => [policy, withoutSecrets(verdict, secrets)] as const);
    const sharp = told.filter(([, { action }]) => action !== 'pause');
    if (!sharp.every(([policy, verdict]) => this.#intervene(run, policy, verdict))) return false;
    if (failure !== undefined) {
      this.#turns.ending.end(run, 'failed', failure.told);
    } else this.#pause(run, told);
    return !run.hasEnded && run.phase !== 'paused';
  }

  #judge(
    run: LiveRun,
    judge: Pick<Span, 'by' | 'seat'>,
    spans: Span[],
    decisions: [LoadedPolicy, ClosingVerdict][],
  ): void {
    const { agent, chat, content, id, fromAgent } = run.row;
    const sender = fromAgent === null ? {} : { from: fromAgent };
    const ask = this.#bench.policies.judgeOf(run.number);
    for (const verdict of ask(judge.by, 'onMessage', { content, role: 'user', ...sender, agent, chat, run: id })) {
      if (verdict.action !== 'redact') {
        decisions.push([judge.by, verdict]);
        continue;
      }
      const span = spanOf(verdict, judge, 0, content);
      if (span !== undefined) spans.push(span);
    }
  }

  /** All have been asked and let it pass, but for a person, who has the last word. */
  #pause(run: LiveRun, decisions: readonly (readonly [LoadedPolicy, ClosingVerdict])[]): void {
    const [by, verdict] = decisions.find(([, { action }]) => action === 'pause') ?? [];
    if (by === undefined || verdict === undefined) return;
    this.#turns.approvals.pauseMessage(run, { policy: by.name, version: by.version, reason: reasonOf(verdict) });
  }

  /** Returns the secrets among what was masked. */
  #mask(run: LiveRun, spans: readonly Span[], arrivedAt: number): readonly Secret[] {
    if (spans.length === 0) return [];
    const { shown, redactions, secrets } = maskWhole(run.row.content, spans);
    this.#bench.ledger.messageMasked(run, redactions, shown, arrivedAt);
    return secrets;
  }

  /** A flagged message is corrected for, and that does not count against the cap; anything sharper refuses it. */
  #intervene(run: LiveRun, { name, version }: LoadedPolicy, verdict: ClosingVerdict): boolean {
    const { ledger } = this.#bench;
    const reason = reasonOf(verdict);
    const place = { offset: 0, rawOffset: 0, withheld: '' };
    const id = ledger.intervened(run, 0, { policy: name, version, action: verdict.action, reason, ...place });
    if (verdict.action === 'interject') ledger.corrected(run, 0, reason, id);
    else if (verdict.action === 'terminate') this.#turns.ending.terminate(run, `${name}: ${reason}`);
    else this.#turns.ending.end(run, 'blocked', `${name}: ${reason}`);
    return verdict.action === 'interject';
  }
}
