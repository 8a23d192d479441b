/** What a probe makes of the recorded replies, of other servers, and of none. */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { BackendStatus, ModelMessage } from '../../agent/backend/backend.ts';
import { createBackend } from '../../agent/backend/registry.ts';
import { startSimulator } from '../../agent/backend/simulator/server.ts';
import { readCapture } from './captures.ts';
import { backendAt, definitionOf, never } from './collect.ts';
import { type RawServer, startRawServer } from './raw-server.ts';

let server: RawServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

type Reply = Buffer | string;
type Replies = Record<string, Reply | (() => Reply)>;

/** What the server answers now. */
let replies: Replies = {};

/** A server that answers each path with these bytes, templates as they are rendered, and everything else with 404. */
async function serve(
  answers: Replies,
  render: (request: string) => Reply | undefined = () => undefined,
): Promise<string> {
  replies = answers;
  server = await startRawServer((socket: Socket, request) => {
    const path = request.split(' ')[1] ?? '';
    const reply = path === '/apply-template' ? render(request) : replies[path];
    const bytes = typeof reply === 'function' ? reply() : reply;
    socket.end(bytes ?? json(404, { error: { message: 'no such path' } }));
  });
  return server.url;
}

function pathsAsked(): string[] {
  return (server?.received ?? []).map((request) => request.split(' ')[1] ?? '');
}

function json(status: number, body: unknown, headers = ''): string {
  const text = JSON.stringify(body);
  return `HTTP/1.1 ${status} Whatever\r\n${headers}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

const recorded = (name: string) => readCapture(name).bytes;
const unknown: BackendStatus = {
  server: 'openai-compatible',
  ready: false,
  slots: undefined,
  contextTokens: undefined,
  models: [],
  detail: undefined,
};

test('a llama-server, as recorded', async () => {
  const url = await serve({ '/health': recorded('health'), '/props': recorded('props') });
  expect(await backendAt(url).probe(never())).toEqual({
    server: 'llama-server',
    ready: true,
    slots: 4,
    contextTokens: 2048,
    models: ['tiny'],
    detail: undefined,
  });
  expect(pathsAsked()).toEqual(['/health', '/props', '/apply-template']);
});

describe('what a chat template takes', () => {
  const rendered = (prompt: string): string => json(200, { prompt });
  const raised = json(400, { error: { message: 'Jinja Exception: System role not supported' } });

  /** A llama-server that renders a list of these roles so, or not at all. */
  async function serveTemplate(template: Record<string, string>, props = PROPS): Promise<string> {
    return serve({ '/health': recorded('health'), '/props': () => json(200, props.now) }, (request) => {
      const { messages = [] } = JSON.parse(request.split('\r\n\r\n')[1] ?? '{}');
      return template[messages.map(({ role }: ModelMessage) => role).join(' ')];
    });
  }

  const PROPS = { now: { total_slots: 1, model_alias: 'tiny', chat_template: 'one' } };
  const [one, two] = ['interject-probe-one', 'interject-probe-two'];

  test.each([
    [
      'everything',
      {
        'system user': rendered(`S ${one} U ${two} A`),
        'user user': rendered(`U ${one} U ${two} A`),
        'user assistant': rendered(`U ${one} A ${two}`),
      },
      { systemRole: true, consecutiveUsers: true, continuesAnswer: true },
    ],
    [
      'what raises is not taken',
      { 'system user': raised, 'user user': json(500, { error: 'roles must alternate' }), 'user assistant': raised },
      { systemRole: false, consecutiveUsers: false, continuesAnswer: false },
    ],
    [
      'what is left out without a word is not taken, and an answer that is closed is not continued',
      {
        'system user': rendered(`U ${two} A`),
        'user user': rendered(`U ${two} A`),
        'user assistant': rendered(`U ${one} A ${two} END U`),
      },
      { systemRole: false, consecutiveUsers: false, continuesAnswer: false },
    ],
  ])('%s', async (_, template, abilities) => {
    const backend = backendAt(await serveTemplate(template));
    expect(await backend.probe(never())).toMatchObject({ ready: true, abilities });
  });

  test.each([
    ['any', true, true],
    ['no-system', false, true],
    ['alternating', true, false],
    ['strict', false, false],
  ] as const)('of the simulator with the template %s', async (template, systemRole, consecutiveUsers) => {
    const simulator = await startSimulator({ template });
    onTestFinished(() => simulator.close());
    const abilities = { systemRole, consecutiveUsers, continuesAnswer: true };
    expect(await backendAt(simulator.url).probe(never())).toMatchObject({ server: 'simulator', abilities });
  });

  test('is tried when the server comes up and when its model changes, not at every probe', async () => {
    const props = { now: { ...PROPS.now } };
    const all = rendered(`${one} ${two}`);
    const backend = backendAt(
      await serveTemplate({ 'system user': all, 'user user': all, 'user assistant': all }, props),
    );
    const regular = ['/health', '/props'];
    const trials = ['/apply-template', '/apply-template', '/apply-template'];
    const first = await backend.probe(never());
    expect(await backend.probe(never())).toEqual(first);
    expect(pathsAsked()).toEqual([...regular, ...trials, ...regular]);
    props.now.chat_template = 'two';
    await backend.probe(never());
    await backend.probe(never());
    expect(pathsAsked().slice(7)).toEqual([...regular, ...trials, ...regular]);
    replies['/health'] = json(503, { error: { message: 'Loading model' } });
    expect(await backend.probe(never())).toMatchObject({ ready: false });
    replies['/health'] = recorded('health');
    await backend.probe(never());
    expect(pathsAsked().slice(14)).toEqual(['/health', ...regular, ...trials]);
  });

  test('of a server that cannot render is not known, and it is asked once', async () => {
    const backend = backendAt(await serve({ '/health': recorded('health'), '/props': recorded('props') }));
    await backend.probe(never());
    expect(await backend.probe(never())).not.toHaveProperty('abilities');
    expect(pathsAsked()).toEqual(['/health', '/props', '/apply-template', '/health', '/props']);
  });
});

test('a llama-server that is loading, as recorded', async () => {
  const url = await serve({ '/health': recorded('loading-health-503') });
  const status = await backendAt(url).probe(never());
  expect(status).toEqual({ ...unknown, server: 'llama-server', detail: expect.stringContaining('Loading model') });
});

test('a llama-server without an alias names its models elsewhere', async () => {
  const props = json(200, { total_slots: 2, default_generation_settings: { n_ctx: 512 } });
  const url = await serve({ '/health': recorded('health'), '/props': props, '/v1/models': recorded('v1-models') });
  expect(await backendAt(url).probe(never())).toMatchObject({
    server: 'llama-server',
    ready: true,
    slots: 2,
    models: ['tiny'],
  });
});

test('a llama-server that wants a key is not ready and says so', async () => {
  const props = json(401, { error: { message: 'Invalid API Key' } }, 'Server: llama.cpp\r\n');
  const url = await serve({ '/health': recorded('health'), '/props': props, '/v1/models': recorded('v1-models') });
  const backend = createBackend(definitionOf(url, { apiKeyVariable: 'MODEL_KEY' }), {});
  const status = await backend.probe(never());
  expect(status).toMatchObject({ server: 'llama-server', ready: false, detail: expect.stringContaining('MODEL_KEY') });
});

test('any other server that lists models', async () => {
  const models = json(200, { object: 'list', data: [{ id: 'big' }, { id: 'small' }, { name: 'odd' }, null] });
  const url = await serve({ '/v1/models': models });
  expect(await backendAt(url).probe(never())).toEqual({ ...unknown, ready: true, models: ['big', 'small'] });
});

test('a server that has /health and nothing of llama-server', async () => {
  const models = json(200, { data: [{ id: 'big' }] });
  const url = await serve({ '/health': json(200, {}), '/v1/models': models });
  expect(await backendAt(url).probe(never())).toEqual({ ...unknown, ready: true, models: ['big'] });
});

test('something that is no model server', async () => {
  const url = await serve({});
  const status = await backendAt(url).probe(never());
  expect(status).toEqual({ ...unknown, detail: expect.stringContaining('404') });
});

test('nobody, a server that never answers, one that breaks off, and a question that is withdrawn', async () => {
  const url = await serve({ '/health': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf' });
  expect(await backendAt(url).probe(never())).toMatchObject({
    ready: false,
    detail: expect.stringContaining('broke off'),
  });
  await server?.close();
  expect(await backendAt(url).probe(never())).toMatchObject({
    ready: false,
    detail: expect.stringContaining('ECONNREFUSED'),
  });
  server = await startRawServer(() => {});
  const silent = backendAt(server.url);
  expect(await silent.probe(never())).toMatchObject({
    ready: false,
    detail: expect.stringContaining('within 2000 ms'),
  });
  const controller = new AbortController();
  const withdrawn = silent.probe(controller.signal);
  controller.abort();
  expect(await withdrawn).toMatchObject({ ready: false, detail: expect.stringContaining('withdrawn') });
  expect(await silent.probe(controller.signal)).toMatchObject({
    ready: false,
    detail: expect.stringContaining('withdrawn'),
  });
});
