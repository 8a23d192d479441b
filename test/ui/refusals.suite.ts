/** Every refusal that a client can bring about, told over HTTP only, and which field it names. */
import request from 'supertest';
import { beforeAll, expect, test } from 'vitest';
import { RawClient } from './raw-client.ts';
import type { StackClient } from './stack-client.ts';

/** Model servers of a benchmark. */
const BOTH = { collector: 'simulator', insight: 'simulator' };

/** What is refused, with which code, naming what. */
export function refusalsSuite(connect: () => StackClient): void {
  let client: StackClient;
  let url: string;
  beforeAll(() => {
    client = connect();
    url = client.door.url;
  });

  const missing = [
    ['GET', '/nowhere', 'unknown_route'],
    ['GET', '/chat/assistant', 'unknown_route'],
    ['POST', '/chat/nobody', 'unknown_agent'],
    ['GET', '/chat/nobody/history', 'unknown_agent'],
    ['GET', '/chat/nobody/chats', 'unknown_agent'],
    ['POST', '/chat/nobody/stop', 'unknown_agent'],
    ['POST', '/chat/nobody/interject', 'unknown_agent'],
    ['POST', '/agents/nobody/restart', 'unknown_agent'],
    ['GET', '/events?agent=nobody', 'unknown_agent'],
    ['GET', '/events?run=none', 'unknown_run'],
    ['GET', '/runs/none', 'unknown_run'],
    ['GET', '/runs/none?wait=1', 'unknown_run'],
    ['POST', '/runs/none/stop', 'unknown_run'],
    ['GET', '/swarms/none', 'unknown_swarm'],
    ['GET', '/swarms/none?wait=1', 'unknown_swarm'],
    ['GET', '/events?swarm=none', 'unknown_swarm'],
    ['POST', '/swarms/none/stop', 'unknown_swarm'],
    ['GET', '/benchmarks/none', 'unknown_benchmark'],
    ['GET', '/benchmarks/none?wait=1', 'unknown_benchmark'],
    ['GET', '/events?benchmark=none', 'unknown_benchmark'],
    ['POST', '/benchmarks/none/stop', 'unknown_benchmark'],
    ['POST', '/benchmarks', 'unknown_backend'],
    ['POST', '/approvals/999', 'unknown_approval'],
    ['POST', '/approvals/none', 'unknown_approval'],
    ['POST', '/policies/none/release', 'unknown_policy'],
    ['POST', '/runs/none/label', 'unknown_run'],
  ] as const;
  const bodies: [RegExp, object][] = [
    [/\/chat\/nobody(\/interject)?$/, { content: 'x' }],
    [/^\/approvals\//, { decision: 'approve' }],
    [/\/label$/, { label: 'bad' }],
    [/^\/benchmarks$/, { backends: { collector: 'simulator', insight: 'nobody' } }],
  ];
  test.each(missing)('%s %s: %s', async (method, path, code) => {
    const body = bodies.find(([pattern]) => pattern.test(path))?.[1];
    const reply = method === 'GET' ? await client.get(path) : await client.post(path, body);
    expect([reply.status, reply.body]).toEqual([404, { error: { code, message: expect.any(String) } }]);
  });

  const invalidBodies: [path: string, body: object, named: string][] = [
    ['/chat/assistant', {}, 'body.content'],
    ['/chat/assistant', { content: '' }, 'body.content'],
    ['/chat/assistant', { content: 7 }, 'body.content'],
    ['/chat/assistant', { content: 'x'.repeat(1_000_001) }, 'body.content'],
    ['/chat/assistant', { content: 'half \ud83c a pair' }, 'body.content'],
    ['/chat/assistant', { content: 'x', chat: '' }, 'body.chat'],
    ['/chat/assistant', { content: 'x', chat: 'c'.repeat(101) }, 'body.chat'],
    ['/chat/assistant', { content: 'x', chat: 'two\nlines' }, 'body.chat'],
    ['/chat/assistant', { content: 'x', key: '' }, 'body.key'],
    ['/chat/assistant', { content: 'x', key: 'k'.repeat(201) }, 'body.key'],
    ['/chat/assistant', { content: 'x', backend: 'http://192.0.2.1' }, 'backend'],
    ['/chat/assistant', [], 'body'],
    ['/chat/assistant?chat=x', { content: 'x' }, 'chat'],
    ['/chat/assistant/stop', { chat: 1 }, 'body.chat'],
    ['/chat/assistant/stop', { agent: 'analyst' }, 'agent'],
    ['/chat/assistant/interject', { chat: 'main' }, 'body.content'],
    ['/chat/assistant/interject', { content: 'x', turn: 1 }, 'turn'],
    ['/runs/some/stop', { force: true }, 'force'],
    ['/approvals/1', { decision: 'perhaps' }, 'body.decision'],
    ['/approvals/1', { decision: 'edit' }, 'body.content'],
    ['/approvals/1', { decision: 'approve', content: 'x' }, 'content'],
    ['/approvals/1', { decision: 'refuse', reason: '' }, 'body.reason'],
    ['/runs/some/label', { label: 'fine' }, 'body.label'],
    ['/swarms', { mode: 'parallel', agents: ['assistant'] }, 'body.task'],
    ['/swarms', { task: 'x', mode: 'chorus', agents: ['assistant'] }, 'body.mode: use one of parallel, sequential'],
    ['/swarms', { task: 'x', mode: 'delegator', agents: ['assistant'] }, 'delegation to specialists is not supported'],
    ['/swarms', { task: 'x', mode: 'parallel', agents: [] }, 'body.agents'],
    ['/swarms', { task: 'x', mode: 'parallel', agents: ['assistant', 'assistant'] }, 'assistant is named twice'],
    ['/swarms', { task: 'x', mode: 'sequential', agents: ['assistant'], isolated: true }, 'body.isolated: is not for'],
    ['/swarms', { task: 'x', mode: 'review', agents: ['assistant'] }, 'body.reviewer: is missing'],
    ['/swarms', { task: 'x', mode: 'parallel', agents: ['assistant'], tools: ['a'] }, 'tools are not supported yet'],
    ['/swarms', { task: 'x', mode: 'parallel', agents: ['assistant'], colour: 'red' }, 'unknown field colour'],
    ['/swarms', { task: 'half \ud83c', mode: 'parallel', agents: ['assistant'] }, 'half a surrogate pair'],
    ['/swarms', { task: 'x', mode: 'parallel', agents: ['assistant'], key: '' }, 'body.key'],
    ['/swarms/some/stop', { force: true }, 'force'],
    ['/benchmarks', {}, 'body.backends'],
    ['/benchmarks', { backends: { collector: 'simulator' } }, 'body.backends.insight: the name of a backend is needed'],
    ['/benchmarks', { backends: { collector: 'http://192.0.2.1', insight: 'simulator' } }, 'body.backends.collector'],
    ['/benchmarks', { backends: { ...BOTH, third: 'simulator' } }, 'third'],
    ['/benchmarks', { backends: BOTH, corpus: '/etc' }, 'no path is taken over HTTP'],
    ['/benchmarks', { backends: BOTH, output_dir: '/tmp' }, 'no path is taken over HTTP'],
    ['/benchmarks', { backends: BOTH, collector_ollama_url: 'http://192.0.2.1' }, 'no address is taken over HTTP'],
    ['/benchmarks', { backends: BOTH, unload_between: true }, 'others use these servers too'],
    ['/benchmarks', { backends: BOTH, stagger_ms: 5 }, 'a slot would be kept from others'],
    ['/benchmarks', { backends: BOTH, scenario: 'chimera' }, 'body.scenario'],
    ['/benchmarks', { backends: BOTH, runs: 0 }, 'body.runs'],
    ['/benchmarks', { backends: BOTH, runs: '3' }, 'body.runs'],
    ['/benchmarks', { backends: BOTH, runs: 1e9 }, 'body.runs'],
    ['/benchmarks', { backends: BOTH, model: '' }, 'body.model'],
    ['/benchmarks', { backends: BOTH, model: 'a\nb' }, 'body.model'],
    ['/benchmarks', { backends: BOTH, timeout_s: 0 }, 'body.timeout_s'],
    ['/benchmarks', { backends: BOTH, chimera: { num_ctx: 1 } }, 'body.chimera.num_ctx'],
    ['/benchmarks', { backends: BOTH, chimera: { layers: 1 } }, 'layers'],
    ['/benchmarks', { backends: BOTH, seed: 2 ** 31 }, 'body.seed'],
    ['/benchmarks', { backends: BOTH, design: 'fast' }, 'body.design'],
    ['/benchmarks', { backends: BOTH, colour: 'red' }, 'colour'],
    ['/benchmarks', { backends: BOTH, key: '' }, 'body.key'],
    ['/benchmarks', [], 'body'],
    ['/benchmarks/some/stop', { force: true }, 'force'],
    ['/agents/assistant/restart', { hard: true }, 'hard'],
    ['/policies/error-keyword/release', { force: true }, 'force'],
    ['/session', { token: 1 }, 'body.token'],
    ['/session', { token: 'x', user: 'y' }, 'user'],
  ];
  test.each(invalidBodies)('POST %s %#: the field is named', async (path, body, named) => {
    const reply = await client.post(path, body);
    expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_request']);
    expect(reply.body.error.message).toContain(named);
  });

  const invalidQueries = [
    ['/runs/some?wait=61', 'query.wait'],
    ['/runs/some?wait=-1', 'query.wait'],
    ['/runs/some?wait=', 'query.wait'],
    ['/runs/some?later=1', 'later'],
    ['/chat/assistant/history?chat=', 'query.chat'],
    ['/chat/assistant/history?chat=a&chat=b', 'query.chat'],
    ['/chat/assistant/history?limit=1', 'limit'],
    ['/chat/assistant/chats?limit=1', 'limit'],
    ['/events?after=-1', 'query.after'],
    ['/events?after=1e3', 'query.after'],
    ['/events?since=1', 'since'],
    ['/agents?id=1', 'id'],
    ['/approvals?run=1', 'run'],
    ['/swarms?state=running', 'state'],
    ['/swarms/some?wait=61', 'query.wait'],
    ['/benchmarks?state=running', 'state'],
    ['/benchmarks/some?wait=61', 'query.wait'],
    ['/policies?name=x', 'name'],
  ] as const;
  test.each(invalidQueries)('GET %s: the field is named', async (path, named) => {
    const reply = await client.get(path);
    expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_request']);
    expect(reply.body.error.message).toContain(named);
  });

  test('a Last-Event-ID that is none', async () => {
    const reply = await client.get('/events').set('last-event-id', 'yesterday');
    expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_request']);
  });

  test('what is not JSON, not valid JSON, or empty', async () => {
    const send = (type: string, text: string) => client.post('/chat/assistant').set('content-type', type).send(text);
    const form = await send('application/x-www-form-urlencoded', 'content=x');
    const plain = await send('text/plain', '{"content":"x"}');
    const broken = await send('application/json', '{"content":');
    const poisoned = await send('application/json', '{"content":"x","__proto__":{"chat":"y"}}');
    const empty = await send('application/json', '');
    const seen = [form, plain, broken, poisoned, empty].map(({ status, body }) => [status, body.error.code]);
    expect(seen).toEqual([
      [415, 'not_json'],
      [415, 'not_json'],
      [400, 'invalid_request'],
      [400, 'invalid_request'],
      [400, 'invalid_request'],
    ]);
  });

  test('a body that is too large is refused before it is sent', async () => {
    const json = ['Content-Type: application/json', 'Content-Length: 9000000'];
    const headers = [...json, `Authorization: Bearer ${client.door.token}`];
    const sender = RawClient.send(Number(new URL(url).port), ['POST /chat/assistant HTTP/1.1', ...headers]);
    await sender.received('too_large');
    expect(sender.text).toMatch(/^HTTP\/1\.1 413 /);
    sender.socket.destroy();
  });

  test('another Host, another Origin, no token', async () => {
    const host = await client.get('/agents').set('host', 'rebound.example');
    const origin = await client.post('/chat/assistant', { content: 'x' }).set('origin', 'https://other.example');
    const site = await client.get('/agents').set('sec-fetch-site', 'cross-site');
    const through = { 'x-forwarded-for': '192.0.2.1' };
    const stranger = await request(url).get('/agents').set(through);
    const wrong = await request(url)
      .get('/agents')
      .set({ ...through, authorization: 'Bearer wrong' });
    const right = await client.get('/agents').set(through);
    expect(right.status).toBe(200);
    const seen = [host, origin, site, stranger, wrong].map(({ status, body }) => [status, body.error.code]);
    expect(seen).toEqual([
      [403, 'host_not_allowed'],
      [403, 'origin_not_allowed'],
      [403, 'origin_not_allowed'],
      [401, 'token_required'],
      [401, 'token_required'],
    ]);
  });

  test('the token becomes a cookie, and the cookie opens the door', async () => {
    const wrong = await request(url).post('/session').send({ token: 'wrong' });
    expect([wrong.status, wrong.body.error.code]).toEqual([401, 'token_required']);
    const right = await request(url).post('/session').send({ token: client.door.token });
    const cookie = String(right.headers['set-cookie']);
    expect(right.status).toBe(204);
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict;/);
    expect(cookie).not.toContain(client.door.token);
    const stranger = request(url).get('/agents').set('x-forwarded-for', '192.0.2.1');
    const reply = await stranger.set('cookie', `theme=dark; ${cookie.split(';')[0]}`);
    expect(reply.status).toBe(200);
  });
}
