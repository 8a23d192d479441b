/**
 * Puts the parts of the supervisor together, and brings them up and down. What each part promises stands in its own file.
 */
import { join } from 'node:path';
import { type Listener, listenForAgents } from '../agent/bus/transport.ts';
import type { Log } from '../agent/log.ts';
import type { AgentExit, AgentListener } from './agent-links.ts';
import { createWorkbench } from './create-workbench.ts';
import { InterjectError } from './errors.ts';
import { EventHub } from './event-hub.ts';
import type { StoredEvent } from './events.ts';
import { LogLines } from './log-lines.ts';
import { chargeOffence, hasCrashed } from './policies/charge.ts';
import { type PolicyBundler, PolicyReloads } from './policies/reloads.ts';
import { forgetOffence, readOffence, Watchdog } from './policies/watchdog.ts';
import { Pruning } from './pruning.ts';
import { Recorder } from './recorder.ts';
import { Dispatcher } from './runs/dispatcher.ts';
import { Recovery } from './runs/recovery.ts';
import { TurnControl } from './runs/turn-control.ts';
import { UpstreamQueue } from './runs/upstream-queue.ts';
import type { Workbench } from './runs/workbench.ts';
import type { SupervisorSettings } from './settings.ts';
import { StorageFailure } from './storage-failure.ts';
import { Checkpoints } from './store/checkpoints.ts';
import { type KeyedHash, openKeyedHash } from './store/keyed-hash.ts';
import { openStore, type Store } from './store/store.ts';

/**
 * Agents that outlived the previous supervisor say hello within this time. Others have lost their turns, unless init says that the same process
 * lives: on a busy machine it may come late, and one that hangs is ended by init.
 */
const HELLO_MS = 1000;

/** Whom the engine tells what happens. */
export interface EngineOutside {
  /** A run's end is committed. */
  onRunEnd(run: string): void;
  /** This end of an agent process is counted against the message it was working on, not against the agent. */
  chargeExit(agent: string, incarnation: string): void;
  /** A policy wants this agent stopped until a person restarts it. */
  stopAgent(agent: string): void;
}

/** Bundled entries of the worker threads. */
export interface WorkerEntries {
  watchdog: string;
  checkpoint: string;
  trial: string;
}

export class Engine {
  readonly bench: Workbench;
  readonly hub: EventHub;
  /** Of what is not kept. */
  readonly hash: KeyedHash;
  readonly turns: TurnControl;
  readonly reloads: PolicyReloads;
  readonly #settings: SupervisorSettings;
  readonly #watchdog: Watchdog;
  readonly #dispatcher: Dispatcher;
  readonly #recovery: Recovery;
  readonly #upstreamQueue: UpstreamQueue;
  readonly #storageFailure: StorageFailure;
  readonly #pruning: Pruning;
  readonly #lines: LogLines;
  readonly #stop = new AbortController();
  readonly #outside: EngineOutside;
  #idle: (() => void) | undefined;
  readonly #newCheckpoints: () => Checkpoints;
  /** Loads SQLite in a thread, and a process that ends meanwhile aborts: there is none while the start may still come to nothing. */
  #checkpoints: Checkpoints | undefined;
  #listener: Listener | undefined;
  #isGuarded = false;

  /** @throws when the database cannot be opened */
  constructor(settings: SupervisorSettings, entries: WorkerEntries, log: Log, outside: EngineOutside) {
    this.#settings = settings;
    this.#outside = outside;
    const path = join(settings.dataFolder, 'interject.db');
    const store = openStore(path, settings.durability);
    this.hash = openKeyedHash(settings.dataFolder);
    this.#newCheckpoints = () => new Checkpoints(entries.checkpoint, path, log);
    const recorder = new Recorder(store, {
      publish: (events) => this.#publish(events),
      rewritten: (seq) => this.hub.forget(seq),
      onFailure: (error) => this.#storageFailure.happened(error),
    });
    this.#watchdog = new Watchdog(settings.dataFolder, entries.watchdog);
    this.hub = new EventHub({
      flush: () => void recorder.flush(),
      lastSeq: () => store.events.lastSeq(),
      page: (scope, after, limit) => store.events.page(scope, after, limit),
    });
    this.bench = this.#workbench(store, recorder, log);
    this.#lines = new LogLines(log, {
      backendOf: (run) => this.bench.runs.get(run)?.backend,
      ...store.measures,
    });
    this.reloads = this.#policyReloads(entries.trial);
    this.turns = new TurnControl(this.bench);
    this.#dispatcher = new Dispatcher(this.bench, this.turns);
    this.#recovery = new Recovery(this.bench, this.turns);
    this.#upstreamQueue = new UpstreamQueue(this.bench);
    this.#pruning = new Pruning(this.bench);
    this.#storageFailure = new StorageFailure(this.bench, () => this.#takeUpAgain());
  }

  /** Where everything is kept; absolute. */
  get dataFolder(): string {
    return this.#settings.dataFolder;
  }

  /** Why the storage cannot be written; undefined while it can. */
  get degraded(): string | undefined {
    return this.#storageFailure.reason;
  }

  #workbench(store: Store, recorder: Recorder, log: Log): Workbench {
    return createWorkbench(
      { settings: this.#settings, store, recorder, log, hash: this.hash, watchdog: this.#watchdog },
      {
        agents: this.#agentListener(),
        backends: {
          onUp: (backend) => this.guarded(() => this.#backendUp(backend)),
          onDown: (backend, reason) => this.guarded(() => this.#backendDown(backend, reason)),
        },
        onForgotten: () => this.#checkpoints?.empty(),
        dispatch: () => this.guarded(() => this.#dispatch()),
        chargeExit: (agent, incarnation) => this.#outside.chargeExit(agent, incarnation),
        stopAgent: (agent) => this.#outside.stopAgent(agent),
        guarded: (work) => this.guarded(work),
      },
    );
  }

  #policyReloads(trial: string): PolicyReloads {
    const { policies: host, recorder, store, log } = this.bench;
    const { dataFolder, policies: sources } = this.#settings;
    const guarded = (work: () => void): void => this.guarded(work);
    const folder = join(dataFolder, 'policies');
    return new PolicyReloads({ host, recorder, offences: store.offences, log, folder, sources, trial, guarded });
  }

  #agentListener(): AgentListener {
    return {
      onHello: (agent, incarnation, turns) => this.guarded(() => this.#greeted(agent, incarnation, turns)),
      onExit: (agent, exit) => this.guarded(() => this.#recovery.agentExited(agent, exit)),
      onMessage: (agent, message) => this.guarded(() => this.#heard(agent, message)),
    };
  }

  #heard(agent: string, message: Parameters<AgentListener['onMessage']>[1]): void {
    switch (message.type) {
      case 'delta':
        return this.turns.delta(agent, message);
      case 'turn-ended':
        return this.turns.ended(agent, message.end);
      case 'turn-waiting':
        return this.#upstreamQueue.waits(message.turn);
      case 'turn-accepted':
        return this.#upstreamQueue.accepted(message.turn);
      case 'notice':
        return this.turns.noticed(message);
    }
  }

  /** Loads policies and open runs, then listens for agents. @throws PolicyLoadError */
  async start(): Promise<void> {
    const { dataFolder, previousExit, socketPath } = this.#settings;
    const offence = readOffence(dataFolder, hasCrashed(previousExit));
    if (offence !== undefined) this.guarded(() => chargeOffence(this.bench, offence));
    await this.reloads.load(this.bench.store.turns.openVersions());
    this.guarded(() => this.#recovery.restore(offence));
    this.bench.recorder.flush();
    forgetOffence(dataFolder);
    this.#listener = await listenForAgents(socketPath, (connection) => this.bench.links.attach(connection));
    this.bench.backends.watch(this.#stop.signal);
    this.#pruning.start();
  }

  /** The start is over. Gives the agents their time to say hello. To be called when init, which tells what agents live, can be heard. */
  awaitAgents(): void {
    this.#checkpoints = this.#newCheckpoints();
    setTimeout(() => this.guarded(() => this.#helloTimeOver()), HELLO_MS);
  }

  /** From now on a policy file that is saved is put in force. */
  followPolicies(bundler: PolicyBundler): void {
    this.reloads.follow(bundler);
  }

  #greeted(agent: string, incarnation: string, turns: readonly string[]): void {
    this.#recovery.greet(agent, incarnation, turns);
    const { agents, links } = this.bench;
    if ([...agents.keys()].every((name) => links.connected(name) !== undefined)) this.#dispatcher.open();
  }

  #helloTimeOver(): void {
    if (this.#stop.signal.aborted) return;
    try {
      const { links } = this.bench;
      this.#recovery.giveUpOnAbsent((agent, incarnation) => links.isRunning(agent, incarnation));
    } finally {
      this.#dispatcher.open();
    }
  }

  /** From init. */
  agentStarted(agent: string, incarnation: string, restarts: number): void {
    this.bench.links.started(agent, incarnation, restarts);
  }

  /** From init. */
  agentExited(agent: string, exit: AgentExit): void {
    this.bench.links.exited(agent, exit);
  }

  /** Runs what may write; a storage failure in there has been dealt with when this returns. */
  guarded(work: () => void): void {
    // All of this tick is undone then, so the whole call ends, not only the part that met the failure.
    if (this.#isGuarded) return work();
    this.#isGuarded = true;
    try {
      work();
    } catch (error) {
      if (!(error instanceof InterjectError && error.code === 'storage_failed')) throw error;
    } finally {
      this.#isGuarded = false;
    }
  }

  #backendUp(backend: string): void {
    const { recorder } = this.bench;
    recorder.write(() => recorder.event('backend-up', {}, { backend }));
    this.#dispatcher.dispatch();
  }

  /** What waits for it may go to a fallback; a run that has just failed on it goes first. */
  #backendDown(backend: string, reason: string): void {
    const { recorder, dispatch } = this.bench;
    recorder.write(() => recorder.event('backend-down', {}, { backend, reason }));
    queueMicrotask(dispatch);
  }

  #publish(events: readonly StoredEvent[]): void {
    this.hub.publish(events);
    this.bench.metrics.read(events);
    this.#lines.read(events);
    for (const { type, run } of events) if (type === 'run-end' && run !== undefined) this.#outside.onRunEnd(run);
  }

  /** What was in memory is forgotten: the store knows all that was acknowledged. */
  #takeUpAgain(): void {
    this.#recovery.restore(undefined);
    this.#recovery.giveUpOnAbsent();
    this.#dispatcher.dispatch();
  }

  #dispatch(): void {
    this.#dispatcher.dispatch();
    if (this.bench.runs.areAllWaiting) this.#idle?.();
  }

  /** Starts nothing more; resolves when no turn is open, or after `milliseconds`. What waits goes on after the next start. */
  async drain(milliseconds: number): Promise<void> {
    this.#dispatcher.close();
    if (this.bench.runs.areAllWaiting) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#idle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Commits what is open and lets go of everything. */
  async close(): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#storageFailure.close();
    this.#pruning.close();
    this.bench.metrics.close();
    this.#dispatcher.close();
    await this.#listener?.close();
    this.reloads.close();
    this.bench.recorder.flush();
    // Whatever still has a timer finds nothing to do.
    this.bench.runs.clear();
    await this.#watchdog.close();
    await this.#checkpoints?.close();
    this.bench.store.close();
  }
}
