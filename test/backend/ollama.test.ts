/** The Ollama backend on the wire: what it sends, how refusals and broken connections end, what it says of a cut prompt. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { BackendNotice, ModelRequest } from '../../agent/backend/backend.ts';
import type { BackendError } from '../../agent/backend/errors.ts';
import { createBackend } from '../../agent/backend/registry.ts';
import { asking, type Collected, collect, deferred, definitionOf, never, textIn } from './collect.ts';
import { jsonReply, lineStream, type RawServer, startRawServer } from './raw-server.ts';

let server: RawServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(reply: (socket: Socket, request: string) => void): Promise<string> {
  server = await startRawServer(reply);
  return server.url;
}

const ollamaAt = (url: string) => createBackend(definitionOf(url, { kind: 'ollama' }), {});
const says = (content: string) => ({ message: { role: 'assistant', content }, done: false });
const DONE = { message: { role: 'assistant', content: '' }, done: true, done_reason: 'stop' };

async function ask(reply: string, request: ModelRequest = asking('a')): Promise<Collected> {
  return collect(ollamaAt(await serve((socket) => socket.end(reply))).stream(request, never()));
}

describe('the request', () => {
  const options: ModelRequest['options'] = {
    temperature: 0.5,
    topP: 0.9,
    topK: 20,
    repeatPenalty: 1.1,
    maxTokens: 7,
    seed: 3,
    stop: ['END'],
    presencePenalty: 0.1,
    frequencyPenalty: 0.2,
    context: 8192,
    numGpu: -1,
    keepAlive: '5m',
  };

  test('holds every option under the name that Ollama has for it, and nothing but what was given', async () => {
    const url = await serve((socket) => socket.end(lineStream([DONE])));
    const definition = definitionOf(`${url}/api/`, { kind: 'ollama', apiKeyVariable: 'KEY' });
    const messages = [{ role: 'user' as const, content: 'häh?', internal: 1 }];
    await collect(createBackend(definition, { KEY: 'secret' }).stream({ model: 'tiny', messages, options }, never()));
    const [head = '', body = ''] = server?.received[0]?.split('\r\n\r\n') ?? [];
    expect(head).toMatch(/^POST \/api\/chat HTTP\/1\.1\r\n/);
    expect(head.toLowerCase()).toContain('\r\nconnection: close');
    expect(head).toContain('authorization: Bearer secret');
    expect(JSON.parse(body)).toEqual({
      model: 'tiny',
      messages: [{ role: 'user', content: 'häh?' }],
      stream: true,
      truncate: false,
      shift: false,
      keep_alive: '5m',
      options: {
        temperature: 0.5,
        top_p: 0.9,
        top_k: 20,
        repeat_penalty: 1.1,
        num_predict: 7,
        seed: 3,
        stop: ['END'],
        presence_penalty: 0.1,
        frequency_penalty: 0.2,
        num_ctx: 8192,
        num_gpu: -1,
      },
    });
  });

  test.each([
    ['300', 300],
    ['0', 0],
    ['-1', -1],
    ['-1m', '-1m'],
    ['24h', '24h'],
    [undefined, undefined],
  ])('keepAlive %s is keep_alive %s', async (keepAlive, expected) => {
    await ask(lineStream([DONE]), asking('a', keepAlive === undefined ? {} : { keepAlive }));
    const sent = JSON.parse(server?.received[0]?.split('\r\n\r\n')[1] ?? '');
    expect(sent.keep_alive).toBe(expected);
    expect(sent.options).toEqual({});
  });
});

describe('errors by status and body', () => {
  const inner = {
    error: {
      code: 400,
      message: 'request (2622 tokens) exceeds the available context size (512 tokens), try increasing it',
      type: 'exceed_context_size_error',
      n_prompt_tokens: 2622,
      n_ctx: 512,
    },
  };
  test.each([
    [404, { error: "model 'tiny' not found" }, 'backend_refused', 'ollama pull tiny'],
    [404, { error: 'model "tiny" not found, try pulling it first' }, 'backend_refused', 'ollama pull tiny'],
    [404, { error: { message: 'File Not Found' } }, 'backend_refused', 'this is not an Ollama'],
    [400, { error: '"all-minilm" does not support chat' }, 'backend_refused', 'does not support chat'],
    [400, { error: 'the input length exceeds the context length' }, 'context_overflow', 'input length'],
    [400, { error: JSON.stringify(inner) }, 'context_overflow', '400: request (2622 tokens)'],
    [500, { error: 'prompt too long; exceeded max context length by 4 tokens' }, 'context_overflow', 'by 4 tokens'],
    [
      500,
      { error: 'model requires more system memory (8 GiB) than is available' },
      'backend_failed',
      'more system memory',
    ],
    [
      503,
      { error: 'server busy, please try again.  maximum pending requests exceeded' },
      'backend_loading',
      'server busy',
    ],
    [200, { error: 'it broke' }, 'backend_failed', 'it broke'],
    [200, { hello: 1 }, 'backend_garbage', 'hello'],
  ])('%i %j is %s', async (status, body, code, text) => {
    const { parts, error } = await ask(jsonReply(status, body));
    expect(parts).toEqual([]);
    expect(error).toMatchObject({ name: 'BackendError', code, message: expect.stringContaining(text) });
  });

  test('a full queue is worth another try, a missing model is not', async () => {
    const busy = await ask(jsonReply(503, { error: 'server busy' }));
    expect((busy.error as BackendError).retryable).toBe(true);
    await server?.close();
    const missing = await ask(jsonReply(404, { error: "model 'tiny' not found" }));
    expect((missing.error as BackendError).retryable).toBe(false);
  });

  test('the numbers of a context overflow are told, also those inside the text of another error', async () => {
    const { error } = await ask(jsonReply(400, { error: JSON.stringify(inner) }));
    expect((error as BackendError).details).toEqual({ promptTokens: 2622, contextTokens: 512 });
  });

  test('a page instead of an answer', async () => {
    const page = 'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>a login page</html>';
    expect((await ask(page)).error).toMatchObject({ code: 'backend_garbage' });
  });

  test('401 says where the key comes from', async () => {
    const url = await serve((socket) => socket.end(jsonReply(401, { error: 'unauthorized' })));
    const backend = createBackend(definitionOf(url, { kind: 'ollama', apiKeyVariable: 'MODEL_KEY' }), {});
    const { error } = await collect(backend.stream(asking('a'), never()));
    expect(error).toMatchObject({ code: 'backend_refused', message: expect.stringContaining('MODEL_KEY') });
  });
});

describe('the answer', () => {
  test('that ends without done failed, also when the connection ends in good order', async () => {
    const { parts, error } = await ask(lineStream([says('half')]));
    expect(textIn(parts)).toBe('half');
    expect(error).toMatchObject({ code: 'backend_truncated' });
  });

  test('that breaks off with the connection is unreachable', async () => {
    const line = `${JSON.stringify(says('half'))}\n`;
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n';
    const { parts, error } = await ask(`${head}${line.length.toString(16)}\r\n${line}\r\n`);
    expect(textIn(parts)).toBe('half');
    expect(error).toMatchObject({ code: 'backend_unreachable' });
  });

  test('to a conversation without messages is one object and empty', async () => {
    const { parts, error } = await ask(jsonReply(200, { ...DONE, done_reason: 'load' }));
    expect(error).toBeUndefined();
    expect(parts).toEqual([{ type: 'finish', reason: 'stop', usage: undefined }]);
  });

  test('of a server that stays open after it is not held up', async () => {
    const url = await serve((socket) => socket.write(lineStream([says('all'), DONE])));
    const { parts, error } = await collect(ollamaAt(url).stream(asking('a'), never()));
    expect(error).toBeUndefined();
    expect(parts.map(({ type }) => type)).toEqual(['text-delta', 'finish']);
  });

  test('is accepted when its headers come, and only then', async () => {
    const asked = deferred<Socket>();
    const heard = deferred<void>();
    let accepted = 0;
    const onAccepted = () => {
      accepted++;
      heard.resolve();
    };
    const url = await serve((socket) => asked.resolve(socket));
    const reading = collect(ollamaAt(url).stream(asking('a'), never(), { onAccepted }));
    const socket = await asked.promise;
    expect(accepted).toBe(0);
    socket.write(lineStream([]));
    await heard.promise;
    socket.end(`${JSON.stringify(DONE)}\n`);
    expect((await reading).error).toBeUndefined();
    expect(accepted).toBe(1);
  });

  test('that is aborted closes the connection', async () => {
    const asked = deferred<Socket>();
    const url = await serve((socket) => {
      socket.write(lineStream([says('one')]));
      asked.resolve(socket);
    });
    const controller = new AbortController();
    const iterator = ollamaAt(url).stream(asking('a'), controller.signal)[Symbol.asyncIterator]();
    await iterator.next();
    const closed = once(await asked.promise, 'close');
    controller.abort('enough');
    await expect(iterator.next()).rejects.toBe('enough');
    await closed;
  });
});

describe('a prompt that was cut', () => {
  const long = asking('some words and more of them '.repeat(1000));

  interface Told extends Collected {
    notices: BackendNotice[];
    /** Notices that had come before the finish. */
    before: number;
  }

  /** What the listener hears when the server counts so many tokens and says (or does not say) its context. */
  async function hear(request: ModelRequest, counted: object, loaded: object | undefined): Promise<Told> {
    const answer = lineStream([says('a'), { ...DONE, ...counted }]);
    const running = jsonReply(loaded === undefined ? 404 : 200, { models: [{ name: 'tiny:latest', ...loaded }] });
    const url = await serve((socket, sent) => socket.end(sent.startsWith('GET /api/ps ') ? running : answer));
    const notices: BackendNotice[] = [];
    let before = -1;
    const onNotice = (notice: BackendNotice) => void notices.push(notice);
    const told = await collect(
      (async function* () {
        for await (const part of ollamaAt(url).stream(request, never(), { onNotice })) {
          if (part.type === 'finish') before = notices.length;
          yield part;
        }
      })(),
    );
    return { ...told, notices, before };
  }

  test('is said before the finish, with the numbers', async () => {
    const { parts, error, notices, before } = await hear(long, { prompt_eval_count: 4096 }, { context_length: 4096 });
    expect(error).toBeUndefined();
    expect(parts.at(-1)).toMatchObject({ type: 'finish', usage: { promptTokens: 4096 } });
    expect(before).toBe(1);
    expect(notices).toEqual([
      { code: 'prompt_truncated', text: expect.stringContaining('read 4096 of about 6200 tokens') },
    ]);
    expect(notices[0]?.text).toContain('context of tiny (4096 tokens)');
  });

  test('is said, too, when the answer pushed it out', async () => {
    const counted = { prompt_eval_count: 496, eval_count: 3000 };
    const { notices } = await hear(asking('some words '.repeat(200)), counted, { context_length: 2048 });
    expect(notices).toEqual([{ code: 'prompt_truncated', text: expect.stringContaining('while it answered') }]);
  });

  test('is said when the server does not tell its context and the context was asked for', async () => {
    const request = { ...long, options: { context: 512 } };
    const { notices } = await hear(request, { prompt_eval_count: 512 }, undefined);
    expect(notices).toHaveLength(1);
  });

  test('is seen in the context that the server really has, not in the one that was asked for', async () => {
    const request = { ...long, options: { context: 32_768 } };
    expect((await hear(request, { prompt_eval_count: 2048 }, { context_length: 2048 })).notices).toHaveLength(1);
    await server?.close();
    expect((await hear(request, { prompt_eval_count: 6200 }, { context_length: 32_768 })).notices).toEqual([]);
  });

  test('is not invented where the count leaves out what was cached', async () => {
    expect((await hear(long, { prompt_eval_count: 9 }, { context_length: 32_768 })).notices).toEqual([]);
    await server?.close();
    expect((await hear(long, {}, { context_length: 32_768 })).notices).toEqual([]);
  });

  test('is not asked about after a short one: one connection', async () => {
    await hear(asking('hello'), { prompt_eval_count: 12 }, { context_length: 4096 });
    expect(server?.received).toHaveLength(1);
  });

  test('an abort while the context is asked for ends the call', async () => {
    const asked = deferred<void>();
    const url = await serve((socket, sent) => {
      if (sent.startsWith('GET /api/ps ')) asked.resolve();
      else socket.end(lineStream([{ ...DONE, prompt_eval_count: 4096 }]));
    });
    const controller = new AbortController();
    const notices: BackendNotice[] = [];
    const onNotice = (notice: BackendNotice) => void notices.push(notice);
    const request = { ...long, options: { context: 4096 } };
    const reading = collect(ollamaAt(url).stream(request, controller.signal, { onNotice }));
    await asked.promise;
    controller.abort('enough');
    expect(await reading).toEqual({ parts: [], error: 'enough' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(notices).toEqual([]);
  });
});
