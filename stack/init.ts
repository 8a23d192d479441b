/**
 * Init: starts the children stage by stage, keeps them alive, carries messages between them and stops them in reverse order. It does no
 * work of its own, so its event loop is always free to act on a signal.
 */
import { availableParallelism } from 'node:os';
import type { Log } from '../agent/log.ts';
import { AgentNotices } from './agent-notices.ts';
import type { ChildSpecification } from './child-specification.ts';
import type { Ready, ToInit } from './control.ts';
import { EXIT, Failure } from './failure.ts';
import { HEARTBEAT_LIMITS, type HeartbeatLimits, HeartbeatWatch } from './heartbeat-watch.ts';
import { inParallel } from './in-parallel.ts';
import { type ChildEnd, KeptChild, type KeptChildListener } from './kept-child.ts';
import type { RecordedProcess } from './pid-file.ts';
import { RESTART_LIMITS, type RestartLimits } from './restart-window.ts';

export interface InitOptions {
  /** Children that start together; the stages start one after the other and stop in reverse order. */
  stages: readonly (readonly ChildSpecification[])[];
  /** Time that open turns get to end before the children are stopped. */
  drainMs: number;
  log: Log;
  /** The processes that live, after every fork and end. */
  onProcesses(processes: RecordedProcess[]): void;
  onReady?(specification: ChildSpecification, ready: Ready): void;
  restartLimits?: RestartLimits;
  heartbeatLimits?: HeartbeatLimits;
}

/** After a second wish to stop, a child gets this long. */
const HURRIED_MS = 200;

const NAMES = { supervisor: 'supervisor', agent: 'agent', model: 'model server' } as const;

export class Init implements KeptChildListener {
  /** Resolves, with the reason, when the stack cannot go on by itself; it is not stopped then. */
  readonly broken: Promise<Failure>;
  readonly #options: InitOptions;
  readonly #stages: KeptChild[][];
  readonly #notices: AgentNotices;
  readonly #watch: HeartbeatWatch;
  readonly #timer: NodeJS.Timeout;
  readonly #hurry = new AbortController();
  #break: (failure: Failure) => void = () => {};
  #isSupervisorReady = false;
  #onDrained: () => void = () => {};
  #stopped: Promise<void> | undefined;

  constructor(options: InitOptions) {
    const { stages, restartLimits = RESTART_LIMITS, heartbeatLimits = HEARTBEAT_LIMITS } = options;
    this.#options = options;
    this.#stages = stages.map((stage) => stage.map((child) => new KeptChild(child, restartLimits, this)));
    this.#notices = new AgentNotices(
      () => this.#all().filter(({ specification }) => specification.kind === 'agent'),
      (notice) => this.#isSupervisorReady && this.#supervisor()?.send(notice),
    );
    this.#watch = new HeartbeatWatch(heartbeatLimits, performance.now());
    this.#timer = setInterval(() => this.#look(), heartbeatLimits.intervalMs);
    this.broken = new Promise((resolve) => {
      this.#break = resolve;
    });
  }

  /**
   * Starts all stages. Children that the stack can do without may fail; they are started again later.
   * @throws Failure when a significant child cannot start
   */
  async start(): Promise<void> {
    for (const stage of this.#stages) {
      if (this.#stopped !== undefined) return;
      await inParallel(stage, availableParallelism(), (child) => this.#startChild(child));
    }
  }

  async #startChild(child: KeptChild): Promise<void> {
    if (this.#stopped !== undefined) return;
    const end = await child.start();
    if (end === undefined || !child.specification.significant || this.#stopped !== undefined) return;
    throw new Failure(end.reason, end.exitCode);
  }

  /** Stops all children in reverse order, the agents after what they have open has ended. Never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stopAll();
    return this.#stopped;
  }

  /** Somebody waits for the stop: what still runs has a moment left. */
  hurry(): void {
    this.#hurry.abort();
    this.#onDrained();
    if (this.#stopped === undefined) return;
    for (const child of this.#all()) void child.stop(HURRIED_MS);
  }

  async #stopAll(): Promise<void> {
    await this.#drain();
    for (const stage of this.#stages.toReversed()) {
      await Promise.all(stage.map((child) => child.stop(this.#hurry.signal.aborted ? HURRIED_MS : undefined)));
    }
    clearInterval(this.#timer);
  }

  async #drain(): Promise<void> {
    const { drainMs } = this.#options;
    if (!this.#isSupervisorReady || drainMs <= 0 || this.#hurry.signal.aborted) return;
    this.#supervisor()?.send({ type: 'drain', graceMs: drainMs });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, drainMs);
      this.#onDrained = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  onStarted(child: KeptChild): void {
    this.#record();
    if (child.specification.kind === 'agent') this.#notices.started(child);
  }

  onErrorLine({ specification }: KeptChild, line: string): void {
    this.#options.log.warn({ ...whoIs(specification), stream: 'stderr' }, line);
  }

  onMessage(child: KeptChild, message: ToInit): void {
    switch (message.type) {
      case 'ready':
        this.#onReady(child, message);
        break;
      case 'heartbeat':
        this.#watch.beat(keyOf(child));
        break;
      case 'drained':
        this.#onDrained();
        break;
      case 'restart-agent':
        this.#agent(message.agent)?.restart();
        break;
      case 'stop-agent':
        this.#agent(message.agent)?.halt();
        break;
      case 'exit-charged':
        this.#agent(message.agent)?.forgive(message.incarnation);
        this.#options.log.debug({ agent: message.agent, incarnation: message.incarnation }, 'charged to a message');
        break;
      case 'warning':
        this.#options.log.warn(whoIs(child.specification), message.text);
    }
  }

  #onReady(child: KeptChild, ready: Ready): void {
    const { kind, id } = child.specification;
    if (child.life?.beats) this.#watch.beat(keyOf(child));
    const readyMs = Math.round(performance.now() - (child.life?.forkedAt ?? 0));
    const { restarts, life } = child;
    this.#options.log.info({ ...whoIs(child.specification), child: life?.pid, restarts, readyMs }, `${id} is ready`);
    this.#options.onReady?.(child.specification, ready);
    if (kind !== 'supervisor') return;
    this.#isSupervisorReady = true;
    this.#notices.repeatAll();
  }

  onEnded(child: KeptChild, end: ChildEnd): void {
    const { kind, significant } = child.specification;
    this.#watch.forget(keyOf(child));
    this.#record();
    this.#report(child, end);
    if (kind === 'agent') this.#notices.ended(child, end);
    if (kind === 'supervisor') this.#onSupervisorEnded();
    if (!significant || end.expected || end.restartMs !== undefined) return;
    this.#break(
      child.wasReady
        ? new Failure(`The ${NAMES[kind]} ended too often: ${end.reason}`, EXIT.failed)
        : new Failure(end.reason, end.exitCode),
    );
  }

  /** Whatever it was to finish, it will not. */
  #onSupervisorEnded(): void {
    this.#isSupervisorReady = false;
    this.#onDrained();
  }

  #report({ specification }: KeptChild, { pid, reason, expected, restartMs }: ChildEnd): void {
    const { id, significant } = specification;
    const fields = { ...whoIs(specification), child: pid, reason, restartMs };
    if (expected) this.#options.log.info(fields, `${id} ended`);
    // The end of the whole stack says why.
    else if (restartMs === undefined && significant)
      this.#options.log.error(fields, `${id} ended, and the stack cannot do without it`);
    else if (restartMs === undefined)
      this.#options.log.error(fields, `${id} ended and is not started again: ${reason}`);
    else this.#options.log.warn(fields, `${id} ended, starting it again: ${reason}`);
  }

  #look(): void {
    for (const key of this.#watch.look(performance.now())) {
      this.#all()
        .find((child) => keyOf(child) === key)
        ?.kill('it gave no sign of life');
    }
  }

  #record(): void {
    const living = this.#all().flatMap(({ specification: { id, kind }, life }) => {
      if (life === undefined || life.pid === 0) return [];
      return [{ id, kind, pid: life.pid, start_time: life.startTime, ...life.takeOver }];
    });
    this.#options.onProcesses(living);
  }

  #all(): KeptChild[] {
    return this.#stages.flat();
  }

  #supervisor(): KeptChild | undefined {
    return this.#all().find(({ specification }) => specification.kind === 'supervisor');
  }

  #agent(id: string): KeptChild | undefined {
    return this.#all().find(({ specification }) => specification.kind === 'agent' && specification.id === id);
  }
}

function keyOf({ specification: { kind, id } }: KeptChild): string {
  return `${kind} ${id}`;
}

/** How a process is named in a line of the log. */
function whoIs({ kind, id }: ChildSpecification): object {
  return { kind, id, ...(kind === 'agent' && { agent: id }) };
}
