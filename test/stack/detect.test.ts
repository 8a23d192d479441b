import { describe, expect, it, onTestFinished } from 'vitest';
import { startSimulator } from '../../agent/backend/simulator/server.ts';
import { settleBackends } from '../../stack/detect.ts';
import type { UsualPlaces } from '../../stack/detect-steps.ts';
import { freePort } from '../../stack/free-port.ts';
import { makePlan } from '../../stack/plan.ts';
import { resolveOptions } from '../../stack/resolve-options.ts';
import type { BackendConfiguration } from '../../supervisor/configuration.ts';
import { ollamaWith, smallServer } from './small-server.ts';

/** Longer limits than people have: whoever is asked here answers, only the machine may be busy. */
const NOWHERE: UsualPlaces = { llamaServers: [], ollamas: [], usualMs: 10_000, namedMs: 10_000 };
const GEMMA = { name: 'gemma3:latest', modified_at: '2026-05-01T00:00:00Z' };
const LLAMA = { name: 'llama3.2:1b', modified_at: '2026-04-01T00:00:00Z' };

interface Situation {
  given?: Record<string, string>;
  backends?: BackendConfiguration[];
  environment?: Record<string, string>;
  places?: Partial<UsualPlaces>;
}

function settled({ given = {}, backends, environment = {}, places }: Situation) {
  const loaded = backends && { file: '/x/agents.config.ts', name: 'agents.config.ts', options: {}, backends };
  const plan = makePlan(resolveOptions({ commandLine: given, environment: {} }), loaded, '/x');
  return settleBackends(plan, environment, { ...NOWHERE, ...places });
}

async function silentUrl(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

async function simulator() {
  const server = await startSimulator({ slots: 3, models: ['tiny'] });
  onTestFinished(() => server.close());
  return server;
}

/** A llama-server by the way it answers, without a word of being simulated. */
function llamaServer() {
  return smallServer({
    '/health': { body: { status: 'ok' } },
    '/props': { body: { total_slots: 2, model_alias: 'qwen' } },
  });
}

describe('a model server that nobody named is found', () => {
  it('where OLLAMA_HOST says, with the model that is loaded', async () => {
    const ollama = await ollamaWith([GEMMA, LLAMA], [LLAMA]);
    const plan = await settled({ environment: { OLLAMA_HOST: ollama.url.replace('http://127.0.0.1', '"0.0.0.0') } });
    expect(plan.backends).toEqual([
      {
        name: 'ollama',
        kind: 'ollama',
        url: ollama.url,
        model: 'llama3.2:1b',
        simulator: false,
        origin: 'found: OLLAMA_HOST',
        seen: { server: 'ollama', model: 'llama3.2:1b' },
      },
    ]);
    expect(plan.remarks).toEqual([]);
  });

  it('where OPENAI_BASE_URL says, with the key beside it', async () => {
    const server = await smallServer({ '/v1/models': { body: { data: [{ id: 'local-model' }] } } });
    const environment = { OPENAI_BASE_URL: `${server.url}/v1/`, OPENAI_API_KEY: 'sk-local' };
    expect((await settled({ environment, given: { slots: '2' } })).backends).toEqual([
      {
        name: 'openai',
        kind: 'openai',
        url: server.url,
        apiKeyVariable: 'OPENAI_API_KEY',
        slots: 2,
        simulator: false,
        origin: 'found: OPENAI_BASE_URL',
        seen: { server: 'openai-compatible', model: 'local-model' },
      },
    ]);
    expect(server.asked).toContainEqual({ path: '/v1/models', authorization: 'Bearer sk-local' });
  });

  it('and spoken to in its own way where OPENAI_BASE_URL names a server that is known', async () => {
    const [ollama, llama] = [await ollamaWith([GEMMA]), await llamaServer()];
    const at = async (url: string) => (await settled({ environment: { OPENAI_BASE_URL: `${url}/v1` } })).backends[0];
    expect(await at(ollama.url)).toMatchObject({ name: 'ollama', kind: 'ollama', model: 'gemma3:latest' });
    expect(await at(llama.url)).toMatchObject({
      name: 'llama-server',
      kind: 'openai',
      seen: { model: 'qwen', slots: 2 },
    });
  });

  it('where llama-server usually is', async () => {
    const [first, second] = [await llamaServer(), await simulator()];
    const both = await settled({ places: { llamaServers: [await silentUrl(), first.url, second.url] } });
    expect(both.backends).toEqual([
      {
        name: 'llama-server',
        kind: 'openai',
        url: first.url,
        simulator: false,
        origin: 'found there',
        seen: { server: 'llama-server', model: 'qwen', slots: 2 },
      },
    ]);
    expect((await settled({ places: { llamaServers: [second.url] } })).backends).toMatchObject([
      { name: 'simulator', simulator: false, url: second.url, seen: { model: 'tiny', slots: 3 } },
    ]);
  });

  it('while it still loads its model', async () => {
    const loading = await smallServer({
      '/health': { status: 503, server: 'llama.cpp', body: {} },
      '/props': { status: 503, server: 'llama.cpp', body: {} },
    });
    const plan = await settled({ places: { llamaServers: [loading.url] } });
    expect(plan.backends).toMatchObject([{ name: 'llama-server', url: loading.url, seen: { server: 'llama-server' } }]);
  });

  it('where Ollama usually is, with the model that is asked for', async () => {
    const { url } = await ollamaWith([GEMMA, LLAMA]);
    const plan = await settled({ places: { ollamas: [url] }, given: { model: 'llama3.2:1b', slots: '2' } });
    expect(plan.backends).toMatchObject([
      { name: 'ollama', kind: 'ollama', url, model: 'llama3.2:1b', slots: 2, origin: 'found there' },
    ]);
    expect(plan.remarks).toEqual([]);
  });

  it('in this order', async () => {
    const [byHost, byUrl, llama, ollama] = [
      await ollamaWith([GEMMA]),
      await simulator(),
      await llamaServer(),
      await ollamaWith([LLAMA]),
    ];
    const places = { llamaServers: [llama.url], ollamas: [ollama.url] };
    const urlOf = async (environment: Record<string, string>) =>
      (await settled({ environment, places })).backends[0]?.url;
    expect(await urlOf({ OLLAMA_HOST: byHost.url, OPENAI_BASE_URL: byUrl.url })).toBe(byHost.url);
    expect(await urlOf({ OPENAI_BASE_URL: byUrl.url })).toBe(byUrl.url);
    expect(await urlOf({ OLLAMA_HOST: ' ', OPENAI_BASE_URL: '' })).toBe(llama.url);
    expect((await settled({ places: { ollamas: [ollama.url] } })).backends[0]?.url).toBe(ollama.url);
  });
});

describe('what is found but not used is said:', () => {
  it.each([
    [
      { OPENAI_BASE_URL: 'https://api.openai.com/v1' },
      'OPENAI_BASE_URL names api.openai.com, which is not on this machine: not used; name it with --backend https://api.openai.com to use it',
    ],
    [
      { OLLAMA_HOST: 'gpu.example.org' },
      'OLLAMA_HOST names gpu.example.org, which is not on this machine: not used; name it with --backend ollama://gpu.example.org:11434 to use it',
    ],
    [{ OPENAI_BASE_URL: 'localhost' }, 'OPENAI_BASE_URL: "localhost" is not an address; use one like'],
    [{ OPENAI_BASE_URL: 'ollama://' }, 'OPENAI_BASE_URL is not an HTTP address: not used'],
    [{ OLLAMA_HOST: 'unix:///x' }, 'OLLAMA_HOST is not an address: not used'],
  ])('%j', async (environment, remark) => {
    const plan = await settled({ environment });
    expect(plan.backends).toMatchObject([{ simulator: true }]);
    expect(plan.remarks).toEqual([expect.stringContaining(remark)]);
  });

  it('a variable that names a place where nobody answers', async () => {
    const url = await silentUrl();
    const plan = await settled({ environment: { OLLAMA_HOST: url, OPENAI_BASE_URL: url } });
    expect(plan.remarks).toEqual([
      `OLLAMA_HOST names ${url}, where no model server answers: not used`,
      `OPENAI_BASE_URL names ${url}, where no model server answers: not used`,
    ]);
  });

  it('an Ollama without a model to chat with on this machine, once', async () => {
    const far = { name: 'gpt-oss:120b-cloud', remote_host: 'https://ollama.com:443' };
    const { url } = await ollamaWith([{ name: 'nomic-embed-text:latest' }, far], [far]);
    const { backends, remarks } = await settled({ environment: { OLLAMA_HOST: url }, places: { ollamas: [url] } });
    expect(backends).toMatchObject([{ simulator: true, origin: expect.stringContaining(new URL(url).host) }]);
    expect(remarks).toEqual([`ollama at ${url} has no model to chat with: ollama pull gemma3`]);
  });

  it('an Ollama without the model that is asked for; it is used nevertheless, for the model can be pulled', async () => {
    const { url } = await ollamaWith([GEMMA]);
    const plan = await settled({ places: { ollamas: [url] }, given: { model: 'llama3.2' } });
    expect(plan.backends).toMatchObject([{ kind: 'ollama', model: 'llama3.2' }]);
    expect(plan.remarks).toEqual([`ollama at ${url} has no model llama3.2: ollama pull llama3.2`]);
  });

  it('a llama-server that wants a key', async () => {
    const locked = await smallServer({
      '/health': { server: 'llama.cpp', body: { status: 'ok' } },
      '/props': { status: 401, server: 'llama.cpp', body: {} },
    });
    const { backends, remarks } = await settled({ places: { llamaServers: [locked.url] } });
    expect(backends).toMatchObject([{ simulator: true }]);
    expect(remarks).toEqual([expect.stringContaining(`llama-server at ${locked.url} wants an API key`)]);
  });
});

it('other servers in the usual places are left alone, silent ones too', async () => {
  const [web, broken, silent] = [
    await smallServer({ '/health': { body: 'ok' }, '/props': { body: 'ok' }, '/api/tags': { body: 'ok' } }),
    await smallServer({ '/health': { body: {} }, '/api/tags': { status: 500, body: { models: [] } } }),
    await smallServer({ '/health': undefined, '/props': undefined, '/api/tags': undefined, '/api/ps': undefined }),
  ];
  const urls = [web, broken, silent].map(({ url }) => url);
  const plan = await settled({ places: { llamaServers: urls, ollamas: urls, usualMs: 100 }, given: { slots: '9' } });
  expect(plan.backends).toMatchObject([{ simulator: true, slots: 9 }]);
  expect(plan.remarks).toEqual([]);
});

describe('backends that are named', () => {
  it('are not searched for, whatever is there', async () => {
    const ollama = await ollamaWith([GEMMA]);
    const plan = await settled({
      given: { backend: 'http://127.0.0.1:9' },
      environment: { OLLAMA_HOST: ollama.url, OPENAI_BASE_URL: 'https://api.openai.com' },
      places: { ollamas: [ollama.url] },
    });
    expect(plan.backends).toMatchObject([{ name: 'default', url: 'http://127.0.0.1:9', origin: '--backend' }]);
    expect(plan.remarks).toEqual([]);
    expect(ollama.asked).toEqual([]);
  });

  it('get a model chosen where they are Ollamas and nobody said which', async () => {
    const [one, other] = [await ollamaWith([GEMMA, LLAMA], [LLAMA]), await ollamaWith([GEMMA])];
    const silent = await silentUrl();
    const plan = await settled({
      backends: [
        { name: 'left', kind: 'ollama', url: one.url },
        { name: 'right', kind: 'ollama', url: other.url, model: 'mistral' },
        { name: 'late', kind: 'ollama', url: silent },
      ],
    });
    expect(plan.backends.map(({ model, origin }) => [model, origin])).toEqual([
      ['llama3.2:1b', 'agents.config.ts'],
      ['mistral', 'agents.config.ts'],
      [undefined, 'agents.config.ts'],
    ]);
    expect(plan.remarks).toEqual([
      `right: ollama at ${other.url} has no model mistral: ollama pull mistral`,
      `late: no Ollama answers at ${silent} yet; messages wait for it`,
    ]);
  });

  it('stay as they are where an Ollama has no model', async () => {
    const { url } = await ollamaWith([]);
    const plan = await settled({ given: { backend: url.replace('http', 'ollama') } });
    expect(plan.backends).toMatchObject([{ name: 'default', kind: 'ollama', url }]);
    expect(plan.remarks).toEqual([`default: ollama at ${url} has no model to chat with: ollama pull gemma3`]);
  });
});
