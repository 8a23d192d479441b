/**
 * Ports of the loopback interface that nothing listens on at this moment. They are chosen where systems do not hand out ports by themselves:
 * until a server listens there, and while it is away to be started again, nobody else gets its port by chance.
 */
import { type AddressInfo, connect, createServer } from 'node:net';

/** What a system hands out to whoever wants any port begins at 32768 on Linux, at 49152 elsewhere. */
const FIRST = 12_000;
const COUNT = 20_000;
const TRIES = 10;

/** Any one. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  return listenOnce(0);
}

/** This port if nobody listens there, else another one; 0: any. */
export async function freePortFrom(preferred: number): Promise<number> {
  return preferred !== 0 && (await isFree(preferred)) ? preferred : freePort();
}

async function isFree(port: number): Promise<boolean> {
  // Asked first: on some systems one can listen beside somebody who listens on all addresses.
  if (await answers(port)) return false;
  return listenOnce(port).then(
    () => true,
    () => false,
  );
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
