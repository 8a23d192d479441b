/** What init must know to keep a child process: OTP's child specification. */
import type { ChildExit } from '../supervisor/settings.ts';
import type { FromInit, ProcessKind } from './control.ts';
import type { LlamaServer } from './llama-server/server-life.ts';

/** What a child is told when it starts. */
export type StartMessage = Extract<FromInit, { type: 'start' }>['start'];

/** A Node program of ours. */
export interface ForkedProgram {
  /** Program to fork. */
  file: string;
  /** Arguments for Node itself. */
  execArgv: readonly string[];
  /** The whole environment of the child. */
  environment: Readonly<Record<string, string>>;
  /** Asked for every start. */
  message(life: { incarnation: string; previousExit: ChildExit | undefined }): StartMessage;
}

export interface ChildSpecification {
  /** Unique among the children of its kind. */
  id: string;
  kind: Exclude<ProcessKind, 'init'>;
  start: ForkedProgram | { llamaServer: LlamaServer };
  /** When an end is followed by a restart: always, only after a failure, never. */
  restart: 'permanent' | 'transient' | 'temporary';
  /** Time from the soft stop to SIGKILL. */
  shutdownMs: number;
  /** A program of ours that is not ready after this time is killed; a llama-server may take as long as it needs. */
  startMs: number;
  /** Without it there is no stack: its end for good, or a failure of its first start, ends all. */
  significant: boolean;
  /** Whether the end of this process is somebody else's fault and must not count in the restart window. */
  isForgiven?(pid: number, exit: ChildExit): boolean;
}
