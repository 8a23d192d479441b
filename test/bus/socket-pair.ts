/** Two connected ends of a real socket, for the tests of this folder. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A path for a socket in a folder of its own; removed when the test ends. */
export function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'interject-bus-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'bus.sock');
}

/** Both are destroyed when the test ends. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const path = socketPath();
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const one = connect(path);
  const [other] = await accepted;
  await (one.connecting ? once(one, 'connect') : undefined);
  onTestFinished(() => {
    one.destroy();
    other.destroy();
    server.close();
  });
  return [one, other];
}

/** Resolves with the first `count` values that `listen` hands to its listener. */
export function collect<T>(count: number, listen: (listener: (value: T) => void) => void): Promise<T[]> {
  const values: T[] = [];
  return new Promise((resolve) => {
    listen((value) => {
      values.push(value);
      if (values.length === count) resolve(values);
    });
  });
}
