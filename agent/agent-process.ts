/**
 * An agent: takes turns from the supervisor, runs them on a backend, streams what comes. It keeps nothing between turns and
 * survives a supervisor that dies: it calls again, says what it holds (`hello`) and goes on from where the new one stands.
 */
import type { Backend, BackendDefinition } from './backend/backend.ts';
import { createBackend } from './backend/registry.ts';
import type { FromAgent, ToAgent, TurnStart } from './bus/messages.ts';
import { type AgentEnd, callSupervisor } from './bus/transport.ts';
import type { Log } from './log.ts';
import { OpenTurn } from './open-turn.ts';

export interface AgentSettings {
  agent: string;
  /** Unique for each start of the process. */
  incarnation: string;
  socketPath: string;
  backends: BackendDefinition[];
  /** Milliseconds after which it is told that a model server has not taken a request; default 5000. */
  lateAcceptanceMs?: number;
}

/** A supervisor that takes less than this many bytes slows the reading of the model down. */
const MOST_UNSENT_BYTES = 1024 * 1024;

/** Runs until the signal aborts; then every model connection is closed at once. */
export function runAgent(settings: AgentSettings, log: Log, signal: AbortSignal): void {
  const worker = new Worker(settings, log);
  callSupervisor(settings.socketPath, signal, (connection) => worker.attach(connection));
  signal.addEventListener('abort', () => worker.cancelAll(), { once: true });
}

class Worker {
  readonly #settings: AgentSettings;
  readonly #log: Log;
  readonly #backends: Map<string, Backend>;
  /** All turns whose end is not recorded by the supervisor yet. */
  readonly #turns = new Map<string, OpenTurn>();
  #connection: AgentEnd | undefined;

  constructor(settings: AgentSettings, log: Log) {
    this.#settings = settings;
    this.#log = log;
    this.#backends = new Map(settings.backends.map((definition) => [definition.name, createBackend(definition)]));
  }

  attach(connection: AgentEnd): void {
    this.#connection = connection;
    connection.onMessage((message) => this.#handle(message));
    connection.onClose((error) => this.#detach(connection, error));
    connection.send({
      type: 'hello',
      agent: this.#settings.agent,
      incarnation: this.#settings.incarnation,
      turns: [...this.#turns.keys()].map((turn) => ({ turn })),
    });
  }

  #detach(connection: AgentEnd, error: Error | undefined): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    for (const turn of this.#turns.values()) turn.fallOutOfStep();
    const { agent } = this.#settings;
    this.#log.warn({ agent, error: error?.message, turns: this.#turns.size }, 'lost the supervisor; calling again');
  }

  #handle(message: ToAgent): void {
    switch (message.type) {
      case 'turn-start':
        void this.#run(message);
        break;
      case 'turn-cancel':
        this.#turns.get(message.turn)?.cancel(message.offset);
        break;
      case 'turn-resume':
        this.#turns.get(message.turn)?.resume(message);
        break;
      case 'turn-end-recorded':
        this.#turns.delete(message.turn);
    }
  }

  async #run(command: TurnStart): Promise<void> {
    const turn = new OpenTurn(command, (message) => this.#send(message), this.#settings.lateAcceptanceMs);
    this.#turns.set(command.turn, turn);
    const { outcome, errorMessage } = await turn.run(this.#backends.get(command.backend), command);
    const { run, chat, number } = command;
    const place = { agent: this.#settings.agent, chat, run, turn: number };
    this.#log.debug({ ...place, outcome, text: errorMessage }, 'turn ended');
  }

  #send(message: FromAgent): Promise<void> | undefined {
    this.#connection?.sendGathered(message);
    const isSlow = (this.#connection?.unsentBytes ?? 0) > MOST_UNSENT_BYTES;
    return isSlow ? this.#connection?.drained() : undefined;
  }

  cancelAll(): void {
    for (const turn of this.#turns.values()) turn.cancel(undefined);
  }
}
