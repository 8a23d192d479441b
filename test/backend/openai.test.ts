/** The backend at its edges: how a connection is opened, refused, broken, paused, aborted and left. */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { BackendError } from '../../agent/backend/errors.ts';
import { createBackend } from '../../agent/backend/registry.ts';
import { asking, backendAt, collect, deferred, definitionOf, never, textIn } from './collect.ts';
import { delta, eventStream, type RawServer, startRawServer } from './raw-server.ts';

let server: RawServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(reply: (socket: Socket, request: string) => void): Promise<string> {
  server = await startRawServer(reply);
  return server.url;
}

/** A reply with a status line and a body. */
function answer(status: number, body: string, contentType = 'application/json'): (socket: Socket) => void {
  const length = Buffer.byteLength(body);
  const head = `HTTP/1.1 ${status} Whatever\r\nContent-Type: ${contentType}\r\nContent-Length: ${length}\r\n\r\n`;
  return (socket) => socket.end(head + body);
}

describe('the request', () => {
  test('asks for a stream with usage on a connection that closes, and holds nothing but what was given', async () => {
    const url = await serve((socket) => socket.end(eventStream([delta({}, 'stop')])));
    const backend = createBackend(definitionOf(`${url}/`, { apiKeyVariable: 'KEY' }), { KEY: 'secret' });
    const messages = [{ role: 'user' as const, content: 'häh?', internal: 1 }];
    await collect(
      backend.stream(
        {
          model: 'tiny',
          messages,
          options: {
            ...{ temperature: 0.5, topP: 0.9, topK: 40, repeatPenalty: 1.1, maxTokens: 7, seed: 3, numGpu: 1 },
            ...{ stop: ['END'], presencePenalty: 0.1, frequencyPenalty: 0.2 },
          },
        },
        never(),
      ),
    );
    const [head = '', body = ''] = server?.received[0]?.split('\r\n\r\n') ?? [];
    expect(head).toMatch(/^POST \/v1\/chat\/completions HTTP\/1\.1\r\n/);
    expect(head.toLowerCase()).toContain('\r\nconnection: close');
    expect(head).toContain('authorization: Bearer secret');
    expect(JSON.parse(body)).toEqual({
      model: 'tiny',
      messages: [{ role: 'user', content: 'häh?' }],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 0.5,
      top_p: 0.9,
      top_k: 40,
      repeat_penalty: 1.1,
      max_tokens: 7,
      seed: 3,
      stop: ['END'],
      presence_penalty: 0.1,
      frequency_penalty: 0.2,
    });
  });

  test('says so when it continues an answer', async () => {
    const url = await serve((socket) => socket.end(eventStream([delta({}, 'stop')])));
    const messages = [
      { role: 'user' as const, content: 'a' },
      { role: 'assistant' as const, content: 'b' },
    ];
    await collect(backendAt(`${url}/v1`).stream({ model: 'tiny', messages, options: {} }, never()));
    expect(server?.received[0]).toContain('POST /v1/chat/completions');
    expect(server?.received[0]).toContain('"continue_final_message":true,"add_generation_prompt":false');
  });

  test('with a key that no header can carry is refused, without showing it', async () => {
    const backend = createBackend(definitionOf('http://127.0.0.1:9', { apiKeyVariable: 'KEY' }), { KEY: 'sec\nret' });
    const { error } = await collect(backend.stream(asking('a'), never()));
    expect(error).toMatchObject({ code: 'backend_refused' });
    expect(String(error)).not.toContain('ret"');
  });
});

describe('errors by status and body', () => {
  const overflow =
    '{"error":{"code":400,"message":"too long","type":"exceed_context_size_error","n_prompt_tokens":9,"n_ctx":8}}';
  test.each([
    [400, overflow, 'context_overflow', 'too long'],
    [400, '{"error":{"message":"This model\'s maximum context length is 4096 tokens."}}', 'context_overflow', '4096'],
    [400, '{"error":{"code":"context_length_exceeded","message":"no"}}', 'context_overflow', 'no'],
    [500, '{"error":{"code":500,"message":"Context size has been exceeded."}}', 'context_overflow', 'exceeded'],
    [400, '{"error":{"message":"bad field"}}', 'backend_refused', 'bad field'],
    [404, 'Not Found', 'backend_refused', 'Not Found'],
    [429, '{"error":"slow down"}', 'backend_refused', 'slow down'],
    [
      503,
      '{"error":{"message":"Loading model","type":"unavailable_error","code":503}}',
      'backend_loading',
      'Loading model',
    ],
    [500, '', 'backend_failed', 'no reason given'],
    [502, '<html>bad gateway</html>', 'backend_failed', 'bad gateway'],
    [200, '{"error":{"message":"it broke"}}', 'backend_failed', 'it broke'],
    [200, '<html>a login page</html>', 'backend_garbage', 'a login page'],
    [302, '', 'backend_garbage', '302'],
  ])('%i %s is %s', async (status, body, code, text) => {
    const url = await serve(answer(status, body));
    const { parts, error } = await collect(backendAt(url).stream(asking('a'), never()));
    expect(parts).toEqual([]);
    expect(error).toMatchObject({ name: 'BackendError', code, message: expect.stringContaining(text) });
  });

  test.each([
    [overflow, { promptTokens: 9, contextTokens: 8 }],
    ['{"error":{"message":"This model\'s maximum context length is 4096 tokens."}}', { contextTokens: 4096 }],
    [
      '{"error":{"message":"This model\'s maximum context length is 4096 tokens. However, your messages resulted in 5001 tokens."}}',
      { promptTokens: 5001, contextTokens: 4096 },
    ],
    ['{"error":{"code":"context_length_exceeded","message":"no"}}', {}],
    ['{"error":{"message":"bad field","n_prompt_tokens":9,"n_ctx":8}}', {}],
  ])('the numbers of a context overflow are told: %s', async (body, details) => {
    const url = await serve(answer(400, body));
    const { error } = await collect(backendAt(url).stream(asking('a'), never()));
    expect((error as BackendError).details).toEqual(details);
  });

  test.each([
    [undefined, {}, 'apiKeyVariable'],
    ['MODEL_KEY', {}, 'environment variable MODEL_KEY, which should hold its API key, is not set'],
    ['MODEL_KEY', { MODEL_KEY: 'sk-secret' }, 'did not accept the API key in the environment variable MODEL_KEY'],
  ])('401 says where the key comes from (%s)', async (apiKeyVariable, environment, text) => {
    const url = await serve(answer(401, '{"error":{"message":"Incorrect API key provided: sk-secret"}}'));
    const backend = createBackend(
      definitionOf(url, apiKeyVariable === undefined ? {} : { apiKeyVariable }),
      environment,
    );
    const { error } = await collect(backend.stream(asking('a'), never()));
    expect(error).toMatchObject({ code: 'backend_refused', message: expect.stringContaining(text) });
    if ('MODEL_KEY' in environment) expect(String(error)).not.toContain('sk-secret');
  });
});

describe('connections', () => {
  test('refused is unreachable', async () => {
    const port = await freePort();
    const { error } = await collect(backendAt(`http://127.0.0.1:${port}`).stream(asking('a'), never()));
    expect(error).toMatchObject({ code: 'backend_unreachable', message: expect.stringContaining('ECONNREFUSED') });
  });

  test('closed before a reply, or broken in mid-answer, is unreachable; what came before is read', async () => {
    const first = await serve((socket) => socket.destroy());
    expect(await collect(backendAt(first).stream(asking('a'), never()))).toMatchObject({
      error: { code: 'backend_unreachable' },
    });
    await server?.close();
    const chunk = `data: ${delta({ content: 'half' })}\n\n`;
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
    const second = await serve((socket) => socket.end(`${head}${chunk.length.toString(16)}\r\n${chunk}\r\n`));
    const { parts, error } = await collect(backendAt(second).stream(asking('a'), never()));
    expect(textIn(parts)).toBe('half');
    expect(error).toMatchObject({ code: 'backend_unreachable' });
  });

  test('broken after the finish reason is an answer', async () => {
    const chunk = `data: ${delta({ content: 'all' }, 'stop')}\n\n`;
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
    const url = await serve((socket) => socket.end(`${head}${chunk.length.toString(16)}\r\n${chunk}\r\n`));
    const { parts, error } = await collect(backendAt(url).stream(asking('a'), never()));
    expect(error).toBeUndefined();
    expect(parts.map(({ type }) => type)).toEqual(['text-delta', 'finish']);
  });

  test('a server that stays open after [DONE] does not hold the answer up', async () => {
    const url = await serve((socket) => socket.write(eventStream([delta({ content: 'all' }, 'stop'), '[DONE]'])));
    const { parts, error } = await collect(backendAt(url).stream(asking('a'), never()));
    expect(error).toBeUndefined();
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'stop' });
  });
});

describe('aborting', () => {
  test('closes the connection, drops what waits and throws the reason', async () => {
    const closed = deferred<void>();
    const url = await serve((socket) => {
      socket.write(eventStream([delta({ content: 'one' }), delta({ content: 'two' }), delta({ content: 'three' })]));
      socket.once('close', () => closed.resolve());
    });
    const controller = new AbortController();
    const reason = new Error('cut');
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const part of backendAt(url).stream(asking('a'), controller.signal)) {
        seen.push(part);
        controller.abort(reason);
      }
    })();
    await expect(reading).rejects.toBe(reason);
    await closed.promise;
    expect(seen).toEqual([{ type: 'text-delta', text: 'one' }]);
  });

  test('before the call opens no connection', async () => {
    const url = await serve((socket) => socket.end(eventStream([delta({}, 'stop')])));
    const { parts, error } = await collect(backendAt(url).stream(asking('a'), AbortSignal.abort('never mind')));
    expect(parts).toEqual([]);
    expect(error).toBe('never mind');
    expect(server?.received).toEqual([]);
  });

  test('while the server has said nothing yet', async () => {
    const asked = deferred<Socket>();
    const url = await serve((socket) => asked.resolve(socket));
    const controller = new AbortController();
    const reading = collect(backendAt(url).stream(asking('a'), controller.signal));
    const socket = await asked.promise;
    const closed = once(socket, 'close');
    controller.abort('enough');
    expect((await reading).error).toBe('enough');
    await closed;
  });

  test('destroys the socket within the abort event', async () => {
    const url = await serve((socket) => socket.write(eventStream([delta({ content: 'one' })])));
    const controller = new AbortController();
    const iterator = backendAt(url).stream(asking('a'), controller.signal)[Symbol.asyncIterator]();
    await iterator.next();
    const before = openFiles();
    controller.abort('enough');
    expect(openFiles()).toBe(before - 1);
    await expect(iterator.next()).rejects.toBe('enough');
    await expect(iterator.next()).resolves.toEqual({ done: true, value: undefined });
  });

  test('a reader that leaves closes the connection, too', async () => {
    const closed = deferred<void>();
    const url = await serve((socket) => {
      socket.write(eventStream([delta({ content: 'one' })]));
      socket.once('close', () => closed.resolve());
    });
    const seen: unknown[] = [];
    for await (const part of backendAt(url).stream(asking('a'), never())) {
      seen.push(part);
      break;
    }
    await closed.promise;
    expect(seen).toHaveLength(1);
  });
});

describe('a slow reader', () => {
  let http: Server | undefined;
  afterEach(() => {
    http?.closeAllConnections();
    http?.close();
  });

  test('pauses the server and gets everything', async () => {
    const total = 20_000;
    const filler = 'x'.repeat(2000);
    let sent = 0;
    let received = 0;
    let largestLead = 0;
    http = createServer((_, response) => {
      const pump = () => {
        let more = true;
        for (; more && sent < total; sent++) more = response.write(`data: ${delta({ content: filler })}\n\n`);
        if (sent === total) response.end(`data: ${delta({}, 'stop')}\n\n`);
        largestLead = Math.max(largestLead, sent - received);
      };
      response.writeHead(200, { 'content-type': 'text/event-stream' }).on('drain', pump);
      pump();
    });
    await once(http.listen(0, '127.0.0.1'), 'listening');
    const { port } = http.address() as AddressInfo;
    for await (const part of backendAt(`http://127.0.0.1:${port}`).stream(asking('a'), never())) {
      if (part.type === 'text-delta') received++;
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(received).toBe(total);
    expect(largestLead).toBeLessThan(total * 0.75);
  });
});

/** Files and sockets that this process has open at this moment. */
function openFiles(): number {
  return readdirSync('/dev/fd').length;
}

async function freePort(): Promise<number> {
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
