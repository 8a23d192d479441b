/**
 * What init and its children say to each other over fork's IPC: control only, never content of chats.
 * Init speaks first (`start`), a child answers with `ready` or `failed` once, and ends when init says `stop` or is gone.
 */
import type { BackendDefinition } from '../agent/backend/backend.ts';
import type { SupervisorSettings } from '../supervisor/settings.ts';

export type ProcessKind = 'init' | 'supervisor' | 'agent' | 'model';

/** How a child writes its log. */
export interface LogSettings {
  /** File that every process appends JSON lines to. */
  file: string;
  level: string;
}

export interface AgentStart {
  role: 'agent';
  agent: string;
  /** Unique for each start of the process. */
  incarnation: string;
  /** Where the supervisor listens. */
  socketPath: string;
  backends: BackendDefinition[];
  log: LogSettings;
}

export interface SupervisorStart {
  role: 'supervisor';
  settings: SupervisorSettings;
  log: LogSettings;
}

export interface SimulatorStart {
  role: 'model';
  port: number;
  slots: number;
  log: LogSettings;
}

/** Init → child. */
export type FromInit =
  | { type: 'start'; start: AgentStart | SupervisorStart | SimulatorStart }
  /** Finish what can be finished within `graceMs`, then exit. */
  | { type: 'stop'; graceMs: number }
  /** To the supervisor: an agent process started or ended. */
  | { type: 'agent-started'; agent: string; incarnation: string; restarts: number }
  | {
      type: 'agent-exited';
      agent: string;
      incarnation: string;
      reason: string;
      restarting: boolean;
      expected: boolean;
    };

/** Child → init. */
export type ToInit =
  | { type: 'ready'; port?: number }
  /** It cannot start; `exitCode` is what the whole stack should end with. */
  | { type: 'failed'; message: string; exitCode: number }
  | { type: 'heartbeat' }
  /** From the supervisor: a person wants this agent restarted. */
  | { type: 'restart-agent'; agent: string };
