/** What init must know to keep a child process: OTP's child specification. */
import type { ChildExit } from '../supervisor/settings.ts';
import type { FromInit, ProcessKind } from './control.ts';

/** What a child is told when it starts. */
export type StartMessage = Extract<FromInit, { type: 'start' }>['start'];

export interface ChildSpecification {
  /** Unique among the children of its kind. */
  id: string;
  kind: Exclude<ProcessKind, 'init'>;
  start: {
    /** Program to fork. */
    file: string;
    /** Arguments for Node itself. */
    execArgv: readonly string[];
    /** The whole environment of the child. */
    environment: Readonly<Record<string, string>>;
    /** Asked for every start. */
    message(life: { incarnation: string; previousExit: ChildExit | undefined }): StartMessage;
  };
  /** When an end is followed by a restart: always, only after a failure, never. */
  restart: 'permanent' | 'transient' | 'temporary';
  /** Time from the soft stop to SIGKILL. */
  shutdownMs: number;
  /** A child that is not ready after this time is killed. */
  startMs: number;
  /** Without it there is no stack: its end for good, or a failure of its first start, ends all. */
  significant: boolean;
  /** Whether the end of this process is somebody else's fault and must not count in the restart window. */
  isForgiven?(pid: number, exit: ChildExit): boolean;
}
