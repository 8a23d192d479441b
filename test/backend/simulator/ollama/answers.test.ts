/** The simulator as Ollama: how it answers chats and prompts, refuses, fails, queues, and notices that a client has gone. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { type Simulator, startSimulator } from '../../../../agent/backend/simulator/server.ts';
import type { SimulatorOptions } from '../../../../agent/backend/simulator/settings.ts';
import { ask, chat, openChat, until } from './client.ts';

let simulator: Simulator;
afterEach(() => simulator?.close());

async function start(options: SimulatorOptions = {}): Promise<string> {
  simulator = await startSimulator({ ttftMs: 0, tokensPerSecond: 0, ...options });
  return simulator.url;
}

const outcomes = () => simulator.requests().map(({ outcome }) => outcome);

describe('an answer', () => {
  test('comes in lines, unless it is asked for otherwise; the last one has the figures', async () => {
    const url = await start({ ttftMs: 2 });
    const { status, type, lines, last } = await chat(url, 'think: hm\nsay: one two');
    expect([status, type]).toEqual([200, 'application/x-ndjson']);
    const common = { model: 'simulator', created_at: expect.stringMatching(/^\d{4}-.*Z$/) };
    expect(lines.slice(0, -1)).toEqual([
      { ...common, message: { role: 'assistant', content: '', thinking: 'hm' }, done: false },
      { ...common, message: { role: 'assistant', content: 'one' }, done: false },
      { ...common, message: { role: 'assistant', content: ' two' }, done: false },
    ]);
    expect(last).toMatchObject({
      ...common,
      message: { role: 'assistant', content: '' },
      done: true,
      done_reason: 'stop',
      eval_count: 4,
      prompt_eval_count: expect.any(Number),
    });
    const nanoseconds = 1e6;
    expect(last.prompt_eval_duration).toBeGreaterThanOrEqual(nanoseconds);
    expect(last.total_duration).toBeGreaterThanOrEqual(last.prompt_eval_duration ?? Number.POSITIVE_INFINITY);
    for (const duration of [last.total_duration, last.load_duration, last.eval_duration ?? 0]) {
      expect(Number.isInteger(duration)).toBe(true);
    }
  });

  test('comes whole when it is not to be streamed', async () => {
    const url = await start();
    const { type, lines, last } = await chat(url, 'think: hm\nsay: one two', { stream: false });
    expect(type).toBe('application/json; charset=utf-8');
    expect(lines).toHaveLength(1);
    expect(last).toMatchObject({
      message: { role: 'assistant', content: 'one two', thinking: 'hm' },
      done: true,
      done_reason: 'stop',
      eval_count: 4,
    });
  });

  test('to a prompt is a response', async () => {
    const url = await start();
    const streamed = await ask(url, '/api/generate', { prompt: 'think: hm\nsay: one two', system: 'brief' });
    expect(streamed.lines.map(({ response, thinking, done }) => [response, thinking, done])).toEqual([
      ['', 'hm', false],
      ['one', undefined, false],
      [' two', undefined, false],
      ['', undefined, true],
    ]);
    const whole = await ask(url, '/api/generate', { prompt: 'say: one two', stream: false });
    expect(whole.last).toMatchObject({ response: 'one two', done: true, done_reason: 'stop' });
    expect(simulator.requests()[0]?.messages.map(({ role }) => role)).toEqual(['system', 'user']);
  });

  test('is the one that the other dialect gives, coded, corrected or found by itself', async () => {
    const url = await start({ seed: 4 });
    const contents = ['tell me about rivers', `say-coded: ${Buffer.from('Grüße').toString('hex')}`, 'hello'];
    for (const content of contents) {
      const body = JSON.stringify({ messages: [{ role: 'user', content }] });
      const reply = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body });
      const { choices } = (await reply.json()) as { choices: { message: { content: string } }[] };
      expect((await chat(url, content)).text).toBe(choices[0]?.message.content);
    }
    const corrected = await ask(url, '/api/chat', {
      messages: [
        { role: 'user', content: 'say: a bad word here' },
        { role: 'assistant', content: 'a' },
        { role: 'user', content: 'do not say "bad"' },
      ],
    });
    expect(corrected.text).toBe('a word here');
  });

  test('that was begun is continued', async () => {
    const url = await start();
    const messages = [
      { role: 'user', content: 'say: one two three' },
      { role: 'assistant', content: 'one two' },
    ];
    expect((await ask(url, '/api/chat', { messages })).text).toBe(' three');
  });

  test('ends at num_predict, depends on the seed, and is without thinking when that is switched off', async () => {
    const url = await start();
    const short = await chat(url, 'say: one two three', { options: { num_predict: 2 } });
    expect(short.text).toBe('one two');
    expect(short.last).toMatchObject({ done_reason: 'length', eval_count: 2 });
    expect((await chat(url, 'say: one two three', { options: { num_predict: -1 } })).text).toBe('one two three');
    const seeds = Array.from({ length: 8 }, (_, seed) => chat(url, 'about rivers', { options: { seed } }));
    expect(new Set((await Promise.all(seeds)).map(({ text }) => text)).size).toBeGreaterThan(1);
    expect(await chat(url, 'think: hm\nsay: yes', { think: false })).toMatchObject({ thinking: '', text: 'yes' });
  });
});

describe('a prompt that is longer than the context', () => {
  const messages = [
    { role: 'system', content: 'stay' },
    { role: 'user', content: 'old '.repeat(200) },
    { role: 'assistant', content: 'ok' },
    { role: 'user', content: 'say: still here' },
  ];

  test('is cut without a word: only its count says so', async () => {
    const url = await start({ contextTokens: 4096 });
    const options = { num_ctx: 64 };
    const { status, text, last } = await ask(url, '/api/chat', { messages, options });
    expect([status, text, last.done_reason]).toEqual([200, 'still here', 'stop']);
    expect(last.prompt_eval_count).toBe(64);
    expect((await ask(url, '/api/chat', { messages })).last.prompt_eval_count).toBeGreaterThan(200);
    expect(simulator.requests()[0]?.messages).toEqual(messages);
  });

  test('has the default context when the request does not say', async () => {
    const url = await start({ contextTokens: 32 });
    expect((await ask(url, '/api/chat', { messages })).last.prompt_eval_count).toBe(32);
    simulator.change({ contextTokens: 48 });
    expect((await ask(url, '/api/chat', { messages })).last.prompt_eval_count).toBe(48);
  });

  test('is refused when it must not be cut', async () => {
    const url = await start({ contextTokens: 64 });
    expect(await ask(url, '/api/chat', { messages, truncate: false })).toMatchObject({
      status: 400,
      last: { error: 'the input length exceeds the context length' },
    });
    expect((await chat(url, 'say: short', { truncate: false })).text).toBe('short');
  });

  test('an answer ends at the context only when it must not go beyond it', async () => {
    const url = await start({ contextTokens: 64 });
    const shifted = await chat(url, `say: ${'a '.repeat(20)}`, { options: { num_ctx: 40 } });
    expect(shifted.last.done_reason).toBe('stop');
    const bounded = await chat(url, `say: ${'a '.repeat(20)}`, { options: { num_ctx: 40 }, shift: false });
    expect(bounded.last).toMatchObject({ done_reason: 'length' });
    expect((bounded.last.prompt_eval_count ?? 0) + (bounded.last.eval_count ?? 0)).toBeLessThanOrEqual(41);
  });
});

describe('refused in these words', () => {
  test.each([
    ['/api/chat', { model: 'nobody', messages: [] }, 404, 'model "nobody" not found, try pulling it first'],
    ['/api/generate', { model: 'nobody' }, 404, 'model "nobody" not found, try pulling it first'],
    ['/api/chat', { model: '', messages: [] }, 400, 'model is required'],
    ['/api/chat', { messages: 'x' }, 400, 'cannot unmarshal string into Go struct field ChatRequest.messages'],
    ['/api/chat', { messages: [{ role: 'user', content: 5 }] }, 400, 'cannot unmarshal number'],
    ['/api/chat', { messages: [], stream: 'yes' }, 400, 'of type bool'],
    ['/api/chat', { messages: [], options: { num_ctx: 'x' } }, 400, 'option "num_ctx" must be of type integer'],
    ['/api/chat', { messages: [], options: { temperature: 'x' } }, 400, 'option "temperature" must be of type float32'],
    ['/api/generate', { prompt: 5 }, 400, 'cannot unmarshal number'],
    ['/api/chat', { messages: [], keep_alive: '300' }, 400, 'time: missing unit in duration "300"'],
    ['/api/show', { model: '' }, 400, 'model is required'],
  ])('%s %j', async (path, body, status, error) => {
    const url = await start();
    expect(await ask(url, path, body)).toMatchObject({ status, last: { error: expect.stringContaining(error) } });
  });

  test('bodies that are missing or not JSON, and paths that are not there', async () => {
    const url = await start();
    const post = async (body: string) => (await fetch(`${url}/api/chat`, { method: 'POST', body })).json();
    expect(await post('')).toEqual({ error: 'missing request body' });
    expect(await post('{')).toEqual({ error: expect.stringContaining('JSON') });
    const nowhere = await fetch(`${url}/api/nowhere`);
    expect([nowhere.status, await nowhere.text()]).toEqual([404, '404 page not found']);
  });

  test('a key, when the simulator has one, is needed here too', async () => {
    const url = await start({ apiKey: 'open' });
    expect(await chat(url, 'say: no')).toMatchObject({ status: 401, last: { error: 'unauthorized' } });
    expect((await fetch(url)).status).toBe(200);
  });
});

describe('faults', () => {
  test('an error line in mid-stream comes under 200, one before the first line has its own status', async () => {
    const url = await start();
    const late = await chat(url, 'fault: error-line 1\nsay: one two');
    expect([late.status, late.text, late.last]).toEqual([200, 'one', { error: 'simulated failure' }]);
    const early = await chat(url, 'fault: error-line 0\nsay: one two');
    expect([early.status, early.last]).toEqual([500, { error: 'simulated failure' }]);
    const whole = await chat(url, 'fault: error-line 1\nsay: one two', { stream: false });
    expect([whole.status, whole.last]).toEqual([500, { error: 'simulated failure' }]);
    expect(outcomes()).toEqual(['failed', 'failed', 'failed']);
  });

  test('a stream that simply ends, garbage, a busy server', async () => {
    const url = await start();
    const cut = await chat(url, 'fault: truncate 1\nsay: one two');
    expect([cut.status, cut.text, cut.last.done]).toEqual([200, 'one', false]);
    await expect(chat(url, 'fault: garbage 1\nsay: one two')).rejects.toThrow(SyntaxError);
    expect(await chat(url, 'fault: 503\nsay: one')).toMatchObject({
      status: 503,
      last: { error: expect.stringContaining('busy') },
    });
    await expect(chat(url, 'fault: truncate\nsay: one', { stream: false })).rejects.toThrow();
    expect(outcomes()).toEqual(['failed', 'failed', 'failed', 'failed']);
  });

  test('of the settings count requests of both dialects', async () => {
    const url = await start({ fault: { kind: 'error-line', afterTokens: 0, times: 1 } });
    expect((await chat(url, 'say: one')).status).toBe(500);
    expect((await chat(url, 'say: one')).status).toBe(200);
  });

  test('hang, until the client goes', async () => {
    const url = await start();
    const { request, response } = openChat(url, 'fault: hang 1\nsay: one two');
    await once(await response, 'data');
    expect(outcomes()).toEqual(['running']);
    request.destroy();
    await until(() => outcomes()[0] === 'cancelled');
  });
});

describe('slots', () => {
  test('are shared with the other dialect; who waits gets no headers, and its total duration has the wait', async () => {
    const url = await start({ slots: 1, tokensPerSecond: 20 });
    const body = JSON.stringify({
      messages: [{ role: 'user', content: `say: ${'word '.repeat(1000)}` }],
      stream: true,
    });
    const abort = new AbortController();
    const first = await fetch(`${url}/v1/chat/completions`, { method: 'POST', body, signal: abort.signal });
    let answered = false;
    const second = chat(url, 'say: five six').then((reply) => {
      answered = true;
      return reply;
    });
    await until(() => outcomes().includes('queued'));
    const waitedMs = 50;
    const since = performance.now();
    await until(() => performance.now() - since > waitedMs);
    expect(answered).toBe(false);
    abort.abort();
    await first.text().catch(() => {});
    const { last } = await second;
    expect(outcomes()).toEqual(['cancelled', 'completed']);
    expect(last.total_duration).toBeGreaterThanOrEqual(waitedMs * 1e6);
    expect(last.load_duration).toBeLessThan(last.total_duration ?? 0);
  });

  test('a client that goes away is missed at once: streaming, waiting, or not streaming', async () => {
    const url = await start({ slots: 1, tokensPerSecond: 5 });
    const streaming = openChat(url, `say: ${'word '.repeat(1000)}`);
    await once(await streaming.response, 'data');
    const waiting = openChat(url, 'say: never');
    await until(() => outcomes().includes('queued'));
    waiting.request.destroy();
    await until(() => outcomes()[1] === 'cancelled');
    expect(outcomes()[0]).toBe('running');
    streaming.request.destroy();
    await until(() => outcomes()[0] === 'cancelled');
    const whole = openChat(url, `say: ${'word '.repeat(1000)}`, { stream: false });
    await until(() => outcomes()[2] === 'running');
    whole.request.destroy();
    await until(() => outcomes()[2] === 'cancelled');
  });

  test('a full queue refuses', async () => {
    const url = await start({ slots: 1, queueLimit: 1, tokensPerSecond: 5 });
    const open = [openChat(url, `say: ${'word '.repeat(1000)}`), openChat(url, 'say: waiting')];
    await until(() => outcomes().includes('running') && outcomes().includes('queued'));
    const { status, last } = await chat(url, 'say: too much');
    expect([status, last.error]).toEqual([503, 'server busy, please try again.  maximum pending requests exceeded']);
    for (const { request } of open) request.destroy();
  });
});
