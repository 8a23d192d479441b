/** The agents as the supervisor sees them: who is connected, in which incarnation, and what init says of the processes. */
import type { FromAgent, ToAgent } from '../agent/bus/messages.ts';
import type { SupervisorEnd } from '../agent/bus/transport.ts';
import type { Log } from '../agent/log.ts';
import type { AgentView } from './service.ts';

interface Link {
  state: AgentView['state'];
  restarts: number;
  incarnation: string | undefined;
  /** The incarnation whose process lives, as init says. */
  running: string | undefined;
  connection: SupervisorEnd | undefined;
  /** It gets no more turns: its process is about to be stopped. */
  halted: string | undefined;
}

export interface AgentListener {
  /** An agent is connected; `turns` are the ones it holds. */
  onHello(agent: string, incarnation: string, turns: string[]): void;
  onMessage(agent: string, message: Exclude<FromAgent, { type: 'hello' }>): void;
  /** A process of the agent has ended. `expected`: somebody wanted it. */
  onExit(agent: string, exit: AgentExit): void;
}

export interface AgentExit {
  incarnation: string;
  reason: string;
  restarting: boolean;
  expected: boolean;
}

export class AgentLinks {
  readonly #links: Map<string, Link>;
  readonly #listener: AgentListener;
  readonly #log: Log;

  constructor(agents: readonly string[], listener: AgentListener, log: Log) {
    const starting = {
      state: 'starting',
      restarts: 0,
      incarnation: undefined,
      running: undefined,
      connection: undefined,
    } as const;
    this.#links = new Map(agents.map((agent) => [agent, { ...starting, halted: undefined }]));
    this.#listener = listener;
    this.#log = log;
  }

  /** Takes a new connection; its first message says whose it is. */
  attach(connection: SupervisorEnd): void {
    let agent: string | undefined;
    connection.onMessage((message) => {
      if (message.type === 'hello') agent = this.#welcome(connection, message);
      else if (agent !== undefined) this.#listener.onMessage(agent, message);
    });
    connection.onClose((error) => {
      if (error !== undefined) this.#log.warn({ agent, error: error.message }, 'lost an agent');
      const link = this.#links.get(agent ?? '');
      if (link?.connection === connection) link.connection = undefined;
    });
  }

  #welcome(connection: SupervisorEnd, hello: Extract<FromAgent, { type: 'hello' }>): string | undefined {
    const link = this.#links.get(hello.agent);
    if (link === undefined) {
      connection.close();
      return undefined;
    }
    link.connection?.close();
    Object.assign(link, { connection, incarnation: hello.incarnation, state: 'ready' });
    this.#listener.onHello(
      hello.agent,
      hello.incarnation,
      hello.turns.map(({ turn }) => turn),
    );
    return hello.agent;
  }

  /** From init: a process of this agent runs now. */
  started(agent: string, incarnation: string, restarts: number): void {
    const link = this.#links.get(agent);
    if (link === undefined) return;
    link.restarts = restarts;
    link.running = incarnation;
    if (link.incarnation !== incarnation) link.state = 'starting';
  }

  /** From init: a process of this agent has ended. */
  exited(agent: string, exit: AgentExit): void {
    const link = this.#links.get(agent);
    if (link === undefined) return;
    if (link.running === exit.incarnation) link.running = undefined;
    if (link.incarnation === undefined || link.incarnation === exit.incarnation) {
      link.state = exit.restarting ? 'restarting' : 'stopped';
      link.connection?.close();
      link.connection = undefined;
    }
    this.#listener.onExit(agent, exit);
  }

  /** Init says that the process of this incarnation lives; if it is not connected it will call. */
  isRunning(agent: string, incarnation: string): boolean {
    return this.#links.get(agent)?.running === incarnation;
  }

  /** From now on its process, which is about to be stopped, counts as not connected; what it has open goes on. */
  halt(agent: string): void {
    const link = this.#links.get(agent);
    if (link !== undefined) link.halted = link.incarnation;
  }

  /** The incarnation that turns can be given to now. */
  connected(agent: string): string | undefined {
    const link = this.#links.get(agent);
    return link?.connection === undefined || link.halted === link.incarnation ? undefined : link.incarnation;
  }

  /** Sends, or does nothing when the agent is not connected: what it must know it learns after its next hello. */
  send(agent: string, message: ToAgent): void {
    this.#links.get(agent)?.connection?.send(message);
  }

  state(agent: string): Pick<AgentView, 'state' | 'restarts'> {
    const link = this.#links.get(agent);
    return { state: link?.state ?? 'stopped', restarts: link?.restarts ?? 0 };
  }
}
