/** What a probe makes of an Ollama, of its models, and of what is none. */
import { afterEach, expect, test } from 'vitest';
import type { BackendStatus } from '../../agent/backend/backend.ts';
import { createBackend } from '../../agent/backend/registry.ts';
import { definitionOf, never } from './collect.ts';
import { jsonReply, type RawServer, startRawServer } from './raw-server.ts';

let server: RawServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** A server that answers these paths with this JSON and everything else with 404. */
async function probe(replies: Record<string, unknown>): Promise<BackendStatus> {
  server = await startRawServer((socket, request) => {
    const reply = replies[request.split(' ')[1] ?? ''];
    socket.end(reply === undefined ? jsonReply(404, { error: 'no such path' }) : jsonReply(200, reply));
  });
  return createBackend(definitionOf(server.url, { kind: 'ollama' }), {}).probe(never());
}

const version = { version: '0.12.6' };
const model = (name: string, day: number, more: object = {}) => ({
  name,
  model: name,
  modified_at: `2026-05-${String(day).padStart(2, '0')}T11:03:55.872355124+02:00`,
  details: { family: 'llama', families: ['llama'] },
  ...more,
});
const bert = { details: { family: 'bert', families: ['bert'] } };

const unknown: BackendStatus = {
  server: 'ollama',
  ready: false,
  slots: undefined,
  contextTokens: undefined,
  models: [],
  detail: undefined,
};

test('an Ollama with a loaded model', async () => {
  const models = [model('old:7b', 1), model('new:latest', 9)];
  const ps = { models: [model('old:7b', 1, { size_vram: 5, context_length: 8192 })] };
  expect(await probe({ '/api/version': version, '/api/tags': { models }, '/api/ps': ps })).toEqual({
    server: 'ollama',
    ready: true,
    slots: 1,
    contextTokens: 8192,
    models: ['old:7b', 'new:latest'],
    version: '0.12.6',
    detail: undefined,
  });
  expect(server?.received).toHaveLength(3);
});

test('models: loaded ones first, then the newest; makers’ own servers after that; what cannot chat last', async () => {
  const models = [
    model('nomic-embed-text:latest', 28, { details: { family: 'nomic-bert' } }),
    model('big:cloud', 27, { remote_host: 'https://ollama.com:443' }),
    model('all-minilm:latest', 26, bert),
    model('embeddinggemma:latest', 25, { details: { family: 'gemma3' } }),
    model('odd:latest', 24, { capabilities: ['embedding'] }),
    model('middle:latest', 12),
    model('newest:latest', 20, { capabilities: ['completion', 'tools'] }),
    model('dateless:latest', 1, { modified_at: undefined }),
    model('loaded:latest', 2),
  ];
  const ps = { models: [model('all-minilm:latest', 26, bert), model('loaded:latest', 2)] };
  const status = await probe({ '/api/version': version, '/api/tags': { models }, '/api/ps': ps });
  expect(status.models).toEqual([
    'loaded:latest',
    'newest:latest',
    'middle:latest',
    'dateless:latest',
    'big:cloud',
    'all-minilm:latest',
    'nomic-embed-text:latest',
    'embeddinggemma:latest',
    'odd:latest',
  ]);
  expect(status.contextTokens).toBeUndefined();
});

test('a server without /api/ps, and lists with nonsense in them', async () => {
  const tags = { models: [null, 17, { name: '' }, { model: 'tiny' }] };
  expect(await probe({ '/api/version': version, '/api/tags': tags })).toMatchObject({ ready: true, models: ['tiny'] });
});

test('no model at all', async () => {
  const status = await probe({ '/api/version': version, '/api/tags': { models: [] }, '/api/ps': { models: [] } });
  expect(status).toEqual({
    ...unknown,
    slots: 1,
    version: '0.12.6',
    detail: 'no model is there; get one with: ollama pull gemma3',
  });
});

test.each([
  ['nothing of it', {}],
  ['something else there', { '/api/version': { name: 'a shop' } }],
])('no Ollama: %s', async (_, replies) => {
  expect(await probe(replies)).toEqual({ ...unknown, detail: expect.stringContaining('this is not an Ollama') });
});

test('nobody', async () => {
  await probe({});
  const url = server?.url ?? '';
  await server?.close();
  const backend = createBackend(definitionOf(url, { kind: 'ollama' }), {});
  expect(await backend.probe(never())).toEqual({ ...unknown, detail: expect.stringContaining('ECONNREFUSED') });
});

test('an address with /v1 or /api behind it is the same server', async () => {
  await probe({ '/api/version': version, '/api/tags': { models: [model('tiny', 1)] } });
  for (const path of ['/', '/api', '/api/', '/v1']) {
    const backend = createBackend(definitionOf(`${server?.url}${path}`, { kind: 'ollama' }), {});
    expect(await backend.probe(never())).toMatchObject({ ready: true, models: ['tiny'] });
  }
});
