/** Makes the parts that work on runs and lays them out; the engine says what happens when they report something. */
import { createBackend } from '../agent/backend/registry.ts';
import type { Log } from '../agent/log.ts';
import { AgentLinks, type AgentListener } from './agent-links.ts';
import { Backends } from './backends.ts';
import { MAILBOX_LIMITS } from './mailbox/limits.ts';
import { Metrics } from './metrics/metrics.ts';
import { PolicyHost } from './policies/host.ts';
import type { Watchdog } from './policies/watchdog.ts';
import type { Recorder } from './recorder.ts';
import { Asks } from './runs/asks.ts';
import { Leases } from './runs/leases.ts';
import { Ledger } from './runs/ledger.ts';
import { LiveRuns } from './runs/live-runs.ts';
import { Placement } from './runs/placement.ts';
import { Routing } from './runs/routing.ts';
import type { Workbench } from './runs/workbench.ts';
import type { SupervisorSettings } from './settings.ts';
import type { KeyedHash } from './store/keyed-hash.ts';
import type { Store } from './store/store.ts';
import type { BackendListener } from './watched-backend.ts';

/** What there is before the workbench. */
interface Ground {
  settings: SupervisorSettings;
  store: Store;
  recorder: Recorder;
  log: Log;
  hash: KeyedHash;
  watchdog: Watchdog;
}

/** Whom its parts tell. */
interface Listeners extends Pick<Workbench, 'dispatch' | 'chargeExit' | 'stopAgent' | 'guarded'> {
  agents: AgentListener;
  backends: BackendListener;
  /** It is committed that something was forgotten. */
  onForgotten(): void;
}

export function createWorkbench(
  { settings, store, recorder, log, hash, watchdog }: Ground,
  { agents: agentListener, backends: backendListener, onForgotten, ...reactions }: Listeners,
): Workbench {
  const { agents, mailbox = MAILBOX_LIMITS } = settings;
  const { dispatch } = reactions;
  const backends = createBackends(settings, backendListener);
  const runs = new LiveRuns();
  const routing = new Routing(backends, runs, new Placement(store, recorder), dispatch);
  const names = agents.map(({ name }) => name);
  return {
    ...{ store, recorder, log, backends, runs, routing, mailbox },
    ledger: new Ledger(store, recorder, { hash, onForgotten }),
    policies: new PolicyHost(watchdog, store.offences, log, backends.names),
    links: new AgentLinks(names, agentListener, log),
    metrics: new Metrics(store.measures),
    asks: new Asks(backends, routing, dispatch),
    leases: new Leases(backends, dispatch),
    agents: new Map(agents.map((agent) => [agent.name, agent])),
    backendOf: (agent) => agent.backend ?? backends.names[0] ?? '',
    ...reactions,
  };
}

function createBackends({ backends, gpuGroups, pools }: SupervisorSettings, listener: BackendListener): Backends {
  const entries = backends.map((configuration) => ({ configuration, backend: createBackend(configuration) }));
  return new Backends(entries, listener, gpuGroups, pools);
}
