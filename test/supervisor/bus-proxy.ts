/** Stands between agents and a supervisor, so that a test can break their connections without a word to either. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface BusProxy {
  /** Breaks every connection; agents call again. */
  drop(): void;
  /** Breaks every connection, and each new one at once. */
  shut(): void;
  open(): void;
  close(): Promise<void>;
}

export async function startBusProxy(path: string, supervisorPath: string): Promise<BusProxy> {
  const sockets = new Set<Socket>();
  let isShut = false;
  const server = createServer((agent) => {
    if (isShut) return void agent.destroy();
    const supervisor = connect(supervisorPath);
    for (const [socket, other] of [
      [agent, supervisor],
      [supervisor, agent],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  server.listen(path);
  await once(server, 'listening');
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    drop();
    await closed;
  };
  const shut = (): void => {
    isShut = true;
    drop();
  };
  const open = (): void => {
    isShut = false;
  };
  return { drop, shut, open, close };
}
