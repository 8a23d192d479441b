/** Requests that wait: until the client goes, until the gateway closes, and not one moment less. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { Waits } from '../../ui/waits.ts';
import { RawClient } from './raw-client.ts';

const waits: Waits[] = [];
const servers: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const open of waits.splice(0)) open.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

/** A route that answers once its wait has ended; hands out the signal of the request that came. */
async function serve() {
  const wait = new Waits();
  const app = fastify();
  let came = (_signal: AbortSignal): void => undefined;
  const request = new Promise<AbortSignal>((resolve) => {
    came = resolve;
  });
  app.post('/wait', async (_request, reply) => {
    const signal = wait.follow(reply);
    came(signal);
    if (!signal.aborted) await once(signal, 'abort');
    return { ended: true };
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  waits.push(wait);
  servers.push(app);
  const { port } = app.server.address() as AddressInfo;
  const head = ['POST /wait HTTP/1.1', 'Connection: close', 'Content-Type: application/json', 'Content-Length: 2'];
  const client = RawClient.send(port, head);
  client.socket.write('{}');
  return { wait, client, signal: await request };
}

test('a client who goes away ends the wait', async () => {
  const { client, signal } = await serve();
  expect(signal.aborted).toBe(false);
  client.socket.destroy();
  await once(signal, 'abort');
  expect(signal.aborted).toBe(true);
});

test('closing ends the wait, and the client still gets its reply', async () => {
  const { wait, client, signal } = await serve();
  wait.close();
  expect(signal.aborted).toBe(true);
  await client.closed();
  expect(client.text).toContain('{"ended":true}');
});

test('who comes after closing does not wait', async () => {
  const wait = new Waits();
  wait.close();
  const app = fastify();
  app.get('/', (_request, reply) => ({ aborted: wait.follow(reply).aborted }));
  expect((await app.inject('/')).json()).toEqual({ aborted: true });
});
