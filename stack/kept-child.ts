/**
 * Keeps one child alive as its specification says: starts it again after it has ended, later and later, until it has ended too often.
 * A failed restart goes back to the event loop like any other end.
 */
import type { ChildExit } from '../supervisor/settings.ts';
import { ChildLife } from './child-life.ts';
import type { ChildSpecification } from './child-specification.ts';
import type { FromInit, ToInit } from './control.ts';
import type { Life, LifeListener } from './life.ts';
import { ServerLife } from './llama-server/server-life.ts';
import { addRestart, type CountedRestart, forgiveRestart, type RestartLimits } from './restart-window.ts';

/** The end of one life. */
export interface ChildEnd {
  incarnation: string;
  pid: number;
  exit: ChildExit;
  reason: string;
  /** Milliseconds until the next start; undefined: there is none. */
  restartMs: number | undefined;
  /** Somebody wanted it. */
  expected: boolean;
  /** What the stack is to end with if it cannot do without this child. */
  exitCode: number;
}

export interface KeptChildListener {
  /** A process was forked. */
  onStarted(child: KeptChild): void;
  onMessage(child: KeptChild, message: ToInit): void;
  onErrorLine(child: KeptChild, line: string): void;
  onEnded(child: KeptChild, end: ChildEnd): void;
}

type Decision = Pick<ChildEnd, 'restartMs' | 'expected'>;

const NO_RESTART: Decision = { restartMs: undefined, expected: true };

export class KeptChild {
  readonly specification: ChildSpecification;
  readonly #limits: RestartLimits;
  readonly #listener: KeptChildListener;
  #life: Life | undefined;
  /** How the latest life ended. */
  #lastEnd: ChildEnd | undefined;
  #counted: readonly CountedRestart[] = [];
  #starts = 0;
  #isWanted = false;
  #isRestartOrdered = false;
  /** Stopped until somebody wants it started anew. */
  #isHalted = false;
  #wasReady = false;
  #timer: NodeJS.Timeout | undefined;
  #onSettled: (failure: ChildEnd | undefined) => void = () => {};

  constructor(specification: ChildSpecification, limits: RestartLimits, listener: KeptChildListener) {
    this.specification = specification;
    this.#limits = limits;
    this.#listener = listener;
  }

  /** The process, while there is one. */
  get life(): Life | undefined {
    return this.#life;
  }

  /** How the latest process ended, when there is none now. */
  get lastEnd(): ChildEnd | undefined {
    return this.#life === undefined ? this.#lastEnd : undefined;
  }

  /** Whether any of its processes has ever been ready. */
  get wasReady(): boolean {
    return this.#wasReady;
  }

  get restarts(): number {
    return Math.max(0, this.#starts - 1);
  }

  /**
   * The first start. Resolves with nothing when the child is ready, or loads and need not be waited for, else with its end: a child that the stack can do without is not waited
   * for any longer, though it is started again; a significant one will not be.
   */
  start(): Promise<ChildEnd | undefined> {
    this.#isWanted = true;
    const settled = new Promise<ChildEnd | undefined>((resolve) => {
      this.#onSettled = resolve;
    });
    this.#begin();
    return settled;
  }

  send(message: FromInit): void {
    this.#life?.send(message);
  }

  /** Somebody wants it started anew, whatever state it is in; that does not count as a restart. */
  restart(): void {
    if (!this.#isWanted) return;
    this.#counted = [];
    this.#isHalted = false;
    if (this.#life === undefined) {
      this.#begin();
    } else {
      this.#isRestartOrdered = true;
      void this.#life.stop(this.specification.shutdownMs);
    }
  }

  /** Stops it until `restart`; its end is an expected one. */
  halt(): void {
    if (!this.#isWanted || this.#isHalted) return;
    this.#isHalted = true;
    this.#isRestartOrdered = false;
    clearTimeout(this.#timer);
    if (this.#life !== undefined) void this.#life.stop(this.specification.shutdownMs);
    else if (this.#lastEnd !== undefined) {
      // It was about to be started again: whoever was told so is told that it is not.
      this.#lastEnd = { ...this.#lastEnd, ...NO_RESTART };
      this.#listener.onEnded(this, this.#lastEnd);
    }
  }

  /** Stops it for good. May be called again with less time. */
  async stop(milliseconds = this.specification.shutdownMs): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#timer);
    if (this.#life === undefined) this.#onSettled(this.#lastEnd);
    else await this.#life.stop(milliseconds);
  }

  /** Kills the process because it does not work any more; it is started again like after any other end. */
  kill(reason: string): void {
    this.#life?.kill(reason);
  }

  /** The end of this life was somebody else's fault. */
  forgive(incarnation: string): void {
    this.#counted = forgiveRestart(this.#counted, incarnation);
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#starts++;
    const life = this.#newLife({
      onMessage: (message) => {
        this.#listener.onMessage(this, message);
        if (message.type === 'ready') this.#onReady();
      },
      onErrorLine: (line) => this.#listener.onErrorLine(this, line),
      onLoading: () => this.#onSettled(undefined),
    });
    this.#life = life;
    this.#listener.onStarted(this);
    void life.exited.then((exit) => this.#onExit(life, exit));
  }

  #newLife(listener: LifeListener): Life {
    const { id, startMs, start } = this.specification;
    if ('llamaServer' in start) return new ServerLife(start.llamaServer, listener);
    return new ChildLife({ id, startMs, start }, this.#lastEnd?.exit, listener);
  }

  #onReady(): void {
    this.#wasReady = true;
    this.#onSettled(undefined);
  }

  #onExit(life: Life, exit: ChildExit): void {
    const decision = this.#decide(life, exit);
    const { incarnation, pid, exitCode } = life;
    const end: ChildEnd = { incarnation, pid, exit, exitCode, reason: life.reason(exit), ...decision };
    this.#life = undefined;
    this.#lastEnd = end;
    if (end.restartMs !== undefined) this.#timer = setTimeout(() => this.#begin(), end.restartMs);
    this.#listener.onEnded(this, end);
    if (!this.specification.significant || end.restartMs === undefined) this.#onSettled(end);
  }

  #decide({ incarnation, pid }: Life, exit: ChildExit): Decision {
    const { restart, significant, isForgiven } = this.specification;
    if (!this.#isWanted || this.#isHalted) return NO_RESTART;
    if (this.#isRestartOrdered) {
      this.#isRestartOrdered = false;
      return { restartMs: 0, expected: true };
    }
    if (restart === 'temporary' || (restart === 'transient' && exit.code === 0)) return NO_RESTART;
    if (isForgiven?.(pid, exit)) return { restartMs: 0, expected: false };
    if (significant && !this.#wasReady) return { restartMs: undefined, expected: false };
    const counted = addRestart(this.#counted, { id: incarnation, at: performance.now() }, this.#limits);
    this.#counted = counted.restarts;
    return { restartMs: counted.delayMs, expected: false };
  }
}
