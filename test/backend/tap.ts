/** A wire tap: passes bytes between a backend and its server and tells what happens to the connections. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Deferred, deferred } from './collect.ts';

interface TappedConnection {
  /** Resolves when the client's side is closed. */
  closedByClient: Promise<void>;
  /** Bytes that came from the server so far. */
  received: number;
}

export interface Tap {
  url: string;
  connections: TappedConnection[];
  close(): Promise<void>;
}

export async function startTap(serverUrl: string): Promise<Tap> {
  const { hostname, port } = new URL(serverUrl);
  const sockets = new Set<Socket>();
  const connections: TappedConnection[] = [];
  const tap = createServer((client) => {
    const closed: Deferred<void> = deferred();
    const connection = { closedByClient: closed.promise, received: 0 };
    connections.push(connection);
    const server = connect(Number(port), hostname);
    for (const socket of [client, server]) sockets.add(socket.on('error', () => {}));
    client.pipe(server);
    server.pipe(client);
    server.on('data', (bytes) => {
      connection.received += bytes.length;
    });
    server.once('close', () => client.destroy());
    client.once('close', () => {
      server.destroy();
      closed.resolve();
    });
  });
  await new Promise<void>((resolve) => tap.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(tap.address() as AddressInfo).port}`,
    connections,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => tap.close(() => resolve()));
    },
  };
}
