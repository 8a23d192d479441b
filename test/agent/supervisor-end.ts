/** The supervisor's end of the bus for tests of agents: a real listener that records what comes and sends what it is told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { FromAgent, ToAgent } from '../../agent/bus/messages.ts';
import { type Listener, listenForAgents, type SupervisorEnd } from '../../agent/bus/transport.ts';

type OfType<T extends FromAgent['type']> = Extract<FromAgent, { type: T }>;

export class RecordingSupervisor {
  readonly path: string;
  /** Everything that came, oldest first. */
  readonly received: FromAgent[] = [];
  #taken = 0;
  #connections: SupervisorEnd[] = [];
  #listener: Listener | undefined;
  #told = (): void => {};

  constructor(path: string) {
    this.path = path;
  }

  async listen(): Promise<void> {
    this.#listener = await listenForAgents(this.path, (connection) => {
      this.#connections.push(connection);
      connection.onMessage((message) => {
        this.received.push(message);
        this.#told();
      });
    });
  }

  /** As when the process dies: every connection breaks, nobody listens. */
  async die(): Promise<void> {
    await this.#listener?.close();
    this.#connections = [];
  }

  /** Breaks the connections and goes on listening. */
  drop(): void {
    for (const connection of this.#connections.splice(0)) connection.close();
  }

  send(message: ToAgent): void {
    this.#connections.at(-1)?.send(message);
  }

  /** The next message of this type that was not taken yet; those before it are passed over. */
  async next<T extends FromAgent['type']>(type: T): Promise<OfType<T>> {
    for (;;) {
      const message = this.received[this.#taken];
      if (message !== undefined) this.#taken++;
      if (message?.type === type) return message as OfType<T>;
      if (message === undefined)
        await new Promise<void>((resolve) => {
          this.#told = resolve;
        });
    }
  }

  /** Takes deltas until a channel's text is this long; returns that text. */
  async text(turn: string, length: number, from = 0): Promise<string> {
    let text = '';
    while (from + text.length < length) {
      const delta = await this.next('delta');
      if (delta.turn === turn) text += delta.text;
    }
    return text;
  }
}

/** Listens on a socket of its own; everything ends with the test. */
export async function recordingSupervisor(): Promise<RecordingSupervisor> {
  const folder = mkdtempSync(join(tmpdir(), 'interject-agent-'));
  const supervisor = new RecordingSupervisor(join(folder, 'bus.sock'));
  await supervisor.listen();
  onTestFinished(async () => {
    await supervisor.die();
    rmSync(folder, { recursive: true, force: true });
  });
  return supervisor;
}
