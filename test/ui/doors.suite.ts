/** Every route of the table, asked with supertest: that it answers, and whom it does not answer. */
import type { IncomingMessage } from 'node:http';
import request, { type Response, type Test } from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROUTES, type RouteKey } from '../../ui/routes/table.ts';
import { newChat, type StackClient } from './stack-client.ts';

/** What there is to ask for: a run that is being answered, its chat of the assistant, and the token of the stack. */
interface Known {
  run: string;
  chat: string;
  token: string;
}

type Api = ReturnType<typeof request>;

/** How each route is asked, and the status that it answers with. */
const QUESTIONS: Record<RouteKey, [status: number, ask: (api: Api, known: Known) => Test]> = {
  'POST /chat/:agent': [200, (api) => api.post('/chat/analyst').send({ content: 'say: hello', chat: newChat() })],
  'GET /runs/:id': [200, (api, { run }) => api.get(`/runs/${run}`)],
  'POST /runs/:id/stop': [200, (api, { run }) => api.post(`/runs/${run}/stop`)],
  'GET /chat/:agent/history': [200, (api, { chat }) => api.get('/chat/assistant/history').query({ chat })],
  'GET /chat/:agent/chats': [200, (api) => api.get('/chat/assistant/chats')],
  'POST /runs/:id/label': [200, (api, { run }) => api.post(`/runs/${run}/label`).send({ label: 'good' })],
  'POST /chat/:agent/stop': [200, (api, { chat }) => api.post('/chat/assistant/stop').send({ chat })],
  'POST /chat/:agent/interject': [
    200,
    (api, { chat }) => api.post('/chat/assistant/interject').send({ chat, content: 'Shorter, please.' }),
  ],
  'GET /approvals': [200, (api) => api.get('/approvals')],
  // Nothing waits in this stack: that there is no such thing says who has the token.
  'POST /approvals/:id': [404, (api) => api.post('/approvals/1').send({ decision: 'approve' })],
  'GET /events': [200, (api) => api.get('/events').buffer(true).parse(opening)],
  'GET /agents': [200, (api) => api.get('/agents')],
  'POST /agents/:id/restart': [202, (api) => api.post('/agents/analyst/restart')],
  'GET /policies': [200, (api) => api.get('/policies')],
  // Nothing is in quarantine: refused by who is in charge, after the door.
  'POST /policies/:name/release': [409, (api) => api.post('/policies/error-keyword/release')],
  'POST /swarms': [202, (api) => api.post('/swarms').send({ task: 'say: hello', mode: 'vote', agents: ['analyst'] })],
  'GET /swarms': [200, (api) => api.get('/swarms')],
  // That there is no such swarm says who has the token.
  'GET /swarms/:id': [404, (api) => api.get('/swarms/none')],
  'POST /swarms/:id/stop': [404, (api) => api.post('/swarms/none/stop')],
  // That there is no such backend, or benchmark, says who has the token.
  'POST /benchmarks': [404, (api) => api.post('/benchmarks').send({ backends: { collector: 'x', insight: 'x' } })],
  'GET /benchmarks': [200, (api) => api.get('/benchmarks')],
  'GET /benchmarks/:id': [404, (api) => api.get('/benchmarks/none')],
  'POST /benchmarks/:id/stop': [404, (api) => api.post('/benchmarks/none/stop')],
  'GET /v1/models': [200, (api) => api.get('/v1/models')],
  'POST /v1/chat/completions': [
    200,
    (api) =>
      api.post('/v1/chat/completions').send({ model: 'analyst', messages: [{ role: 'user', content: 'say: hello' }] }),
  ],
  'POST /session': [204, (api, { token }) => api.post('/session').send({ token })],
  'GET /healthz': [200, (api) => api.get('/healthz')],
  'GET /readyz': [200, (api) => api.get('/readyz')],
  'GET /metrics': [200, (api) => api.get('/metrics')],
  'GET /': [200, (api) => api.get('/')],
  'GET /page.js': [200, (api) => api.get('/page.js')],
  'GET /page.css': [200, (api) => api.get('/page.css')],
  'GET /icon.svg': [200, (api) => api.get('/icon.svg')],
};

/** As requests through a tunnel carry it: whoever sends it is not taken for the user of this machine. */
const FROM_AFAR = { 'x-forwarded-for': '192.0.2.1' };

/** `connect` is called when the tests run. */
export function doorsSuite(connect: () => StackClient): void {
  let client: StackClient;
  beforeAll(() => {
    client = connect();
  });

  const ask = (key: RouteKey, headers: Record<string, string>, running = { run: 'none', chat: 'none' }): Test => {
    const { url, token } = client.door;
    return QUESTIONS[key][1](request(url), { token, ...running }).set(headers);
  };
  const refused = async (key: RouteKey, headers: Record<string, string>): Promise<unknown> => {
    const { status, body } = await ask(key, headers);
    return [status, body?.error?.code];
  };

  test('no route is without a question', () => {
    expect(Object.keys(QUESTIONS).sort()).toEqual(ROUTES.map(({ method, path }) => `${method} ${path}`).sort());
  });

  for (const { method, path, access } of ROUTES) {
    const key = `${method} ${path}` as RouteKey;
    describe(key, () => {
      test('answers who has the token', async () => {
        const chat = newChat();
        const { run, stream } = await client.startLong(chat);
        const reply = await ask(key, { ...FROM_AFAR, ...client.authorization }, { run, chat });
        expect(reply.status).toBe(QUESTIONS[key][0]);
        stream.leave();
        await client.post(`/runs/${run}/stop`);
      });

      test(access === 'token' ? 'needs the token' : 'needs no token', async () => {
        const wrong = { ...FROM_AFAR, authorization: 'Bearer wrong' };
        const expected = access === 'token' ? [401, 'token_required'] : [QUESTIONS[key][0], undefined];
        expect([await refused(key, FROM_AFAR), await refused(key, wrong)]).toEqual([expected, expected]);
      });

      test('refuses another Host', async () => {
        const headers = { ...client.authorization, host: 'rebound.example' };
        expect(await refused(key, headers)).toEqual([403, 'host_not_allowed']);
      });

      test('refuses a page of another site', async () => {
        for (const header of [{ origin: 'https://other.example' }, { 'sec-fetch-site': 'cross-site' }]) {
          const headers = { ...client.authorization, ...header };
          expect(await refused(key, headers)).toEqual([403, 'origin_not_allowed']);
        }
      });
    });
  }
}

/** Takes what an event stream opens with, then leaves; anything else is read as JSON. */
function opening(reply: Response, done: (error: Error | null, body: unknown) => void): void {
  const response = reply as unknown as IncomingMessage;
  const isStream = response.headers['content-type']?.startsWith('text/event-stream');
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (part: string) => {
    text += part;
    if (!isStream) return;
    done(null, text);
    response.destroy();
  });
  response.on('end', () => done(null, JSON.parse(text)));
}
