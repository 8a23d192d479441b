/**
 * The benchmark's end of the bus: agents of any runtime call it on a private socket, get model calls, and stream what comes. It takes the
 * place of the supervisor, without its store and its gate: what an agent does is the same in both.
 */
import { join } from 'node:path';
import type { FromAgent, TurnEnd, TurnStart } from '../../agent/bus/messages.ts';
import { type Listener, listenForAgents, type SupervisorEnd } from '../../agent/bus/transport.ts';
import { Failure } from '../../stack/failure.ts';
import { removeFolder, temporaryFolder } from '../temporary-folder.ts';

/** A model call as an agent reports it. */
export interface CallReport {
  text: string;
  end: TurnEnd;
}

/** Follows a call while it streams. */
export interface CallFollower {
  /** `text`: all that came so far. Returns whether the call goes on. */
  onText(text: string): boolean;
}

interface OpenCall {
  text: string;
  follower: CallFollower;
  isCancelled: boolean;
  resolve(report: CallReport): void;
  reject(error: Error): void;
}

interface Link {
  connection: SupervisorEnd;
  calls: Map<string, OpenCall>;
}

export class AgentBus {
  readonly folder: string;
  readonly #links = new Map<string, Link>();
  readonly #awaited = new Map<string, () => void>();
  #listener: Listener | undefined;
  #turns = 0;

  constructor() {
    this.folder = temporaryFolder('bus');
  }

  /** Where agents call. */
  get socketPath(): string {
    return join(this.folder, 'bus.sock');
  }

  async listen(): Promise<void> {
    this.#listener = await listenForAgents(this.socketPath, (connection) => {
      connection.onMessage((message) => this.#greet(connection, message));
    });
  }

  /** Resolves when this agent has said hello. */
  present(agent: string): Promise<void> {
    if (this.#links.has(agent)) return Promise.resolve();
    return new Promise((resolve) => this.#awaited.set(agent, resolve));
  }

  /**
   * Has an agent make a model call; aborting cancels it, and its end tells so.
   * @throws Failure the agent is gone
   */
  call(
    agent: string,
    start: Omit<TurnStart, 'type' | 'turn' | 'run'>,
    follower: CallFollower,
    signal: AbortSignal,
  ): Promise<CallReport> {
    const link = this.#links.get(agent);
    if (link === undefined) return Promise.reject(gone(agent));
    this.#turns++;
    const turn = `${agent}-${this.#turns}`;
    const cancel = (): void => link.connection.send({ type: 'turn-cancel', turn });
    return new Promise<CallReport>((resolve, reject) => {
      link.calls.set(turn, { text: '', follower, isCancelled: false, resolve, reject });
      link.connection.send({ type: 'turn-start', turn, run: 'bench', ...start });
      if (signal.aborted) cancel();
      signal.addEventListener('abort', cancel, { once: true });
    }).finally(() => signal.removeEventListener('abort', cancel));
  }

  /** Ends all connections and removes the folder. */
  async close(): Promise<void> {
    await this.#listener?.close();
    removeFolder(this.folder);
  }

  #greet(connection: SupervisorEnd, message: FromAgent): void {
    if (message.type !== 'hello') return connection.close();
    const { agent } = message;
    const link: Link = { connection, calls: new Map() };
    this.#links.set(agent, link);
    connection.onMessage((next) => handle(link, next));
    connection.onClose(() => this.#lost(agent, link));
    this.#awaited.get(agent)?.();
    this.#awaited.delete(agent);
  }

  #lost(agent: string, link: Link): void {
    if (this.#links.get(agent) === link) this.#links.delete(agent);
    for (const call of link.calls.values()) call.reject(gone(agent));
    link.calls.clear();
  }
}

function gone(agent: string): Failure {
  return new Failure(
    `Agent ${agent} ended in the middle of the benchmark; the runs before are written, --resume goes on.`,
  );
}

function handle({ connection, calls }: Link, message: FromAgent): void {
  if (message.type === 'delta') {
    const call = calls.get(message.turn);
    if (call === undefined || message.channel !== 'text' || call.isCancelled) return;
    call.text += message.text;
    call.isCancelled = !call.follower.onText(call.text);
    if (call.isCancelled) connection.send({ type: 'turn-cancel', turn: message.turn });
  } else if (message.type === 'turn-ended') {
    const { end } = message;
    const call = calls.get(end.turn);
    calls.delete(end.turn);
    connection.send({ type: 'turn-end-recorded', turn: end.turn });
    call?.resolve({ text: call.text, end });
  }
}
