/**
 * A stack in one process: the real engine, agents and model server over real sockets, HTTP and SQLite. What the process entries do in
 * a stack of processes, a test does by hand here: starting and ending agents, starting a supervisor anew.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { runAgent } from '../../agent/agent-process.ts';
import type { BackendDefinition } from '../../agent/backend/backend.ts';
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import { type Simulator, startSimulator } from '../../agent/backend/simulator/server.ts';
import type { SimulatorOptions } from '../../agent/backend/simulator/settings.ts';
import type { Log } from '../../agent/log.ts';
import { benchmarkLauncher } from '../../stack/benchmark-process.ts';
import { bundleEntries } from '../../stack/bundle.ts';
import type { LaunchBenchmark } from '../../supervisor/benchmarks/process.ts';
import type { AgentDefinition, BackendConfiguration } from '../../supervisor/configuration.ts';
import { Engine } from '../../supervisor/engine.ts';
import type { EventScope, EventType } from '../../supervisor/events.ts';
import type { MailboxLimits } from '../../supervisor/mailbox/limits.ts';
import { RunWaiters } from '../../supervisor/run-waiters.ts';
import type { RunView } from '../../supervisor/service.ts';
import type { PolicySource, SupervisorSettings } from '../../supervisor/settings.ts';
import { StackSupervisor } from '../../supervisor/supervisor.ts';
import { temporaryFolder } from '../store/temporary-store.ts';
import { type BusProxy, startBusProxy } from './bus-proxy.ts';
import { workerEntries } from './worker-entries.ts';

/** A line that was logged. */
export interface SeenLine extends Record<string, unknown> {
  level: keyof Log;
  message: string;
}
const LONG_ENOUGH_MS = 60_000;
const SPEED = { ttftMs: 2, tokensPerSecond: 0, slots: 4 };

export interface StackOptions {
  /** Default: the assistant and the analyst, without a system prompt. */
  agents?: (Partial<AgentDefinition> & { name: string })[];
  /** Modules as text, or sources; default: `error-keyword`. */
  policies?: (string | PolicySource)[];
  simulator?: SimulatorOptions;
  /** Another model server instead of the simulator. */
  backend?: BackendDefinition;
  slots?: number;
  /** Several model servers instead of one; the first is the default one. */
  backends?: BackendConfiguration[];
  gpuGroups?: Record<string, number>;
  /** Of what agents write to each other. */
  mailbox?: MailboxLimits;
  pools?: Record<string, string[]>;
  /** How long agents wait before they tell that a model server has not taken a request. */
  lateAcceptanceMs?: number;
}

/** An event as readers get it. */
export type SeenEvent = { type: EventType; seq?: number; run?: string; agent?: string } & Record<string, unknown>;

export class RunningStack {
  readonly folder = temporaryFolder();
  /** What supervisor and agents logged, at every level. */
  readonly lines: SeenLine[] = [];
  readonly #log = logTo(this.lines);
  #options: StackOptions;
  readonly #agents = new Map<string, { incarnation: string; stopping: AbortController }>();
  #incarnations = 0;
  /** Incarnations whose end was charged to a message. */
  readonly charged: string[] = [];
  /** Agents that a policy wanted stopped. */
  readonly terminated: string[] = [];
  #waiters = new RunWaiters();
  #proxy: BusProxy | undefined;
  #simulator: Simulator | undefined;
  engine: Engine;
  supervisor: StackSupervisor;

  constructor(options: StackOptions, simulator: Simulator | undefined) {
    this.#options = options;
    this.#simulator = simulator;
    [this.engine, this.supervisor] = this.#newSupervisor();
  }

  get simulator(): Simulator {
    if (this.#simulator === undefined) throw new Error('this stack has another model server');
    return this.#simulator;
  }

  get #backends(): BackendConfiguration[] {
    const { backend, backends, slots } = this.#options;
    const one = backend ?? { name: 'simulator', kind: 'openai', url: this.#simulator?.url ?? '' };
    return backends ?? [{ ...one, ...(slots !== undefined && { slots }) }];
  }

  #newSupervisor(): [Engine, StackSupervisor] {
    this.#waiters = new RunWaiters();
    const waiters = this.#waiters;
    const engine = new Engine(this.#settings(), workerEntries(), this.#log, {
      onRunEnd: (run) => waiters.ended(run),
      chargeExit: (_agent, incarnation) => this.charged.push(incarnation),
      stopAgent: (agent) => this.#stopAgent(agent),
    });
    const launchBenchmark: LaunchBenchmark = async (onMessage) =>
      benchmarkLauncher(join(await bundleEntries(), 'benchmark.mjs'), this.#log)(onMessage);
    const processControl = { restartAgent: () => {}, processes: () => [], launchBenchmark };
    return [engine, new StackSupervisor(engine, waiters, processControl)];
  }

  #settings(): SupervisorSettings {
    const { agents = [{ name: 'assistant' }, { name: 'analyst' }], gpuGroups, pools, mailbox } = this.#options;
    return {
      dataFolder: this.folder,
      socketPath: join(this.folder, 's.sock'),
      host: '127.0.0.1',
      port: 0,
      allowedHosts: [],
      token: 'unused',
      durability: 'normal',
      agents: agents.map((agent) => ({ system: '', ...agent })),
      backends: this.#backends.map((backend) => ({ ...backend, simulator: false })),
      ...(gpuGroups !== undefined && { gpuGroups }),
      ...(pools !== undefined && { pools }),
      ...(mailbox !== undefined && { mailbox }),
      policies: this.#policies(),
      previousExit: undefined,
    };
  }

  #policies(): PolicySource[] {
    const { policies = [{ use: 'error-keyword' }] } = this.#options;
    return policies.map((policy, index) => {
      if (typeof policy !== 'string') return policy;
      mkdirSync(join(this.folder, 'policies'), { recursive: true });
      const file = join(this.folder, 'policies', `${index}.mjs`);
      writeFileSync(file, `export default ${policy}`);
      return { use: `./${index}.ts`, file, version: `v${index}` };
    });
  }

  async start(): Promise<void> {
    this.#proxy = await startBusProxy(join(this.folder, 'a.sock'), join(this.folder, 's.sock'));
    await this.#startEngine();
    await this.until(() => this.supervisor.backends().some(({ up }) => up));
  }

  /** Starts the process of an agent, as it were, and waits until it has said hello. */
  async startAgent(name: string): Promise<void> {
    const [incarnation, stopping] = [`${name}-${++this.#incarnations}`, new AbortController()];
    this.#agents.set(name, { incarnation, stopping });
    const { lateAcceptanceMs } = this.#options;
    const settings = { agent: name, incarnation, socketPath: join(this.folder, 'a.sock'), backends: this.#backends };
    runAgent({ ...settings, ...(lateAcceptanceMs !== undefined && { lateAcceptanceMs }) }, this.#log, stopping.signal);
    await this.until(() => this.engine.bench.links.connected(name) === incarnation);
  }

  async startAgents(): Promise<void> {
    for (const { name } of this.#settings().agents) await this.startAgent(name);
  }

  /** Ends the process of an agent, as it were, and tells the supervisor as init does. */
  endAgent(name: string, { expected = false, tell = true } = {}): void {
    const agent = this.#agents.get(name);
    agent?.stopping.abort();
    if (!tell) return;
    const exit = { incarnation: agent?.incarnation ?? '', reason: 'killed', restarting: true, expected };
    this.engine.agentExited(name, exit);
  }

  /** As init does when a policy terminates an agent. */
  #stopAgent(name: string): void {
    this.terminated.push(name);
    const { incarnation = '', stopping } = this.#agents.get(name) ?? {};
    stopping?.abort();
    this.engine.agentExited(name, { incarnation, reason: 'stopped', restarting: false, expected: true });
  }

  /** Breaks the connections between agents and supervisor. */
  dropConnections(): void {
    this.#proxy?.drop();
  }

  /** From now on no connection between agents and supervisor comes about, until `letAgentsIn`. */
  keepAgentsOut(): void {
    this.#proxy?.shut();
  }

  letAgentsIn(): void {
    this.#proxy?.open();
  }

  /** A simulator on the port of one that is gone. */
  async restartSimulator(port: number): Promise<void> {
    this.#simulator = await startSimulator({ ...SPEED, port });
  }

  async stopSupervisor(): Promise<void> {
    await this.supervisor.stopAccepting();
    await this.engine.close();
  }

  /** What the next supervisor loads. */
  setPolicies(policies: (string | PolicySource)[]): void {
    this.#options = { ...this.#options, policies };
  }

  /** Whom the next supervisor knows. */
  setAgents(agents: NonNullable<StackOptions['agents']>): void {
    this.#options = { ...this.#options, agents };
  }

  /** A new supervisor over the same folder; agents that live call it. `isTold`: of which of them it hears, as from init. */
  async startSupervisor(isTold: (agent: string) => boolean = () => true): Promise<void> {
    [this.engine, this.supervisor] = this.#newSupervisor();
    await this.#startEngine();
    for (const [name, { incarnation, stopping }] of this.#agents) {
      if (!stopping.signal.aborted && isTold(name)) this.engine.agentStarted(name, incarnation, 0);
    }
  }

  async #startEngine(): Promise<void> {
    await this.engine.start();
    this.supervisor.resume();
    this.engine.awaitAgents();
  }

  async close(): Promise<void> {
    for (const { stopping } of this.#agents.values()) stopping.abort();
    await this.supervisor.benchmarks.suspend();
    await this.engine.close();
    await this.#proxy?.close();
    await this.#simulator?.close();
  }

  /** Says something and waits for the end of the run. */
  async ask(content: string, place: { agent?: string; chat?: string; key?: string } = {}): Promise<RunView> {
    const { run } = await this.supervisor.accept({ agent: 'assistant', ...place, content });
    return this.supervisor.waitForRun(run, LONG_ENOUGH_MS);
  }

  /** Says something; returns the id of the run. */
  async say(content: string, place: { agent?: string; chat?: string; key?: string } = {}): Promise<string> {
    return (await this.supervisor.accept({ agent: 'assistant', ...place, content })).run;
  }

  wait(run: string): Promise<RunView> {
    return this.supervisor.waitForRun(run, LONG_ENOUGH_MS);
  }

  /** Recorded events in this scope, and live ones, up to the one that is wanted. */
  async eventsUntil(scope: EventScope, isLast: (event: SeenEvent) => boolean, after = 0): Promise<SeenEvent[]> {
    const seen: SeenEvent[] = [];
    for await (const batch of this.supervisor.events(scope, after, AbortSignal.timeout(LONG_ENOUGH_MS))) {
      for (const { data } of batch) {
        seen.push(JSON.parse(data) as SeenEvent);
        if (isLast(seen.at(-1) as SeenEvent)) return seen;
      }
    }
    throw new Error(`the event did not come; there were ${seen.map(({ type }) => type).join(', ')}`);
  }

  /** Everything that readers were told about a run that ends. */
  eventsOf(run: string): Promise<SeenEvent[]> {
    return this.eventsUntil({ run }, ({ type }) => type === 'run-end');
  }

  /** Resolves when an event of this type was told about a run. */
  async event(run: string, type: EventType): Promise<SeenEvent> {
    return (await this.eventsUntil({ run }, (event) => event.type === type)).at(-1) as SeenEvent;
  }

  /** Model calls whose last user message holds this text. */
  calls(text = ''): LoggedRequest[] {
    return this.simulator.requests().filter(({ messages }) => messages.some(({ content }) => content.includes(text)));
  }

  /** Looks again and again; for what no event tells. */
  async until(isTrue: () => boolean): Promise<void> {
    const end = performance.now() + LONG_ENOUGH_MS;
    while (!isTrue()) {
      if (performance.now() > end) throw new Error(`never became true: ${isTrue}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

/** A fast simulator, a supervisor and its agents; all of it ends with the test. */
export async function startStack(options: StackOptions = {}): Promise<RunningStack> {
  const stack = await startWithoutAgents(options);
  await stack.startAgents();
  return stack;
}

export async function startWithoutAgents(options: StackOptions = {}): Promise<RunningStack> {
  const hasOther = options.backend !== undefined || options.backends !== undefined;
  const simulator = hasOther ? undefined : await startSimulator({ ...SPEED, ...options.simulator });
  const stack = new RunningStack(options, simulator);
  onTestFinished(() => stack.close());
  await stack.start();
  return stack;
}

/** A user message that makes the simulator say this, without containing it. */
export function sayCoded(text: string): string {
  return `say-coded: ${Buffer.from(text).toString('hex')}`;
}

/** The deltas of one channel of a turn, put together, with their offsets checked. */
export function shownText(events: readonly SeenEvent[], turn: number, channel: 'text' | 'reasoning' = 'text'): string {
  const deltas = events.filter((event) => event.type === `${channel}-delta` && event.turn === turn);
  return deltas.reduce((text, { offset, text: added }) => {
    if (offset !== text.length) throw new Error(`gap or repetition at ${offset}, there are ${text.length} characters`);
    return text + String(added);
  }, '');
}

function logTo(lines: SeenLine[]): Log {
  const at = (level: keyof Log) => (fields: object, message: string) => void lines.push({ ...fields, level, message });
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
