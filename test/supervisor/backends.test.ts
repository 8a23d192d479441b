/** Model servers that come and go, asked over real HTTP. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
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
  // How it is spoken to is no matter here: what is watched answers as an OpenAI-compatible server does.
  const entry = { configuration, backend: createBackend({ ...configuration, kind: 'openai' }) };
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

/** Watches all of these until the test ends; returns when those that answer are up. */
async function watchAll(configurations: BackendConfiguration[]): Promise<Backends> {
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const entries = configurations.map((configuration) => ({ configuration, backend: createBackend(configuration) }));
  const backends = new Backends(entries, { onUp: () => {}, onDown: () => {} });
  backends.watch(stopping.signal);
  const isKnown = ({ up, detail }: { up: boolean; detail?: string }): boolean => up || detail !== 'not asked yet';
  while (!backends.views().every(isKnown)) await new Promise(setImmediate);
  return backends;
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

test('one that only failed is asked at once, and goes on meanwhile', async () => {
  let probes = 0;
  const server = await serve(LLAMA);
  server.on('request', ({ url }) => {
    if (url === '/health') probes++;
  });
  const { backends, told, next } = watch(portOf(server));
  await next();
  // By itself it is asked every five seconds: ten questions would take longer than this test may.
  for (let asked = 0; asked < 10; asked++) {
    const before = probes;
    backends.check('b');
    expect(backends.slots('b')).toBe(3);
    while (probes === before) await new Promise(setImmediate);
  }
  expect(told).toEqual(['b up']);
});

test('a question that comes while it is being asked is asked again', async () => {
  const server = await serve(LLAMA);
  const { backends, told, next } = watch(portOf(server));
  await next();
  const asked = new Promise<void>((resolve) => server.once('request', () => resolve()));
  backends.check('b');
  await asked;
  backends.check('b');
  const again = new Promise<void>((resolve) => {
    server.on('request', ({ url }) => {
      if (url === '/health') resolve();
    });
  });
  await again;
  expect(told).toEqual(['b up']);
});

test('Ollama works on one request at a time, unless something else is said', async () => {
  const port = portOf(await serve(OTHER));
  for (const [changes, slots] of [
    [{ kind: 'ollama' }, 1],
    [{ kind: 'ollama', slots: 3 }, 3],
  ] as const) {
    const { backends, next } = watch(port, changes);
    await next();
    expect(backends.slots('b')).toBe(slots);
  }
});

describe('where a turn goes', () => {
  const up = { '/health': { status: 'ok' } };
  const models = (...names: string[]): Record<string, object> => ({
    ...up,
    '/props': { total_slots: 1 },
    '/v1/models': { data: names.map((id) => ({ id })) },
  });

  /** `own` is down; these others are up. */
  async function others(servers: Record<string, Record<string, object>>, changes: Partial<BackendConfiguration> = {}) {
    const entries = [{ name: 'own', url: 'http://127.0.0.1:9' }];
    for (const [name, answers] of Object.entries(servers))
      entries.push({ name, url: `http://127.0.0.1:${portOf(await serve(answers))}` });
    return watchAll(entries.map((entry) => ({ kind: 'openai', ...entry, ...(entry.name === 'other' && changes) })));
  }

  test('to the first fallback that is up; without one it waits for its own', async () => {
    const backends = await others({ one: models('a'), two: models('b') });
    expect(backends.route('own', {})).toBe('own');
    expect(backends.route('own', { fallback: ['two', 'one'] })).toBe('two');
    expect(backends.route('own', { fallback: ['nowhere', 'one'] })).toBe('one');
    expect(backends.route('two', { fallback: ['one'] })).toBe('two');
  });

  test('to its own before that has had the time to answer', async () => {
    const silent = createNetServer(() => {});
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as AddressInfo;
    const stopping = new AbortController();
    onTestFinished(() => stopping.abort());
    const entries = [
      ['own', port],
      ['other', portOf(await serve(models('m')))],
    ].map(([name, at]) => {
      const configuration = { name: String(name), kind: 'openai', url: `http://127.0.0.1:${at}` } as const;
      return { configuration, backend: createBackend(configuration) };
    });
    const backends = new Backends(entries, { onUp: () => {}, onDown: () => {} });
    backends.watch(stopping.signal);
    while (!backends.isUp('other')) await new Promise(setImmediate);
    expect(backends.route('own', { fallback: ['other'] })).toBe('own');
    while (backends.route('own', { fallback: ['other'] }) === 'own') await new Promise((wake) => setTimeout(wake, 5));
    expect(backends.views()[0]?.detail).toContain('no answer');
  });

  test('to one that has the model', async () => {
    const backends = await others({ one: models('a', 'c:latest'), two: models('b', 'a:7b') });
    const fallback = ['one', 'two'];
    const routes = ['a', 'a:latest', 'b', 'c', 'a:7b', 'd'].map((model) => backends.route('own', { fallback, model }));
    expect(routes).toEqual(['one', 'one', 'two', 'one', 'two', 'own']);
  });

  test('also to one that does not list its models, or that is configured for it', async () => {
    expect((await others({ other: models() })).route('own', { fallback: ['other'], model: 'm' })).toBe('other');
    const configured = await others({ other: models('x') }, { model: 'm' });
    expect(configured.route('own', { fallback: ['other'], model: 'm' })).toBe('other');
  });

  test('groups have one request in flight, or what is said', async () => {
    const configuration = { name: 'one', kind: 'openai', url: 'http://127.0.0.1:9', gpuGroup: 'gpu' } as const;
    const entry = { configuration, backend: createBackend(configuration) };
    const backends = new Backends([entry], { onUp: () => {}, onDown: () => {} }, { big: 4 });
    expect([backends.groupOf('one'), backends.groupOf('two')]).toEqual(['gpu', undefined]);
    expect(['gpu', 'big', 'toString'].map((group) => backends.groupLimit(group))).toEqual([1, 4, 1]);
  });
});

test('names that nobody knows have no slots', async () => {
  const { backends } = watch(portOf(await serve(LLAMA)));
  backends.suspect('elsewhere', 'x');
  expect([backends.slots('elsewhere'), backends.settleMs('elsewhere')]).toEqual([0, 0]);
});
