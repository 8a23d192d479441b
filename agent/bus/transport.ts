/**
 * The local transport of the bus: a Unix domain socket on which the supervisor listens and agents call. It is the one file that
 * another engine would replace; everything else sees connections.
 */
import { rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { type Connection, overSocket } from './connection.ts';
import { type FromAgent, fromAgent, type ToAgent, toAgent } from './messages.ts';

export type AgentEnd = Connection<ToAgent, FromAgent>;
export type SupervisorEnd = Connection<FromAgent, ToAgent>;

/** Milliseconds between two attempts to reach a supervisor that is not there. */
const RETRY_MS = 50;

/**
 * Keeps calling the supervisor until the signal aborts: `onConnected` gets every new connection, the next call is made when it
 * has closed.
 */
export function callSupervisor(path: string, signal: AbortSignal, onConnected: (connection: AgentEnd) => void): void {
  const call = (): void => {
    if (signal.aborted) return;
    const socket = connect(path);
    const abort = (): void => void socket.destroy();
    signal.addEventListener('abort', abort, { once: true });
    socket.on('error', () => {});
    socket.once('connect', () => onConnected(overSocket(socket, toAgent)));
    socket.once('close', () => {
      signal.removeEventListener('abort', abort);
      if (!signal.aborted) setTimeout(call, RETRY_MS);
    });
  };
  call();
}

export interface Listener {
  /** Ends all connections and removes the socket file. */
  close(): Promise<void>;
}

/** Listens for agents; an old socket file at this path is replaced. The caller holds the lock of the data folder. */
export function listenForAgents(path: string, onConnected: (connection: SupervisorEnd) => void): Promise<Listener> {
  rmSync(path, { force: true });
  const open = new Set<SupervisorEnd>();
  const server = createServer((socket) => {
    const connection: SupervisorEnd = overSocket(socket, fromAgent);
    open.add(connection);
    connection.onClose(() => open.delete(connection));
    onConnected(connection);
  });
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      for (const connection of open) connection.close();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => resolve({ close }));
  });
}
