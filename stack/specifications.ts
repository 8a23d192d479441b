/** Child specifications of a stack: what init forks for a plan, in which order, and what each child is told. */
import { join } from 'node:path';
import type { AgentDefinition } from '../supervisor/configuration.ts';
import { readOffence } from '../supervisor/policies/watchdog.ts';
import type { Entry } from './bundle.ts';
import type { ChildSpecification, ForkedProgram } from './child-specification.ts';
import type { LogSettings } from './control.ts';
import type { DataFolder } from './data-folder.ts';
import { SIMULATOR_SLOTS } from './defaults.ts';
import type { LlamaServer } from './llama-server/server-life.ts';
import type { PlannedBackend, StackPlan } from './plan.ts';
import type { PreparedParts } from './prepare.ts';

/** What is known when the children can be started. */
export interface StackParts extends PreparedParts {
  plan: StackPlan;
  data: DataFolder;
  socketPath: string;
  token: string;
  /** Port of the gateway: 0 until it has picked one, which it then keeps over restarts. */
  port: { current: number };
}

const START_MS = 30_000;
/** The supervisor's heap; a policy that fills it brings down that process and no other. */
const SUPERVISOR_HEAP_MB = 1024;

/** Shares of the grace period. What is left over is for looking at it all. */
const SHARE = { drain: 0.5, agent: 0.15, supervisor: 0.2, model: 0.1 } as const;
const LEAST_SHUTDOWN_MS = 200;

/** Time that open turns get to end. */
export function drainMs({ graceMs }: StackPlan): number {
  return graceMs * SHARE.drain;
}

/** Stages in start order: model, supervisor, agents. */
export function specifications(parts: StackParts): ChildSpecification[][] {
  const { simulatorPort, llamaServers } = parts;
  return [
    [
      ...(simulatorPort === undefined ? [] : [simulatorSpecification(parts, simulatorPort)]),
      ...llamaServers.map((server) => llamaServerSpecification(parts, server)),
    ],
    [supervisorSpecification(parts)],
    parts.plan.agents.map((agent) => agentSpecification(parts, agent)),
  ].filter((stage) => stage.length > 0);
}

function simulatorSpecification(parts: StackParts, port: number): ChildSpecification {
  const slots = parts.backends.find(({ simulator }) => simulator)?.slots ?? SIMULATOR_SLOTS;
  return {
    id: 'simulator',
    kind: 'model',
    start: program(parts, 'simulator', () => ({ role: 'model', port, slots, log: logOf(parts) })),
    ...common(parts, 'model'),
    significant: false,
  };
}

/**
 * Significant: a server that cannot start, or ends again and again, is a thing to put right at the command line. What is in the
 * inboxes waits for the next start.
 */
function llamaServerSpecification(parts: StackParts, server: LlamaServer): ChildSpecification {
  return {
    id: server.command.id,
    kind: 'model',
    start: { llamaServer: server },
    ...common(parts, 'model'),
    significant: true,
  };
}

function agentSpecification(parts: StackParts, { name }: AgentDefinition): ChildSpecification {
  const { socketPath } = parts;
  const backends = parts.backends.map(({ name, kind, url, apiKeyVariable }) => {
    return { name, kind, url, ...(apiKeyVariable !== undefined && { apiKeyVariable }) };
  });
  const start = program(parts, 'agent', ({ incarnation }) => {
    return { role: 'agent', agent: name, incarnation, socketPath, backends, log: logOf(parts) };
  });
  return {
    id: name,
    kind: 'agent',
    // One arena of glibc's allocator for all threads of a process that hardly uses more than one: 10 MB after much work instead of 14.
    start: { ...start, environment: { ...start.environment, MALLOC_ARENA_MAX: '1' } },
    ...common(parts, 'agent'),
    significant: false,
  };
}

function supervisorSpecification(parts: StackParts): ChildSpecification {
  const { plan, data, socketPath, token, port, policies, backends } = parts;
  const { host, allowedHosts, durability, agents, gpuGroups, pools, mailbox } = plan;
  const settings = {
    dataFolder: data.folder,
    socketPath,
    host,
    allowedHosts,
    token,
    durability,
    agents,
    backends,
    gpuGroups,
    pools,
    ...(mailbox !== undefined && { mailbox }),
    policies,
  };
  const start = program(parts, 'supervisor', ({ previousExit }) => {
    return { role: 'supervisor', settings: { ...settings, port: port.current, previousExit }, log: logOf(parts) };
  });
  return {
    id: 'supervisor',
    kind: 'supervisor',
    start: { ...start, execArgv: [`--max-old-space-size=${SUPERVISOR_HEAP_MB}`] },
    ...common(parts, 'supervisor'),
    significant: true,
    isForgiven: (pid, { signal }) => readOffence(data.folder, signal !== 'SIGKILL')?.pid === pid,
  };
}

function common({ plan }: StackParts, kind: ChildSpecification['kind']) {
  const shutdownMs = Math.max(LEAST_SHUTDOWN_MS, plan.graceMs * SHARE[kind]);
  return { restart: 'permanent', shutdownMs, startMs: START_MS } as const;
}

function program(parts: StackParts, entry: Entry, message: ForkedProgram['message']): ForkedProgram {
  // No flags: with any of V8's Node cannot use its own snapshot, and starts slower and larger.
  return {
    file: join(parts.bundles, `${entry}.mjs`),
    execArgv: [],
    environment: environmentOf(parts.backends),
    message,
  };
}

function logOf({ plan, data }: StackParts): LogSettings {
  return { file: data.log, level: plan.logLevel };
}

/** What every child may need; secrets of the shell that started the stack are none of it. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'TZ',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'NODE_V8_COVERAGE',
  'ESBUILD_BINARY_PATH',
];

function environmentOf(backends: readonly PlannedBackend[]): Record<string, string> {
  const names = [...PASSED_ON, ...backends.map(({ apiKeyVariable }) => apiKeyVariable ?? '')];
  const known = names.map((name) => [name, process.env[name]] as const).filter(([, value]) => value !== undefined);
  return Object.fromEntries(known) as Record<string, string>;
}
