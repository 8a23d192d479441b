/** What those who work on runs share. */
import type { Log } from '../../agent/log.ts';
import type { AgentLinks } from '../agent-links.ts';
import type { Backends } from '../backends.ts';
import type { AgentDefinition } from '../configuration.ts';
import type { MailboxLimits } from '../mailbox/limits.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { PolicyHost } from '../policies/host.ts';
import type { Recorder } from '../recorder.ts';
import type { Store } from '../store/store.ts';
import type { Asks } from './asks.ts';
import type { Leases } from './leases.ts';
import type { Ledger } from './ledger.ts';
import type { LiveRuns } from './live-runs.ts';
import type { Routing } from './routing.ts';

export interface Workbench {
  readonly store: Store;
  readonly recorder: Recorder;
  readonly ledger: Ledger;
  readonly policies: PolicyHost;
  readonly links: AgentLinks;
  readonly backends: Backends;
  readonly runs: LiveRuns;
  readonly routing: Routing;
  readonly asks: Asks;
  readonly leases: Leases;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly agents: ReadonlyMap<string, AgentDefinition>;
  /** Of what agents write to each other. */
  readonly mailbox: MailboxLimits;
  /** Name of the backend or pool of an agent. */
  backendOf(agent: AgentDefinition): string;
  /** A slot, an agent or a backend became free: see who can start. */
  dispatch(): void;
  /** This end of an agent process is counted against the message it was working on. */
  chargeExit(agent: string, incarnation: string): void;
  /** Ends the process of an agent until a person restarts it. */
  stopAgent(agent: string): void;
  /** Runs what may write, from outside any caller who could be told; a storage failure in there is dealt with. */
  guarded(work: () => void): void;
}
