/** What a supervisor process needs to know when it starts; all of it is plain data. */
import type { AgentDefinition, BackendConfiguration } from './configuration.ts';
import type { MailboxLimits } from './mailbox/limits.ts';

/** A policy as the supervisor loads it: bundled from a file, or built in. */
export interface PolicySource {
  /** Built-in name, or the path as the user wrote it. */
  use: string;
  /** Bundle to import; absent for a built-in. */
  file?: string;
  /** Content hash of the bundle; absent for a built-in. */
  version?: string;
  /** Agents it judges; absent: all. */
  agents?: string[];
  /** What it is called; absent: by its own name. */
  name?: string;
  /** As the configuration gives them. */
  options?: Record<string, unknown>;
  /** Absolute path of the file that the user wrote; absent for a built-in. */
  path?: string;
  /** Absolute paths of all files that the bundle was made of. */
  inputs?: string[];
}

/** How a child process ended. */
export interface ChildExit {
  code: number | null;
  signal: string | null;
}

export interface SupervisorSettings {
  dataFolder: string;
  /** Where it listens for agents. */
  socketPath: string;
  host: string;
  port: number;
  /** Host names beyond the loopback ones that requests may carry. */
  allowedHosts: string[];
  /** Secret of this data folder. */
  token: string;
  durability: 'normal' | 'full';
  agents: AgentDefinition[];
  backends: (BackendConfiguration & { simulator: boolean })[];
  /** Requests in flight at most over all backends of a group on one GPU; of a group that is not named here: 1. */
  gpuGroups?: Record<string, number>;
  /** Names of backends by the name of a pool. */
  pools?: Record<string, string[]>;
  /** Of what agents write to each other; default: MAILBOX_LIMITS. */
  mailbox?: MailboxLimits;
  policies: PolicySource[];
  /** How the previous supervisor of this stack ended, when it did. */
  previousExit: ChildExit | undefined;
}
