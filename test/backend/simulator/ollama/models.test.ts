/** The simulator as Ollama: its models, which are loaded and for how long, and what it says of them. */
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { cutToContext } from '../../../../agent/backend/simulator/ollama/context-cut.ts';
import { keepAliveMs } from '../../../../agent/backend/simulator/ollama/durations.ts';
import { type Simulator, startSimulator } from '../../../../agent/backend/simulator/server.ts';
import type { SimulatorOptions } from '../../../../agent/backend/simulator/settings.ts';
import { ask, chat, openChat, runningModels, until } from './client.ts';

let simulator: Simulator;
afterEach(() => simulator?.close());

async function start(options: SimulatorOptions = {}): Promise<string> {
  simulator = await startSimulator({ ttftMs: 0, tokensPerSecond: 0, ...options });
  return simulator.url;
}

const json = async (url: string) => (await fetch(url)).json() as Promise<Record<string, unknown>>;
const MINUTE_MS = 60_000;

describe('what it says of itself', () => {
  test('that it is running, and its version', async () => {
    const url = await start();
    expect(await (await fetch(url)).text()).toBe('Ollama is running');
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect(await json(`${url}/api/version`)).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      simulator: true,
    });
  });

  test('the models that there are, with their tags', async () => {
    const url = await start({ models: ['small', 'large:70b'] });
    const names = async () => ((await json(`${url}/api/tags`)).models as { name: string }[]).map(({ name }) => name);
    expect(await names()).toEqual(['small:latest', 'large:70b']);
    expect((await json(`${url}/props`)).model_alias).toBe('small');
    for (const model of ['small', 'small:latest', 'Small', 'large:70b']) {
      expect(await chat(url, 'say: yes', { model })).toMatchObject({ status: 200, last: { model } });
    }
    expect((await chat(url, 'say: yes', { model: 'large' })).status).toBe(404);
    simulator.change({ models: ['other'] });
    expect(await names()).toEqual(['other:latest']);
    expect((await chat(url, 'say: yes', { model: 'small' })).status).toBe(404);
  });

  test('a model: its context, what it can do, its details', async () => {
    const url = await start();
    expect((await ask(url, '/api/show', { model: 'simulator' })).last).toMatchObject({
      details: { format: 'gguf', family: 'llama', parameter_size: expect.any(String) },
      model_info: { 'general.architecture': 'llama', 'llama.context_length': 131_072 },
      capabilities: ['completion', 'thinking'],
    });
    expect((await ask(url, '/api/show', { model: 'nobody' })).status).toBe(404);
  });
});

describe('a model', () => {
  test('is loaded by its first request, with what that says, and stays for five minutes', async () => {
    const url = await start({ contextTokens: 2048 });
    expect(await runningModels(url)).toEqual([]);
    const before = Date.now();
    await chat(url, 'say: yes');
    const [model] = await runningModels(url);
    expect(model).toMatchObject({ name: 'simulator:latest', context_length: 2048, size_vram: model?.size });
    expect(Date.parse(model?.expires_at ?? '')).toBeGreaterThanOrEqual(before + 5 * MINUTE_MS);
    expect(Date.parse(model?.expires_at ?? '')).toBeLessThanOrEqual(Date.now() + 5 * MINUTE_MS);
  });

  test('is loaded and unloaded by requests without a prompt', async () => {
    const url = await start();
    for (const [path, empty] of [
      ['/api/chat', { messages: [] }],
      ['/api/generate', { prompt: '' }],
    ] as const) {
      const loaded = await ask(url, path, { ...empty, keep_alive: '1h' });
      expect(loaded).toMatchObject({ status: 200, text: '', last: { done: true, done_reason: 'load' } });
      const [model] = await runningModels(url);
      expect(Date.parse(model?.expires_at ?? '')).toBeGreaterThan(Date.now() + 59 * MINUTE_MS);
      expect((await ask(url, path, { ...empty, keep_alive: 0 })).last).toMatchObject({ done_reason: 'unload' });
      expect(await runningModels(url)).toEqual([]);
    }
    expect(simulator.requests()).toEqual([]);
  });

  test('goes after keep_alive, at once with 0, and never with a negative one', async () => {
    const url = await start();
    await chat(url, 'say: yes', { keep_alive: 0 });
    expect(await runningModels(url)).toEqual([]);
    await chat(url, 'say: yes', { keep_alive: '20ms' });
    while ((await runningModels(url)).length > 0) await new Promise((resolve) => setImmediate(resolve));
    await chat(url, 'say: yes', { keep_alive: -1 });
    expect(new Date((await runningModels(url))[0]?.expires_at ?? '').getFullYear()).toBeGreaterThan(2200);
  });

  test('is loaded again for another context or other layers, and not for the same', async () => {
    const loadMs = 40;
    const url = await start({ loadMs, contextTokens: 512 });
    const loadOf = async (options: object) =>
      ((await chat(url, 'say: yes', { options })).last.load_duration ?? 0) / 1e6;
    expect(await loadOf({})).toBeGreaterThanOrEqual(loadMs - 1);
    const steps: [object, number, boolean][] = [
      [{ num_ctx: 512 }, 512, false],
      [{ num_ctx: 256 }, 256, true],
      [{ num_ctx: 256, num_gpu: 0 }, 256, true],
      [{ num_ctx: 256, num_gpu: 0 }, 256, false],
      [{ num_ctx: 256, num_gpu: -1 }, 256, false],
      [{}, 512, true],
      [{ num_ctx: 1_000_000 }, 131_072, true],
    ];
    simulator.change({ loadMs: 60_000_000 });
    for (const [options, context, reloads] of steps) {
      if (reloads) simulator.change({ loadMs });
      const load = await loadOf(options);
      if (reloads) expect(load).toBeGreaterThanOrEqual(loadMs - 1);
      expect((await runningModels(url)).map(({ context_length }) => context_length)).toEqual([context]);
      simulator.change({ loadMs: 60_000_000 });
    }
  });

  test('without layers on the GPU has nothing in its memory', async () => {
    const url = await start();
    await chat(url, 'say: yes', { options: { num_gpu: 0 } });
    expect(await runningModels(url)).toMatchObject([{ size_vram: 0 }]);
  });

  test('that is in use is loaded differently only when it is idle', async () => {
    const url = await start({ slots: 2, tokensPerSecond: 5 });
    const first = openChat(url, `say: ${'word '.repeat(1000)}`);
    await once(await first.response, 'data');
    let done = false;
    const second = chat(url, 'say: yes', { options: { num_ctx: 99 } }).then(() => {
      done = true;
    });
    await until(() => simulator.requests().length === 2);
    await runningModels(url);
    expect(done).toBe(false);
    first.request.destroy();
    await second;
    expect(await runningModels(url)).toMatchObject([{ context_length: 99 }]);
  });

  test('a client that goes away while its model is loaded is missed at once', async () => {
    const url = await start({ loadMs: 60_000 });
    const { request } = openChat(url, 'say: never');
    await until(() => simulator.requests().length === 1);
    request.destroy();
    await until(() => simulator.requests()[0]?.outcome === 'cancelled');
  });
});

describe('keep_alive', () => {
  test.each([
    [undefined, undefined],
    [300, 300_000],
    [0, 0],
    [0.5, 500],
    ['0', 0],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['250ms', 250],
  ])('%j is %j ms', (value, milliseconds) => {
    expect(keepAliveMs(value)).toBe(milliseconds);
  });

  test.each([-1, '-1s', '-5m'])('%j is for good', (value) => {
    expect(keepAliveMs(value)).toBeGreaterThan(200 * 365 * 24 * 60 * MINUTE_MS);
  });

  test.each(['300', '-1', 'soon', '5 m', '', true, {}])('%j is refused', (value) => {
    expect(() => keepAliveMs(value)).toThrow(/missing unit|invalid duration|Unsupported type/);
  });
});

describe('cutting a prompt', () => {
  const messages = [
    { role: 'system' as const, content: 'keep this' },
    { role: 'user' as const, content: 'one two three four five six' },
    { role: 'assistant' as const, content: 'seven eight' },
    { role: 'user' as const, content: 'nine ten' },
  ];

  test('one that fits is left alone', () => {
    expect(cutToContext(messages, 1000).messages).toEqual(messages);
  });

  test('the oldest go first, system messages stay, something of the last one is left', () => {
    const { length } = cutToContext(messages, 1000).tokens;
    expect(cutToContext(messages, length - 2).messages[1]).toEqual({ role: 'user', content: ' three four five six' });
    for (let context = length - 1; context > 12; context--) {
      const cut = cutToContext(messages, context);
      expect(cut.tokens).toHaveLength(context);
      expect(cut.messages[0]).toEqual(messages[0]);
      expect(cut.messages.at(-1)?.content).toMatch(/ten$/);
    }
    expect(cutToContext(messages, length - 6).messages.map(({ role }) => role)).toEqual([
      'system',
      'assistant',
      'user',
    ]);
  });

  test('a context that is smaller than the system message', () => {
    expect(cutToContext(messages, 4).tokens).toHaveLength(4);
  });
});
