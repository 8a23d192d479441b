/** One life of a process that init keeps, whatever kind of program it is: a Node program of ours, or a llama-server. */
import type { ChildExit } from '../supervisor/settings.ts';
import type { FromInit, ToInit } from './control.ts';

export interface LifeListener {
  onMessage(message: ToInit): void;
  /** A line of its stderr; places in bundles are translated to places in the sources. */
  onErrorLine(line: string): void;
  /** It lives and works on getting ready, which may take minutes: nobody should wait for that. */
  onLoading(): void;
}

export interface Life {
  readonly incarnation: string;
  /** On the monotonic clock, in milliseconds. */
  readonly forkedAt: number;
  /** 0: it could not even be started. */
  readonly pid: number;
  readonly startTime: string | number;
  /** Never rejects. */
  readonly exited: Promise<ChildExit>;
  /** Whether it beats; one that does not is not killed for its silence. */
  readonly beats: boolean;
  /** What the next stack needs to take it over, if it can. */
  readonly takeOver?: { port: number; command: string };
  /** What the stack is to end with if it cannot do without this process. */
  readonly exitCode: number;
  /** Sends, if it can be reached. */
  send(message: FromInit): void;
  /** Asks it to end within `milliseconds`, then kills it. May be called again with less time. */
  stop(milliseconds: number): Promise<void>;
  /** Ends it at once. */
  kill(reason: string): void;
  /** Why it ended, for people. */
  reason(exit: ChildExit): string;
}
