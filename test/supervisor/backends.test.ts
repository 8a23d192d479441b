/** Model servers that come and go, asked over real HTTP. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createBackend } from '../../agent/backend/registry.ts';
import { Backends } from '../../supervisor/backends.ts';
import type { BackendConfiguration } from '../../supervisor/configuration.ts';

/** A server that answers these paths; what is not among them is 404. */
async function serve(answers: Record<string, object>, port = 0): Promise<Server> {
  const server = createServer(({ url = '' }, response) => {
    response.writeHead(url in answers ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answers[url] ?? {}));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return server;
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const LLAMA = { '/health': { status: 'ok' }, '/props': { total_slots: 3, model_alias: 'llama' } };
const OTHER = { '/v1/models': { data: [{ id: 'one' }, { id: 'two' }] } };

interface Watched {
  backends: Backends;
  told: string[];
  next(): Promise<string>;
}

/** Watches a server at this port until the test ends. */
function watch(port: number, changes: Partial<BackendConfiguration> = {}): Watched {
  const told: string[] = [];
  let wake = (): void => {};
  const tell = (text: string): void => {
    told.push(text);
    wake();
  };
  const url = `http://127.0.0.1:${port}`;
  const configuration: BackendConfiguration = { name: 'b', kind: 'openai', url, ...changes };
  const entry = { configuration, backend: createBackend(configuration) };
  const listener = {
    onUp: (name: string) => tell(`${name} up`),
    onDown: (name: string, reason: string) => tell(`${name} down: ${reason}`),
  };
  const backends = new Backends([entry], listener);
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  backends.watch(stopping.signal);
  let taken = 0;
  const next = async (): Promise<string> => {
    while (told.length <= taken)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return told[taken++] ?? '';
  };
  return { backends, told, next };
}

test('a server is up once it has answered, with what it says of itself', async () => {
  const { backends, next } = watch(portOf(await serve(LLAMA)));
  expect(backends.slots('b')).toBe(0);
  expect(backends.views()).toMatchObject([{ name: 'b', up: false, server: 'unknown', model: 'default' }]);
  expect(await next()).toBe('b up');
  expect(backends.views()).toEqual([
    { name: 'b', url: expect.any(String), server: 'llama-server', up: true, slots: 3, model: 'llama' },
  ]);
  expect([backends.slots('b'), backends.model('b'), backends.settleMs('b')]).toEqual([3, 'llama', 30]);
});

test('one that does not say how many requests it works on gets four, or what the configuration says', async () => {
  const port = portOf(await serve(OTHER));
  const unknown = watch(port);
  await unknown.next();
  expect(unknown.backends.views()).toMatchObject([{ server: 'openai-compatible', slots: 4, model: 'one' }]);
  expect(unknown.backends.settleMs('b')).toBe(0);
  const configured = watch(port, { slots: 9, model: 'two' });
  await configured.next();
  expect([configured.backends.slots('b'), configured.backends.model('b')]).toEqual([9, 'two']);
});

test('a turn that failed on it takes it down until it answers; that is told once', async () => {
  const { backends, told, next } = watch(portOf(await serve(LLAMA)));
  await next();
  backends.suspect('b', 'it broke');
  backends.suspect('b', 'it broke again');
  expect(backends.slots('b')).toBe(0);
  expect(backends.views()[0]).toMatchObject({ up: false, detail: 'it broke again', slots: 3 });
  expect([await next(), await next()]).toEqual(['b down: it broke', 'b up']);
  expect(backends.views()[0]).not.toHaveProperty('detail');
  expect(told).toHaveLength(3);
});

test('one that goes and comes back is noticed without anybody asking', async () => {
  const server = await serve(LLAMA);
  const port = portOf(server);
  const { backends, next } = watch(port);
  await next();
  server.closeAllConnections();
  server.close();
  backends.suspect('b', 'it broke');
  expect(await next()).toBe('b down: it broke');
  await serve({ ...LLAMA, '/props': { total_slots: 1, model_alias: 'other' } }, port);
  expect(await next()).toBe('b up');
  expect([backends.slots('b'), backends.model('b')]).toEqual([1, 'other']);
});

test('names that nobody knows have no slots', async () => {
  const { backends } = watch(portOf(await serve(LLAMA)));
  backends.suspect('elsewhere', 'x');
  expect([backends.slots('elsewhere'), backends.settleMs('elsewhere')]).toEqual([0, 0]);
});
