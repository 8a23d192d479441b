/**
 * What init and its children say to each other over fork's IPC: control only, never content of chats.
 * Init speaks first (`start`), a child answers with `ready` or `failed` once, and ends when init says `stop` or is gone.
 */
import type { BackendDefinition } from '../agent/backend/backend.ts';
import { count, type Infer, list, messages, optional, record, text } from '../agent/bus/shape.ts';
import type { SupervisorSettings } from '../supervisor/settings.ts';

export type ProcessKind = 'init' | 'supervisor' | 'agent' | 'model';

/** How a child writes its log. */
export interface LogSettings {
  /** File that every process appends JSON lines to. */
  file: string;
  level: string;
}

interface AgentStart {
  role: 'agent';
  agent: string;
  /** Unique for each start of the process. */
  incarnation: string;
  /** Where the supervisor listens. */
  socketPath: string;
  backends: BackendDefinition[];
  log: LogSettings;
}

interface SupervisorStart {
  role: 'supervisor';
  settings: SupervisorSettings;
  log: LogSettings;
}

interface SimulatorStart {
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
  /** To the supervisor: the stack is about to stop. Take and start nothing more; say `drained` when no turn is open. */
  | { type: 'drain'; graceMs: number }
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
export const toInit = messages({
  ready: {
    /** Where it listens, when it does. */
    port: optional(count),
    /** From the supervisor: the policies in force, with what they hold back, for the start lines. */
    policies: optional(list(record({ name: text, holdback: text }))),
  },
  /** It cannot start; `exitCode` is what the whole stack should end with. */
  failed: { message: text, exitCode: count },
  heartbeat: {},
  /** From the supervisor: no turn is open and none will be. */
  drained: {},
  /** From the supervisor: a person wants this agent restarted. */
  'restart-agent': { agent: text },
  /** From the supervisor: a policy wants this agent stopped until a person restarts it. */
  'stop-agent': { agent: text },
  /** From the supervisor: this end of an agent was a message's fault and must not count against the agent. */
  'exit-charged': { agent: text, incarnation: text },
  /** From the supervisor: what the person who started the stack should know. */
  warning: { text },
});

export type ToInit = Infer<typeof toInit>;
export type Ready = Extract<ToInit, { type: 'ready' }>;
