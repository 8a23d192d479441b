/** Ports of the loopback interface that nothing listens on at this moment. */
import { type AddressInfo, connect, createServer } from 'node:net';

export function freePort(): Promise<number> {
  return listenOnce(0);
}

/** This port if nobody listens there, else another one. */
export async function freePortFrom(preferred: number): Promise<number> {
  // Asked first: on some systems one can listen beside somebody who listens on all addresses.
  if (await answers(preferred)) return freePort();
  return listenOnce(preferred).catch(() => freePort());
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const done = (isAnswered: boolean): void => {
      socket.destroy();
      resolve(isAnswered);
    };
    socket.once('connect', () => done(true)).once('error', () => done(false));
  });
}
