/** Event streams over real sockets: the bytes, and what happens to readers who are slow, gone or too many. */
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { afterEach, expect, test } from 'vitest';
import { InterjectError } from '../../supervisor/errors.ts';
import type { StoredEvent } from '../../supervisor/events.ts';
import { registerClosing } from '../../ui/closing.ts';
import { registerErrors } from '../../ui/errors.ts';
import { DEFAULT_LIMITS, type GatewayLimits } from '../../ui/limits.ts';
import { EventStreams, frame } from '../../ui/sse.ts';
import { Waits } from '../../ui/waits.ts';
import { RawClient } from './raw-client.ts';

/** Batches that a test hands out one by one. */
class Source {
  signal: AbortSignal | undefined;
  taken = 0;
  failure: Error | undefined;
  #waiting: (readonly StoredEvent[])[] = [];
  #wake = (): void => undefined;

  give(...batch: StoredEvent[]): void {
    this.#waiting.push(batch);
    this.#wake();
  }

  fail(error: Error): void {
    this.failure = error;
    this.#wake();
  }

  async *subscribe(signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    this.signal = signal;
    signal.addEventListener('abort', () => this.#wake());
    while (!signal.aborted) {
      if (this.failure !== undefined) throw this.failure;
      const batch = this.#waiting.shift();
      if (batch === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      } else {
        this.taken++;
        yield batch;
      }
    }
  }

  async ended(): Promise<void> {
    const { signal } = this;
    if (signal === undefined || signal.aborted) return;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  }
}

const delta = (seq: number, text = 'word '): StoredEvent => ({
  seq,
  type: 'text-delta',
  run: 'r1',
  data: JSON.stringify({ type: 'text-delta', seq, turn: 1, offset: 0, text }),
});
const runEnd: StoredEvent = { seq: 9, type: 'run-end', run: 'r1', data: '{"type":"run-end","status":"answered"}' };
const held: StoredEvent = { seq: undefined, type: 'held', data: '{"type":"held","turn":1,"characters":7}' };

const servers: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(source: Source, changed: Partial<GatewayLimits> = {}) {
  const limits = { ...DEFAULT_LIMITS, ...changed };
  const logged: string[] = [];
  const log = { error: (_fields: object, message: string) => logged.push(message) };
  const streams = new EventStreams(limits, log);
  const app = fastify().withTypeProvider<ZodTypeProvider>();
  const waits = new Waits();
  registerClosing(app, { streams, waits, limits });
  registerErrors(app, log);
  app.get('/live', (_request, reply) => streams.open(reply, (signal) => ({ batches: source.subscribe(signal) })));
  app.get('/run', (_request, reply) =>
    streams.open(reply, (signal) => ({ batches: source.subscribe(signal), isLast: ({ type }) => type === 'run-end' })),
  );
  const idle = new Source();
  app.get('/idle', (_request, reply) => streams.open(reply, (signal) => ({ batches: idle.subscribe(signal) })));
  app.get('/refused', (_request, reply) =>
    streams.open(reply, async () => {
      throw new InterjectError('inbox_full');
    }),
  );
  app.get('/waits', async (_request, reply) => {
    await once(waits.follow(reply), 'abort');
    await new Promise((resolve) => setTimeout(resolve, 20));
    return 'waited';
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  servers.push(app);
  const { port } = app.server.address() as AddressInfo;
  return { app, streams, logged, port, open: (path: string) => RawClient.send(port, [`GET ${path} HTTP/1.1`]) };
}

/** The body of a chunked reply. */
function unchunked(text: string): string[] {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  return body.split('\r\n').filter((_line, index) => index % 2 === 1);
}

test('frames: id, event and data; no id when the event is not recorded', () => {
  expect(frame(runEnd)).toBe('id: 9\nevent: run-end\ndata: {"type":"run-end","status":"answered"}\n\n');
  expect(frame(held)).toBe('event: held\ndata: {"type":"held","turn":1,"characters":7}\n\n');
});

test('headers and retry go out before there is any event; a batch is one chunk', async () => {
  const source = new Source();
  const { open } = await serve(source);
  const client = open('/live');
  await client.received('retry: 500\n\n');
  const head = client.text.toLowerCase();
  expect(head).toContain('content-type: text/event-stream');
  expect(head).toContain('x-accel-buffering: no');
  expect(head).not.toContain('content-encoding');
  source.give(delta(1, 'é🎈'), held, delta(2));
  await client.received('id: 2');
  expect(unchunked(client.text).slice(0, 2)).toEqual([
    'retry: 500\n\n',
    frame(delta(1, 'é🎈')) + frame(held) + frame(delta(2)),
  ]);
  client.socket.destroy();
});

test('a stream ends with its last event, and the connection can be used again', async () => {
  const source = new Source();
  const { open } = await serve(source);
  const client = open('/run');
  source.give(delta(1), runEnd, delta(10));
  await client.received('\r\n0\r\n\r\n');
  expect(client.text).toContain(frame(runEnd));
  expect(client.text).not.toContain('id: 10');
  expect(source.signal?.aborted).toBe(true);
  client.socket.write('GET /refused HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await client.received('inbox_full');
  expect(client.text).toContain('429 Too Many Requests');
  client.socket.destroy();
});

test('a reader who leaves ends the subscription and frees the place', async () => {
  const source = new Source();
  const { open, streams } = await serve(source);
  const client = open('/live');
  await client.received('retry');
  expect(streams.size).toBe(1);
  client.socket.destroy();
  await source.ended();
  expect(source.signal?.aborted).toBe(true);
  expect(streams.size).toBe(0);
});

test('a reader who does not read is not buffered for, and is dropped', async () => {
  const source = new Source();
  const { open, streams } = await serve(source, { heartbeatMs: 200 });
  const client = open('/live');
  await client.received('retry');
  client.socket.pause();
  const batches = 2000;
  for (let seq = 1; seq <= batches; seq++) source.give(delta(seq, 'x'.repeat(20_000)));
  await source.ended();
  expect(source.taken).toBeLessThan(batches);
  expect(streams.size).toBe(0);
  client.socket.destroy();
});

test('a slow reader who reads after all gets everything', async () => {
  const source = new Source();
  const { open } = await serve(source);
  const client = open('/run');
  await client.received('retry');
  client.socket.pause();
  for (let seq = 1; seq <= 400; seq++) source.give(delta(seq, 'x'.repeat(20_000)));
  source.give(runEnd);
  client.socket.resume();
  await client.received('\r\n0\r\n\r\n');
  expect(client.text.match(/^id: \d+$/gm)).toHaveLength(401);
  client.socket.destroy();
});

test('a silent stream has a heartbeat', async () => {
  const { open } = await serve(new Source(), { heartbeatMs: 10 });
  const client = open('/live');
  await client.received('\n:\n\n');
  expect(unchunked(client.text).slice(0, 2)).toEqual(['retry: 500\n\n', ':\n\n']);
  client.socket.destroy();
});

test('too many streams are refused, a refused subscription takes no place', async () => {
  const source = new Source();
  const { open, streams } = await serve(source, { streams: 1 });
  const refused = open('/refused');
  await refused.received('inbox_full');
  expect(streams.size).toBe(0);
  const first = open('/live');
  await first.received('retry');
  const second = open('/live');
  await second.received('too_many_streams');
  expect(second.text).toContain('HTTP/1.1 429');
  for (const client of [refused, first, second]) client.socket.destroy();
});

test('a subscription that fails breaks the connection off and is logged', async () => {
  const source = new Source();
  const { open, logged } = await serve(source);
  const client = open('/live');
  await client.received('retry');
  source.fail(new Error('the store is gone'));
  await client.closed();
  expect(client.text).not.toContain('\r\n0\r\n\r\n');
  expect(client.text).not.toContain('is gone');
  expect(logged).toEqual(['an event stream failed']);
});

test('closing ends streams properly, and does not wait for connections that never asked', async () => {
  const { app, open, port } = await serve(new Source(), { closeMs: 600_000 });
  const reader = open('/live');
  await reader.received('retry');
  const silent = connect(port, '127.0.0.1');
  await once(silent, 'connect');
  await app.close();
  await reader.closed();
  expect(reader.text.endsWith('\r\n0\r\n\r\n')).toBe(true);
  expect(app.server.listening).toBe(false);
  silent.destroy();
});

test('closing finishes replies under way, then ends their connections', async () => {
  const { app, open } = await serve(new Source(), { closeMs: 600_000 });
  const client = open('/waits');
  await once(app.server, 'request');
  await app.close();
  await client.closed();
  expect(client.text).toMatch(/waited$/);
});

test('closing does not wait for a reader who does not read', async () => {
  const source = new Source();
  const { app, open, streams } = await serve(source, { closeMs: 10 });
  const sleeper = open('/live');
  await sleeper.received('retry');
  sleeper.socket.pause();
  for (let seq = 1; seq <= 2000; seq++) source.give(delta(seq, 'x'.repeat(20_000)));
  await app.close();
  expect(streams.size).toBe(0);
  sleeper.socket.destroy();
});
