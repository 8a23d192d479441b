/** Which servers are used when both, one or none answers, and what a server says of itself. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ChosenServers, chooseServers, type ServerWish } from '../../../bench/model-servers/choose.ts';
import { lookAtServer } from '../../../bench/model-servers/look.ts';
import { physicalWarnings, serverReports } from '../../../bench/run/server-report.ts';
import { scriptedModel } from '../../agent/scripted-model.ts';
import { simulator } from '../two-simulators.ts';

const MODEL = 'gemma3:latest';
/** Nobody listens on port 9 of this machine. */
const DOWN = 'http://127.0.0.1:9';
const never = new AbortController().signal;

async function choose(wish: Partial<ServerWish>): Promise<ChosenServers> {
  const whole = { collectorUrl: undefined, insightUrl: undefined, models: [MODEL], ...wish };
  const all: ServerWish = { fallback: 'auto', strict: false, ...whole };
  const chosen = await chooseServers(all, never);
  onTestFinished(() => chosen.close());
  return chosen;
}

/** Says of itself what a llama-server with so many slots says. */
function llamaServerWith(slots: number): Promise<{ url: string }> {
  return serving((path) => (path === '/props' ? { total_slots: slots } : undefined));
}

/** Answers with these objects, by path. */
async function serving(replies: (path: string) => object | undefined): Promise<{ url: string }> {
  const server = createServer((request, response) => {
    const reply = replies(request.url ?? '');
    response.writeHead(reply === undefined ? 404 : 200).end(JSON.stringify(reply ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const urlsOf = ({ facts }: ChosenServers) => facts.map(({ url }) => url);

describe('two are named', () => {
  test('both answer', async () => {
    const [one, other] = [await simulator(), await simulator()];
    const chosen = await choose({ collectorUrl: one.url, insightUrl: other.url, strict: true });
    expect(urlsOf(chosen)).toEqual([one.url, other.url]);
    expect(chosen).toMatchObject({ fallback: undefined, warnings: [] });
  });

  test('both answer, and one has no such model: said before it is asked', async () => {
    const [one, other] = [await simulator(), await simulator({ models: ['another'] })];
    const { warnings } = await choose({ collectorUrl: one.url, insightUrl: other.url, strict: true });
    expect(warnings).toEqual([expect.stringContaining(`${other.url} does not have the model ${MODEL}`)]);
  });

  test.each(['collectorUrl', 'insightUrl'] as const)('%s is down: one for both, said', async (down) => {
    const { url } = await simulator();
    const chosen = await choose({ collectorUrl: url, insightUrl: url, [down]: DOWN });
    expect(urlsOf(chosen)).toEqual([url, url]);
    expect(chosen).toMatchObject({ fallback: 'one_server', warnings: [expect.stringContaining(DOWN)] });
  });

  test.each(['collectorUrl', 'insightUrl'] as const)(
    '%s is down, and one agent is asked for: the other one',
    async (down) => {
      const { url } = await simulator();
      const chosen = await choose({ collectorUrl: url, insightUrl: url, [down]: DOWN, fallback: 'agent' });
      const missingAgent = down === 'collectorUrl' ? 'a' : 'b';
      expect(chosen).toMatchObject({ fallback: 'one_agent', missingAgent });
      expect(chosen.warnings).toEqual([expect.stringMatching(/only agent [AB] works.*no efficiency, no speed-up/)]);
    },
  );

  test('one is down, and the other has no such model: both are said', async () => {
    const { url } = await simulator({ models: ['another'] });
    const { warnings } = await choose({ collectorUrl: url, insightUrl: DOWN });
    expect(warnings).toEqual([
      expect.stringContaining(`no model server answers at ${DOWN}`),
      expect.stringContaining(`${url} does not have the model ${MODEL}`),
    ]);
  });

  test('one is down, and the other has one slot only: one agent, unless both are asked for', async () => {
    const { url } = await llamaServerWith(1);
    const wish = { collectorUrl: url, insightUrl: DOWN };
    expect(await choose(wish)).toMatchObject({
      ...{ fallback: 'one_agent', missingAgent: 'b' },
      warnings: [expect.stringContaining('works on one request at a time')],
    });
    expect(await choose({ ...wish, fallback: 'server' })).toMatchObject({ fallback: 'one_server' });
    const { url: roomy } = await llamaServerWith(2);
    expect(await choose({ ...wish, collectorUrl: roomy })).toMatchObject({ fallback: 'one_server' });
  });

  test('one is down, and that is not good enough', async () => {
    const { url } = await simulator();
    await expect(choose({ collectorUrl: url, insightUrl: DOWN, strict: true })).rejects.toThrow(/9, and --strict/);
  });

  test('both are down: no simulator takes their place', async () => {
    await expect(choose({ collectorUrl: DOWN, insightUrl: DOWN })).rejects.toThrow(/No model server answers at/);
  });
});

describe('what a server says of itself', () => {
  test('Ollama: version, model, and once it is loaded context and memory', async () => {
    const { url } = await simulator();
    const before = await lookAtServer(url, MODEL, never);
    expect(before).toMatchObject({ kind: 'ollama', version: '0.12.6', hasModel: true, simulated: true });
    expect(before).not.toHaveProperty('context');
    const load = { model: MODEL, options: { num_ctx: 1024 } };
    await fetch(`${url}/api/generate`, { method: 'POST', body: JSON.stringify(load) });
    expect(await lookAtServer(url, MODEL, never)).toMatchObject({ context: 1024, memoryBytes: expect.any(Number) });
    expect(await lookAtServer(url, 'missing', never)).toMatchObject({ hasModel: false });
  });

  test('Ollama: whether the model sees images', async () => {
    const replies: Record<string, object> = {
      '/api/version': { version: '0.12.6' },
      '/api/show': { capabilities: ['completion', 'vision'], model_info: { 'gemma3.block_count': 34 } },
    };
    const { url } = await serving((path) => replies[path]);
    expect(await lookAtServer(url, MODEL, never)).toMatchObject({ isVision: true, layers: 34 });
    expect(await lookAtServer((await simulator()).url, MODEL, never)).not.toHaveProperty('isVision');
  });

  test('what speaks as llama-server does', async () => {
    const { definition } = await scriptedModel();
    const facts = await lookAtServer(definition.url, MODEL, never);
    expect(facts).toMatchObject({ protocol: 'openai', kind: 'llama-server', slots: expect.any(Number) });
  });

  test('nothing answers', async () => {
    expect(await lookAtServer(DOWN, MODEL, never)).toBeUndefined();
  });
});

describe('what was asked for and what runs', () => {
  const OLLAMA = {
    ...({ url: 'http://x', protocol: 'ollama', kind: 'ollama', simulated: false, model: MODEL } as const),
    ...{ layers: 34, context: 2048, memoryBytes: 5000, gpuMemoryBytes: 5000 },
  };

  test('more layers than there are, and another context', () => {
    expect(physicalWarnings('B', { num_gpu: 80, num_ctx: 512 }, OLLAMA)).toEqual([
      expect.stringContaining('more than the 34 layers'),
      expect.stringContaining('num_ctx 512 was asked for, http://x runs with 2048'),
    ]);
    expect(physicalWarnings('B', { num_gpu: 20, num_ctx: 2048 }, OLLAMA)).toEqual([]);
  });

  test('a llama-server takes neither from a request', () => {
    const llama = { ...OLLAMA, kind: 'llama-server' } as const;
    expect(physicalWarnings('B', { num_gpu: 20 }, llama)).toEqual([expect.stringContaining('when it starts')]);
    expect(physicalWarnings('B', { temperature: 1 }, llama)).toEqual([]);
  });

  test('in the files: one server once, layers only where they are known', () => {
    expect(serverReports([OLLAMA, OLLAMA], ['a', 'b'])).toEqual([
      expect.objectContaining({ agents: ['a', 'b'], effective_context: 2048, gpu_layers: 34, memory_bytes: 5000 }),
    ]);
    const half = { ...OLLAMA, url: 'http://y', gpuMemoryBytes: 2500 };
    const [, second] = serverReports([OLLAMA, half], ['a', 'b', 'c', 'd']);
    expect(second).toMatchObject({ base_url: 'http://y', agents: ['b', 'd'] });
    expect(second).not.toHaveProperty('gpu_layers');
  });
});
