/** What is ours in the simulator: its log, its settings, its faults, its key, who may ask. */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createBackend } from '../../../agent/backend/registry.ts';
import { FAULT_KINDS, type FaultKind } from '../../../agent/backend/simulator/faults.ts';
import type { LoggedRequest } from '../../../agent/backend/simulator/request-log.ts';
import { type Simulator, startSimulator } from '../../../agent/backend/simulator/server.ts';
import { DEFAULT_SETTINGS, type SimulatorOptions } from '../../../agent/backend/simulator/settings.ts';
import { asking, backendAt, type Collected, collect, definitionOf, never, textIn } from '../collect.ts';

let simulator: Simulator | undefined;
afterEach(() => simulator?.close());

async function start(options: SimulatorOptions = {}): Promise<Simulator> {
  simulator = await startSimulator({ ttftMs: 0, tokensPerSecond: 0, ...options });
  return simulator;
}

function ask(url: string, content: string): Promise<Collected> {
  return collect(backendAt(url).stream(asking(content), never()));
}

function change(url: string, settings: unknown): Promise<Response> {
  return fetch(`${url}/simulator/settings`, { method: 'POST', body: JSON.stringify(settings) });
}

test('the log tells every model call, also over HTTP', async () => {
  const { url, requests } = await start();
  const startedAt = Date.now();
  await ask(url, 'say: one two three');
  await ask(url, 'fault: 503\nsay: x');
  const log = (await (await fetch(`${url}/simulator/requests`)).json()) as LoggedRequest[];
  expect(log).toEqual(requests());
  expect(log).toEqual([
    {
      id: 1,
      started: expect.any(Number),
      firstTokenAt: expect.any(Number),
      endedAt: expect.any(Number),
      outcome: 'completed',
      messages: [{ role: 'user', content: 'say: one two three' }],
      tokensSent: 3,
    },
    expect.objectContaining({ id: 2, outcome: 'failed', firstTokenAt: null, tokensSent: 0 }),
  ]);
  const [first] = log;
  expect(first?.started).toBeGreaterThan(startedAt - 60_000);
  expect(first?.firstTokenAt).toBeGreaterThanOrEqual(first?.started ?? Number.POSITIVE_INFINITY);
  expect(first?.endedAt).toBeGreaterThanOrEqual(first?.firstTokenAt ?? Number.POSITIVE_INFINITY);
});

test('two simulators with the same seed say the same', async () => {
  const [one, other] = [
    await startSimulator({ seed: 9, ttftMs: 0 }),
    await startSimulator({ seed: 9, ttftMs: 3, tokensPerSecond: 0 }),
  ];
  const questions = ['tell me about rivers', 'and about lakes', 'hello'];
  const answers = async ({ url }: Simulator) =>
    Promise.all(questions.map(async (question) => textIn((await ask(url, question)).parts)));
  const [first, second] = await Promise.all([answers(one), answers(other)]);
  await Promise.all([one.close(), other.close()]);
  expect(first).toEqual(second);
  expect(new Set(first).size).toBe(3);
});

describe('settings', () => {
  test('change what comes next', async () => {
    const { url } = await start({ ttftMs: 100_000 });
    const reply = await change(url, { ttftMs: 1, tokensPerSecond: 0, slots: 2 });
    expect(await reply.json()).toEqual({ ...DEFAULT_SETTINGS, ttftMs: 1, tokensPerSecond: 0, slots: 2 });
    expect((await ask(url, 'say: quick')).error).toBeUndefined();
    expect(await backendAt(url).probe(never())).toMatchObject({ slots: 2 });
  });

  test.each([
    [{ speed: 3 }, `settings.speed: unknown; expected ${Object.keys(DEFAULT_SETTINGS).join(', ')}`],
    [{ ttftMs: -1 }, 'settings.ttftMs: expected at least 0'],
    [{ slots: 0 }, 'settings.slots: expected at least 1'],
    [{ fault: { kind: 'fire' } }, 'settings.fault.kind: expected '],
    [[], 'settings'],
    ['x', 'settings: expected an object'],
  ])('%j is refused', async (settings, message) => {
    const { url } = await start();
    const reply = await change(url, settings);
    if (Array.isArray(settings)) return expect(reply.status).toBe(200);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: { message: expect.stringContaining(message) } });
  });

  test('and the log are for this machine under its own names', async () => {
    const { port } = await start();
    const statusFor = async (headers: Record<string, string>) => {
      const [response] = await once(
        httpRequest({ port, path: '/simulator/requests', headers, agent: false }).end(),
        'response',
      );
      response.resume();
      return response.statusCode;
    };
    expect(await statusFor({ host: 'evil.example' })).toBe(404);
    expect(await statusFor({ host: `localhost:${port}`, origin: 'http://evil.example' })).toBe(404);
    expect(await statusFor({ host: `localhost:${port}` })).toBe(200);
  });
});

describe('faults', () => {
  const codes: Record<Exclude<FaultKind, 'hang'>, string> = {
    truncate: 'backend_truncated',
    '503': 'backend_loading',
    'error-line': 'backend_failed',
    garbage: 'backend_garbage',
  };

  test.each(Object.entries(codes))('%s, for as many requests as was said', async (kind, code) => {
    const { url, requests } = await start({ fault: { kind: kind as FaultKind, afterTokens: 2, times: 2 } });
    const answers = [
      await ask(url, 'say: one two three'),
      await ask(url, 'say: one two three'),
      await ask(url, 'say: one two three'),
    ];
    expect(answers.map(({ error }) => (error as { code?: string } | undefined)?.code)).toEqual([code, code, undefined]);
    expect(textIn(answers[0]?.parts ?? [])).toBe(kind === '503' ? '' : 'one two');
    expect(requests().map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'completed']);
  });

  test('hang, until the client goes; and over, when the settings say so', async () => {
    const { url, requests } = await start({ fault: { kind: 'hang', afterTokens: 1 } });
    const iterator = backendAt(url).stream(asking('say: one two'), never())[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { text: 'one' } });
    expect(requests()[0]?.outcome).toBe('running');
    await change(url, { fault: null });
    expect((await ask(url, 'say: one two')).error).toBeUndefined();
    await iterator.return?.();
    while (requests()[0]?.outcome === 'running') await new Promise((resolve) => setImmediate(resolve));
    expect(requests().map(({ outcome }) => outcome)).toEqual(['cancelled', 'completed']);
  });

  test('of a message go before those of the settings; a whole reply fails, too', async () => {
    const { url } = await start({ fault: { kind: 'garbage' } });
    expect((await ask(url, 'fault: truncate 1\nsay: one two')).error).toMatchObject({ code: 'backend_truncated' });
    const whole = (kind: string) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        body: JSON.stringify({ messages: [{ role: 'user', content: `fault: ${kind}\nsay: a` }] }),
      });
    expect(await (await whole('garbage')).text()).toBe('{"choices":[');
    expect((await whole('error-line')).status).toBe(500);
    await expect(whole('truncate')).rejects.toThrow();
  });

  test('are all covered here', () => {
    expect([...Object.keys(codes), 'hang'].sort()).toEqual(Object.keys(FAULT_KINDS).sort());
  });
});

test('a key, when it has one, is needed', async () => {
  const { url } = await start({ apiKey: 'open' });
  const backend = createBackend(definitionOf(url, { apiKeyVariable: 'KEY' }), { KEY: 'open' });
  expect((await collect(backend.stream(asking('say: yes'), never()))).error).toBeUndefined();
  expect(await backend.probe(never())).toMatchObject({ ready: true });
  expect((await ask(url, 'say: no')).error).toMatchObject({ code: 'backend_refused' });
  expect(await backendAt(url).probe(never())).toMatchObject({ ready: false, detail: expect.stringContaining('401') });
});

test('it is ready when it has loaded', async () => {
  const { url } = await start({ loadMs: 500 });
  expect(await backendAt(url).probe(never())).toMatchObject({ ready: false });
  while (!(await backendAt(url).probe(never())).ready) await new Promise((resolve) => setImmediate(resolve));
  expect((await ask(url, 'say: yes')).error).toBeUndefined();
});

describe('options', () => {
  test.each([
    [{ port: 70_000 }, 'simulator.port: expected a port up to 65535'],
    [{ slots: 0 }, 'simulator.slots: expected at least 1'],
    [{ tokensPerSecond: Number.NaN }, 'simulator.tokensPerSecond: expected a number'],
    [{ contextTokens: 0 }, 'simulator.contextTokens: expected at least 1'],
    [{ models: [] }, 'simulator.models: expected at least one name'],
    [{ models: [' '] }, 'simulator.models[0]: expected a name'],
    [{ seed: -1 }, 'simulator.seed: expected a whole number'],
    [{ speed: 3 }, 'simulator.speed: unknown; expected host, port, seed, '],
  ])('%j is refused before it listens', async (options, message) => {
    await expect(startSimulator(options as SimulatorOptions)).rejects.toThrow(message);
  });
});

test('a port that is in use is said at the start', async () => {
  const { port } = await start();
  await expect(startSimulator({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('as fast as the reader reads: a reader that stops is not sent everything', async () => {
  const { url, requests } = await start({ contextTokens: 1_000_000 });
  const request = httpRequest(`${url}/v1/chat/completions`, { method: 'POST', agent: false }).on('error', () => {});
  const coded = Buffer.from('word '.repeat(100_000)).toString('hex');
  request.end(JSON.stringify({ messages: [{ role: 'user', content: `say-coded: ${coded}` }], stream: true }));
  const [response] = await once(request, 'response');
  let last = -1;
  for (let quiet = 0; quiet < 200; quiet++) {
    const sent = requests()[0]?.tokensSent ?? 0;
    if (sent !== last) quiet = 0;
    last = sent;
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(last).toBeLessThan(100_000);
  response.resume();
  await once(response, 'end');
  expect(requests()[0]).toMatchObject({ outcome: 'completed', tokensSent: 100_001 });
});
