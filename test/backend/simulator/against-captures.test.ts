/** The simulator's replies, field by field against those of a real llama-server to the same requests. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../agent/backend/simulator/server.ts';
import { eventsOf, exchangeRaw, type ParsedReply, parseReply, readCapture, readRequestBody } from '../captures.ts';
import { asking, backendAt, collect, never } from '../collect.ts';

let simulator: Simulator;
beforeAll(async () => {
  simulator = await startSimulator({ models: ['tiny'], contextTokens: 2048, ttftMs: 1, tokensPerSecond: 1000 });
});
afterAll(() => simulator.close());

const recorded = (name: string) => parseReply(readCapture(name).bytes);

async function simulated(method: string, path: string, body?: string): Promise<ParsedReply> {
  return parseReply(await exchangeRaw(simulator.url, method, path, body));
}

/** Headers that say something about this one reply or this one process. */
const OWN = new Set(['Content-Length', 'Process-Start-Time-Unix']);

function headersOf({ headers }: ParsedReply): string[] {
  return headers
    .filter(([name]) => !OWN.has(name))
    .map(([name, value]) => `${name}: ${value}`)
    .sort();
}

/** Every field with its path and the kind of its value, in order; the first element stands for a list. */
function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [`${path}[]`, ...shapeOf(value[0], `${path}[0]`)];
  if (typeof value !== 'object' || value === null) return [`${path}: ${value === null ? 'null' : typeof value}`];
  return [path, ...Object.entries(value).flatMap(([key, field]) => shapeOf(field, `${path}.${key}`))];
}

const json = ({ body }: ParsedReply): unknown => JSON.parse(body.toString());

describe('replies that are not streams', () => {
  test.each([
    ['health', 'GET', '/health'],
    ['err-404', 'GET', '/nope'],
    ['err-bad-max-tokens', 'POST', '/v1/chat/completions'],
    ['err-messages-not-array', 'POST', '/v1/chat/completions'],
  ])('%s: the same', async (name, method, path) => {
    const body = method === 'POST' ? readRequestBody(name) : undefined;
    const [real, ours] = [recorded(name), await simulated(method, path, body)];
    expect(ours.status).toBe(real.status);
    expect(headersOf(ours)).toEqual(headersOf(real));
    expect(ours.body.toString()).toBe(real.body.toString());
  });

  test.each([
    ['err-bad-json', 'POST', '/v1/chat/completions'],
    ['chat-nonstream', 'POST', '/v1/chat/completions'],
    ['tokenize', 'POST', '/tokenize'],
    ['v1-models', 'GET', '/v1/models'],
  ])('%s: the same fields in the same order', async (name, method, path) => {
    const body = method === 'POST' ? readRequestBody(name) : undefined;
    const [real, ours] = [recorded(name), await simulated(method, path, body)];
    expect(ours.status).toBe(real.status);
    expect(headersOf(ours)).toEqual(headersOf(real));
    expect(shapeOf(json(ours))).toEqual(shapeOf(json(real)));
  });

  test('props: the same fields, and one of ours', async () => {
    const [real, ours] = [recorded('props'), await simulated('GET', '/props')];
    expect(headersOf(ours)).toEqual(headersOf(real));
    expect(shapeOf(json(ours))).toEqual([...shapeOf(json(real)), '.simulator: boolean']);
    expect(json(ours)).toMatchObject({
      total_slots: 4,
      model_alias: 'tiny',
      default_generation_settings: { n_ctx: 2048 },
    });
  });

  test('a prompt that is too long, streamed or not', async () => {
    const real = recorded('err-context-overflow-stream');
    const messages = [{ role: 'user', content: 'word '.repeat(3000) }];
    const ours = await simulated('POST', '/v1/chat/completions', JSON.stringify({ messages, stream: true }));
    expect(ours.status).toBe(400);
    expect(headersOf(ours)).toEqual(headersOf(real));
    expect(shapeOf(json(ours))).toEqual(shapeOf(json(real)));
    const { error } = json(ours) as { error: { message: string; n_prompt_tokens: number; n_ctx: number } };
    expect(error.message).toBe(
      `request (${error.n_prompt_tokens} tokens) exceeds the available context size (2048 tokens), try increasing it`,
    );
  });

  test.each([
    ['loading-health-503', 'GET', '/health'],
    ['loading-chat-503', 'POST', '/v1/chat/completions'],
  ])('%s', async (name, method, path) => {
    const loading = await startSimulator({ loadMs: 600_000 });
    const body = method === 'POST' ? readRequestBody(name) : undefined;
    const ours = parseReply(await exchangeRaw(loading.url, method, path, body));
    await loading.close();
    expect(ours.status).toBe(503);
    expect(headersOf(ours)).toEqual(headersOf(recorded(name)));
    expect(ours.body.toString()).toBe(recorded(name).body.toString());
  });

  test('metrics: every line about a metric is one of the real server', async () => {
    const [real, ours] = [recorded('metrics'), await simulated('GET', '/metrics')];
    const linesOf = ({ body }: ParsedReply) =>
      body
        .toString()
        .trim()
        .split('\n')
        .map((line) => line.replace(/ [\d.e+-]+$/, ''));
    expect(headersOf(ours)).toEqual(headersOf(real));
    expect(linesOf(real)).toEqual(expect.arrayContaining(linesOf(ours)));
    expect(ours.body.toString()).toContain('\nllamacpp:requests_processing 0\n');
  });

  test('requests that the real server refuses in these words', async () => {
    const refusal = async (body: string) => {
      const reply = await simulated('POST', '/v1/chat/completions', body);
      return [reply.status, (json(reply) as { error: { message: string } }).error.message];
    };
    expect(await refusal('{}')).toEqual([400, "'messages' is required"]);
    expect(await refusal('5')).toEqual([400, "'messages' is required"]);
    expect(await refusal('{"messages":[{"role":"user"}]}')).toEqual([
      400,
      "All non-assistant messages must contain 'content'",
    ]);
    expect(await refusal('{"messages":[{"role":"user","content":5}]}')).toEqual([
      400,
      "Expected 'content' to be a string or an array",
    ]);
    expect(await refusal('{"messages":[],"max_tokens":"a"}')).toEqual([
      400,
      "Field 'max_tokens': [json.exception.type_error.302] type must be number, but is string",
    ]);
  });
});

describe('slots', () => {
  test('before they are used, and while one is busy', async () => {
    const fresh = await startSimulator({ models: ['tiny'], contextTokens: 2048, ttftMs: 0, tokensPerSecond: 20 });
    const idle = parseReply(await exchangeRaw(fresh.url, 'GET', '/slots'));
    expect(idle.body.toString()).toBe(recorded('slots-idle').body.toString());
    const iterator = backendAt(fresh.url)
      .stream(asking('tell me about slots', { maxTokens: 1500, seed: 1 }), never())
      [Symbol.asyncIterator]();
    await iterator.next();
    const busy = parseReply(await exchangeRaw(fresh.url, 'GET', '/slots'));
    await iterator.return?.();
    await fresh.close();
    const [real, ours] = [json(recorded('slots-busy')), json(busy)] as Record<string, unknown>[][];
    expect(headersOf(busy)).toEqual(headersOf(recorded('slots-busy')));
    expect(shapeOf(ours?.[0])).toEqual(shapeOf(real?.[0]));
    expect(ours?.[0]).toMatchObject({ is_processing: true, params: { max_tokens: 1500, seed: 1, stream: true } });
    expect(ours?.slice(1)).toEqual((json(idle) as unknown[]).slice(1));
  });
});

describe('streams', () => {
  /** What each chunk on the wire holds; a run of deltas, whose number is the answer's and the clock's, as one. */
  function chunksOf({ chunks }: ParsedReply): string[] {
    const kinds = chunks.map((chunk) => withoutRepeats(eventsOf(chunk).map(kindOf)).join(' + '));
    return withoutRepeats(kinds);
  }

  function withoutRepeats(kinds: string[]): string[] {
    return kinds.filter((kind, index) => kind !== 'content' || kinds[index - 1] !== 'content');
  }

  function kindOf(event: unknown): string {
    if (typeof event === 'string') return event;
    const { choices, usage } = event as { choices: { delta: object; finish_reason: string | null }[]; usage?: object };
    if (choices[0] === undefined) return usage === undefined ? 'empty' : 'usage';
    return choices[0].finish_reason ?? Object.keys(choices[0].delta).join(',');
  }

  function shapesOf(reply: ParsedReply): string[][] {
    const shapes = eventsOf(reply.body).map((event) => shapeOf(event));
    return [...new Map(shapes.map((shape) => [shape.join('\n'), shape])).values()];
  }

  test.each(['chat-stream', 'chat-stream-usage', 'chat-stream-max-tokens-0'])(
    '%s: chunks, events, fields',
    async (name) => {
      simulator.change({ tokensPerSecond: 50 });
      const [real, ours] = [recorded(name), await simulated('POST', '/v1/chat/completions', readRequestBody(name))];
      simulator.change({ tokensPerSecond: 1000 });
      expect(ours.status).toBe(real.status);
      expect(headersOf(ours)).toEqual(headersOf(real));
      expect(chunksOf(ours)).toEqual(chunksOf(real));
      expect(shapesOf(ours)).toEqual(shapesOf(real));
    },
  );

  test('as many tokens as were asked for, counted as the real server counts', async () => {
    const ours = await simulated('POST', '/v1/chat/completions', readRequestBody('chat-stream-usage'));
    const events = eventsOf(ours.body) as {
      choices: { delta: { content?: string } }[];
      usage?: object;
      timings?: object;
    }[];
    expect(events.filter(({ choices }) => typeof choices?.[0]?.delta.content === 'string')).toHaveLength(8);
    expect(events.at(-2)).toMatchObject({ usage: { completion_tokens: 8 }, timings: { predicted_n: 8 } });
  });

  test('an answer that ends by itself counts the token that ended it', async () => {
    const body = JSON.stringify({
      messages: [{ role: 'user', content: 'say: one two' }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const events = eventsOf((await simulated('POST', '/v1/chat/completions', body)).body);
    expect(events.at(-2)).toMatchObject({ usage: { completion_tokens: 3 } });
    expect(events.at(-3)).toMatchObject({ choices: [{ finish_reason: 'stop' }] });
  });

  test('an answer that fills the context ends there', async () => {
    const body = JSON.stringify({
      messages: [{ role: 'user', content: `say-coded: ${Buffer.from('a '.repeat(4000)).toString('hex')}` }],
    });
    const reply = await simulated('POST', '/v1/chat/completions', body);
    const { choices, usage } = json(reply) as { choices: { finish_reason: string }[]; usage: { total_tokens: number } };
    expect(choices[0]?.finish_reason).toBe('length');
    expect(usage.total_tokens).toBe(2048);
  });

  test('an error inside a stream looks like the real one', async () => {
    const [ours] = eventsOf(
      (
        await simulated(
          'POST',
          '/v1/chat/completions',
          JSON.stringify({ messages: [{ role: 'user', content: 'fault: error-line 0\nsay: a' }], stream: true }),
        )
      ).body,
    ).slice(-1);
    expect(shapeOf(ours)).toEqual(shapeOf(eventsOf(recorded('kv-unified-exhausted-0').body).at(-1)));
  });

  test('a client that wants to keep the connection is promised it and then left', async () => {
    const body = JSON.stringify({ messages: [{ role: 'user', content: 'say: a' }], stream: true });
    const startedAt = performance.now();
    const bytes = await exchangeRaw(simulator.url, 'POST', '/v1/chat/completions', body, 'Connection: keep-alive');
    const idleLimitMs = 5000;
    expect(performance.now() - startedAt).toBeLessThan(idleLimitMs);
    const { headers } = parseReply(bytes);
    expect(headers).toContainEqual(['Keep-Alive', 'timeout=5, max=100']);
    expect(bytes.toString()).toContain('data: [DONE]');
  });

  test('a begun answer is repeated, unless the request says that it continues', async () => {
    const messages = [
      { role: 'user', content: 'say: one two three' },
      { role: 'assistant', content: 'one two' },
    ];
    const contentOf = async (more: object) => {
      const reply = await simulated('POST', '/v1/chat/completions', JSON.stringify({ messages, ...more }));
      return (json(reply) as { choices: { message: { content: string } }[] }).choices[0]?.message.content;
    };
    expect(await contentOf({})).toBe('one two three');
    expect(await contentOf({ continue_final_message: true, add_generation_prompt: false })).toBe(' three');
  });

  test('a prompt that was read before comes from the cache', async () => {
    const fresh = await startSimulator({ ttftMs: 0, tokensPerSecond: 0, slots: 3 });
    const cached = async (content: string) => {
      const { parts } = await collect(backendAt(fresh.url).stream(asking(content), never()));
      const finish = parts.at(-1);
      return finish?.type === 'finish' ? [finish.usage?.promptTokens, finish.usage?.cachedTokens] : [];
    };
    const [prompt = 0, none] = await cached('tell me about caches');
    const [, all] = await cached('tell me about caches');
    await fresh.close();
    expect(none).toBe(0);
    expect(all).toBe(prompt - 1);
  });
});
