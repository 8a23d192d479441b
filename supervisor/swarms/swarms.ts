/**
 * The swarms of a stack: recorded before they are acknowledged, worked on until they end, stopped, or interrupted. One that was
 * interrupted, by a restart or by a data folder that could not be written, goes on from what is recorded and gives the same result.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StepRecord } from '../../swarm/agents.ts';
import { agentSpec } from '../../swarm/agents.ts';
import { SwarmError } from '../../swarm/errors.ts';
import { planOf, type SwarmRequest } from '../../swarm/request.ts';
import type { StepEvent } from '../../swarm/steps.ts';
import { runSwarm, type SwarmPlan } from '../../swarm/swarm.ts';
import type { Engine } from '../engine.ts';
import { InterjectError } from '../errors.ts';
import type { Intake } from '../intake.ts';
import { RunWaiters } from '../run-waiters.ts';
import type { SwarmRow } from '../store/swarms.ts';
import { StepRunner } from './step-runner.ts';
import { type Outcome, SwarmLedger } from './swarm-ledger.ts';
import { type SwarmDesk, type SwarmSummary, type SwarmView, swarmSummary, swarmView } from './views.ts';

/** Swarms that may run at a time. */
const MOST_RUNNING = 100;
/** Swarms in the list. */
const LISTED = 50;
const RETRY_MS = 1000;

const STOPPED = new Error('the swarm was stopped');
const SUSPENDED = new Error('the stack is stopping');

export class Swarms implements SwarmDesk {
  readonly #engine: Engine;
  readonly #runWaiters: RunWaiters;
  readonly #intake: Intake;
  readonly #ledger: SwarmLedger;
  readonly #waiters = new RunWaiters();
  /** By id: those that are worked on. */
  readonly #running = new Map<string, AbortController>();
  /** Those that are being recorded. */
  #beginning = 0;
  #isSuspended = false;

  constructor(engine: Engine, runWaiters: RunWaiters, intake: Intake) {
    this.#engine = engine;
    this.#runWaiters = runWaiters;
    this.#intake = intake;
    this.#ledger = new SwarmLedger(engine.bench);
  }

  /** Goes on with all that have not ended. */
  resume(): void {
    for (const row of this.#engine.bench.store.swarms.open()) this.#play(row);
  }

  /** Works on none of them any more; their runs are not touched. */
  suspend(): void {
    this.#isSuspended = true;
    for (const work of this.#running.values()) work.abort(SUSPENDED);
  }

  async start(request: SwarmRequest, key: string | undefined): Promise<SwarmView> {
    const { recorder, store } = this.#engine.bench;
    const known = key === undefined ? undefined : store.swarms.byKey(key);
    if (known !== undefined) {
      if (!this.#isSame(known, JSON.stringify(request))) throw new InterjectError('key_conflict');
      await recorder.committed();
      return this.view(known.id);
    }
    this.#intake.mustBeOpen();
    if (this.#running.size + this.#beginning >= MOST_RUNNING) throw new InterjectError('too_many_swarms');
    this.#mustHaveAgents(request);
    return this.view((await this.#begin(request, key)).id);
  }

  /** Resolves when it is durable and worked on. @throws InterjectError storage_failed */
  async #begin(request: SwarmRequest, key: string | undefined): Promise<SwarmRow> {
    this.#beginning++;
    try {
      const row = this.#ledger.created(request, key);
      await this.#engine.bench.recorder.committed();
      this.#play(row);
      return row;
    } finally {
      this.#beginning--;
    }
  }

  #isSame({ request, requestHash }: SwarmRow, sent: string): boolean {
    return requestHash === null ? request === sent : this.#engine.hash.isOf(requestHash, sent);
  }

  list(): SwarmSummary[] {
    const { recorder, store } = this.#engine.bench;
    recorder.flush();
    return store.swarms.newest(LISTED).map(swarmSummary);
  }

  view(id: string): SwarmView {
    this.#engine.bench.recorder.flush();
    const row = this.#row(id);
    return swarmView(row, this.#engine.bench.store.swarms.steps(row.number));
  }

  async wait(id: string, milliseconds: number, signal?: AbortSignal): Promise<SwarmView> {
    if (this.view(id).state === 'running') await this.#waiters.wait(id, milliseconds, signal);
    return this.view(id);
  }

  async stop(id: string): Promise<SwarmView> {
    const { degraded, bench } = this.#engine;
    const row = this.#row(id);
    if (row.state === 'running') {
      if (degraded !== undefined) throw new InterjectError('storage_failed', degraded);
      this.#stopRuns(row);
      this.#close(row, { state: 'stopped' });
      this.#running.get(id)?.abort(STOPPED);
    }
    await bench.recorder.committed();
    return this.view(id);
  }

  /** Those that wait go first, so that none of them gets the slot of another one. */
  #stopRuns({ number }: SwarmRow): void {
    const { store, runs } = this.#engine.bench;
    const open = store.swarms.steps(number).filter(({ record }) => record === null);
    const live = open.map(({ run }) => runs.get(run ?? '')).filter((run) => run !== undefined);
    for (const isWaiting of [true, false]) {
      for (const run of live) {
        if ((run.phase === 'waiting') !== isWaiting || run.hasEnded) continue;
        this.#engine.turns.ending.end(run, 'stopped', STOPPED.message);
      }
    }
  }

  #row(id: string): SwarmRow {
    const row = this.#engine.bench.store.swarms.byId(id);
    if (row === undefined) throw new InterjectError('unknown_swarm');
    return row;
  }

  #mustHaveAgents(request: SwarmRequest): void {
    try {
      this.#plan(request);
    } catch (error) {
      if (!(error instanceof SwarmError)) throw error;
      throw new InterjectError('unknown_agent', `${error.message}.`);
    }
  }

  /** @throws SwarmError UnknownSpecialist */
  #plan(request: SwarmRequest): SwarmPlan {
    return planOf(request, (name) => {
      const agent = this.#engine.bench.agents.get(name);
      return agent && agentSpec({ name, system_prompt: agent.system, metadata: { agent: name } });
    });
  }

  #play(row: SwarmRow): void {
    const { log } = this.#engine.bench;
    const failed = (error: unknown): void => log.error({ swarm: row.id, error: String(error) }, 'a swarm was given up');
    this.#untilEnded(row).catch(failed);
  }

  async #untilEnded(row: SwarmRow): Promise<void> {
    let isBroken = true;
    while (isBroken && !this.#isSuspended && this.#row(row.id).state === 'running') {
      const work = new AbortController();
      // As many listen to it as agents work.
      setMaxListeners(0, work.signal);
      this.#running.set(row.id, work);
      isBroken = await this.#work(row, work);
      this.#running.delete(row.id);
      if (isBroken) await this.#storageIsBack();
    }
  }

  /** Returns whether the storage broke meanwhile: then it is to go on from what is recorded. */
  async #work(row: SwarmRow, work: AbortController): Promise<boolean> {
    try {
      const outcome = await this.#outcome(row, work);
      this.#close(row, outcome);
      await this.#engine.bench.recorder.committed();
      return false;
    } catch (error) {
      if (work.signal.reason === STOPPED || work.signal.reason === SUSPENDED) return false;
      if (error instanceof InterjectError && error.code === 'storage_failed') return true;
      throw error;
    }
  }

  /** @throws the signal's reason; InterjectError storage_failed */
  async #outcome(row: SwarmRow, work: AbortController): Promise<Outcome> {
    const { bench } = this.#engine;
    const ports = {
      bench,
      intake: this.#intake,
      waiters: this.#runWaiters,
      interrupt: (error: Error) => work.abort(error),
    };
    try {
      const plan = this.#plan(JSON.parse(row.request) as SwarmRequest);
      const result = await runSwarm(plan, {
        runner: new StepRunner(ports, row),
        signal: work.signal,
        completed: this.#recorded(row),
        onStep: (event) => this.#noted(row, event),
      });
      return { state: 'finished', result };
    } catch (error) {
      if (work.signal.aborted || error instanceof InterjectError) throw error;
      return failed(error);
    }
  }

  #recorded({ number }: SwarmRow): Map<string, StepRecord> {
    const steps = this.#engine.bench.store.swarms.steps(number);
    return new Map(
      steps.flatMap(({ step, record }) => (record === null ? [] : [[step, JSON.parse(record) as StepRecord]])),
    );
  }

  /** A step that begins is recorded with its run. */
  async #noted(row: SwarmRow, event: StepEvent): Promise<void> {
    // One that was stopped meanwhile has told its end.
    if (event.type === 'step-started' || this.#row(row.id).state !== 'running') return;
    this.#ledger.ended(row, event.step, event.record);
    await this.#engine.bench.recorder.committed();
  }

  #close(row: SwarmRow, outcome: Outcome): void {
    this.#ledger.closed(row, outcome);
    this.#engine.bench.recorder.afterCommit(() => this.#waiters.ended(row.id));
  }

  async #storageIsBack(): Promise<void> {
    do await sleep(RETRY_MS, undefined, { ref: false });
    while (this.#engine.degraded !== undefined && !this.#isSuspended);
  }
}

function failed(error: unknown): Outcome {
  if (!(error instanceof SwarmError)) return { state: 'failed', error: { name: 'Internal', message: String(error) } };
  const { name, message, result } = error;
  return { state: 'failed', result, error: { name, message } };
}
