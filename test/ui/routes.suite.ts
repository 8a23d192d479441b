/**
 * What every route promises, told over HTTP only, so that it runs over any stack. The stack has the agents `assistant` and `analyst`, the policy
 * `error-keyword`, and a model that answers `say: TEXT` and `say-coded: HEX` with that text, at 5,000 words a second at most.
 */
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GatewayLimits } from '../../ui/limits.ts';
import { type EventClient, openEvents } from './event-client.ts';

/** A stack that runs, on 127.0.0.1. */
export interface RunningStack {
  url: string;
  token: string;
  close(): Promise<void>;
}

export type StartStack = (limits?: Partial<GatewayLimits>) => Promise<RunningStack>;

const LONG = `say: ${'word '.repeat(5000)}`;
let chatNumber = 0;
/** Tests do not share chats, so that their order does not matter. */
const newChat = (): string => `test ${++chatNumber}`;

/** Speaks to one stack. */
class Client {
  readonly #stack: RunningStack;

  constructor(stack: RunningStack) {
    this.#stack = stack;
  }

  get(path: string) {
    return request(this.#stack.url).get(path).set('authorization', `Bearer ${this.#stack.token}`);
  }

  post(path: string, body?: object) {
    return request(this.#stack.url).post(path).set('authorization', `Bearer ${this.#stack.token}`).send(body);
  }

  events(path: string, headers: Record<string, string> = {}): Promise<EventClient> {
    return openEvents(this.#stack.url + path, { headers: { ...this.#authorization(), ...headers } });
  }

  chatEvents(agent: string, body: object): Promise<EventClient> {
    const headers = { ...this.#authorization(), 'content-type': 'application/json' };
    return openEvents(`${this.#stack.url}/chat/${agent}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** A run whose answer has begun and goes on for a while. */
  async startLong(chat: string): Promise<{ run: string; stream: EventClient }> {
    const stream = await this.chatEvents('assistant', { content: LONG, chat });
    const delta = await stream.next('text-delta');
    return { run: String(delta?.data.run), stream };
  }

  #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#stack.token}` };
  }
}

/** Every route, its replies and the refusals that a client can bring about. */
export function routesSuite(start: StartStack): void {
  let stack: RunningStack;
  let client: Client;
  beforeAll(async () => {
    stack = await start();
    client = new Client(stack);
  });
  afterAll(() => stack.close());

  describe('probes', () => {
    test('healthz and readyz answer without a token', async () => {
      const health = await request(stack.url).get('/healthz').set('x-forwarded-for', '192.0.2.1');
      expect([health.status, health.body]).toEqual([200, { status: 'ok' }]);
      const ready = await request(stack.url).get('/readyz').set('x-forwarded-for', '192.0.2.1');
      expect([ready.status, ready.body]).toEqual([200, { ready: true, reasons: [] }]);
    });
  });

  describe('chat', () => {
    test('a message is answered, and the run can be read afterwards', async () => {
      const chat = newChat();
      const reply = await client.post('/chat/assistant', { content: 'say: hello there', chat });
      expect(reply.status).toBe(200);
      expect(reply.body).toMatchObject({
        chat,
        agent: 'assistant',
        status: 'answered',
        content: 'hello there',
        interventions: [],
      });
      expect(reply.body.messages).toMatchObject([
        { role: 'user', content: 'say: hello there', status: 'complete' },
        { role: 'assistant', content: 'hello there', status: 'complete' },
      ]);
      expect(Object.keys(reply.body.timings).sort()).toEqual(['queue_ms', 'total_ms', 'ttft_ms']);
      expect(reply.headers.location).toBe(`/runs/${reply.body.run}`);
      const run = await client.get(`/runs/${reply.body.run}?wait=1.5`);
      expect([run.status, run.body]).toEqual([200, reply.body]);
    });

    test('as events: from the message to run-end, ids ascend, deltas put together are the answer', async () => {
      const stream = await client.chatEvents('assistant', { content: 'say: one two thrée 🎈', chat: newChat() });
      expect(stream.status).toBe(200);
      expect(stream.headers.get('location')).toMatch(/^\/runs\/./);
      expect(stream.headers.get('x-accel-buffering')).toBe('no');
      const events = await stream.rest();
      expect(events[0]?.type).toBe('message-received');
      expect(events.at(-1)).toMatchObject({ type: 'run-end', data: { status: 'answered' } });
      const ids = events.filter(({ id }) => id !== undefined).map(({ id }) => Number(id));
      expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
      const deltas = events.filter(({ type }) => type === 'text-delta').map(({ data }) => data.text);
      expect(deltas.join('')).toBe('one two thrée 🎈');
      expect(events.find(({ type }) => type === 'turn-end')?.data.text).toBe('one two thrée 🎈');
    });

    test('a reader who leaves does not cancel the run', async () => {
      const words = 'word '.repeat(100).trim();
      const stream = await client.chatEvents('assistant', { content: `say: ${words}`, chat: newChat() });
      const delta = await stream.next('text-delta');
      stream.leave();
      const run = await client.get(`/runs/${delta?.data.run}?wait=60`);
      expect(run.body).toMatchObject({ status: 'answered', content: words });
    });

    test('an objectionable answer is cut, corrected and shown as such', async () => {
      const chat = newChat();
      const coded = Buffer.from('All is fine. ERROR is here. Done.').toString('hex');
      const stream = await client.chatEvents('assistant', { content: `say-coded: ${coded}`, chat });
      const events = await stream.rest();
      const shown = events.filter(({ type }) => type === 'text-delta').map(({ data }) => data.text);
      expect(shown.join('')).not.toContain('ERROR');
      expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['intervention', 'turn-cut', 'turn-end']));
      const run = await client.get(`/runs/${events[0]?.data.run}`);
      expect(run.body.interventions).toMatchObject([{ policy: 'error-keyword', action: 'interject', turn: 1 }]);
      const history = await client.get('/chat/assistant/history').query({ chat });
      const lines = history.body.messages.map(({ role, status }: { role: string; status: string }) => [role, status]);
      expect(lines).toEqual([
        ['user', 'complete'],
        ['assistant', 'interrupted'],
        ['supervisor', 'complete'],
        ['assistant', 'complete'],
      ]);
    });

    test('the same key joins the run, with other content it is refused', async () => {
      const key = `key of ${newChat()}`;
      const message = { content: 'say: once', chat: newChat(), key };
      const first = await client.post('/chat/assistant', message);
      const second = await client.post('/chat/assistant', message);
      expect(second.body.run).toBe(first.body.run);
      const other = await client.post('/chat/assistant', { ...message, content: 'say: twice' });
      expect([other.status, other.body.error.code]).toEqual([409, 'key_conflict']);
    });
  });

  describe('history and chats', () => {
    test('history is the lines of one chat and the seq to go on from', async () => {
      const chat = newChat();
      await client.post('/chat/analyst', { content: 'say: noted', chat });
      const { status, body } = await client.get('/chat/analyst/history').query({ chat });
      expect(status).toBe(200);
      expect(body).toMatchObject({ chat, messages: [{ role: 'user' }, { role: 'assistant', content: 'noted' }] });
      expect(body.seq).toBeGreaterThan(0);
      for (const message of body.messages)
        expect(message).toMatchObject({ id: expect.anything(), ts: expect.any(Number) });
      const chats = await client.get('/chat/analyst/chats');
      expect(chats.body.agent).toBe('analyst');
      expect(chats.body.chats).toContainEqual({ chat, messages: 2, updated_at: expect.any(Number) });
    });

    test('the main chat is always there, another one is not', async () => {
      const main = await client.get('/chat/analyst/history');
      expect([main.status, main.body.chat]).toEqual([200, 'main']);
      const other = await client.get('/chat/analyst/history?chat=never');
      expect([other.status, other.body.error.code]).toEqual([404, 'unknown_chat']);
    });
  });

  describe('stop and interject', () => {
    test('a run is stopped by its id, once', async () => {
      const { run, stream } = await client.startLong(newChat());
      const stopped = await client.post(`/runs/${run}/stop`);
      expect([stopped.status, stopped.body.status]).toEqual([200, 'stopped']);
      expect(await stream.next('run-end')).toMatchObject({ data: { status: 'stopped' } });
      expect(await stream.next()).toBeUndefined();
      const again = await client.post(`/runs/${run}/stop`, {});
      expect([again.status, again.body.status]).toEqual([200, 'stopped']);
    });

    test('a chat is stopped by its name; then nothing runs in it', async () => {
      const chat = newChat();
      const { run } = await client.startLong(chat);
      const stopped = await client.post('/chat/assistant/stop', { chat });
      expect(stopped.body).toMatchObject({ run, status: 'stopped' });
      const again = await client.post('/chat/assistant/stop', { chat });
      expect([again.status, again.body.error.code]).toEqual([409, 'not_running']);
      const main = await client.post('/chat/analyst/stop');
      expect([main.status, main.body.error.code]).toEqual([409, 'not_running']);
    });

    test('a person corrects a running turn, and cannot correct an idle chat', async () => {
      const chat = newChat();
      const { run, stream } = await client.startLong(chat);
      const corrected = await client.post('/chat/assistant/interject', { chat, content: 'Shorter, please.' });
      expect([corrected.status, corrected.body.run]).toEqual([200, run]);
      const intervention = await stream.next('intervention');
      expect(intervention?.data).toMatchObject({
        policy: 'person',
        action: 'interject',
        reason: 'Shorter, please.',
        turn: 1,
      });
      stream.leave();
      await client.post(`/runs/${run}/stop`);
      const idle = await client.post('/chat/assistant/interject', { chat, content: 'Too late.' });
      expect([idle.status, idle.body.error.code]).toEqual([409, 'not_running']);
    });
  });

  describe('events', () => {
    test('after a seq, of one run; Last-Event-ID is newer than the address', async () => {
      const { body } = await client.post('/chat/assistant', { content: 'say: a b c', chat: newChat() });
      const whole = await client.events(`/events?after=0&run=${body.run}`);
      const first = await whole.next();
      const second = await whole.next();
      whole.leave();
      expect(first?.type).toBe('message-received');
      const resumed = await client.events(`/events?after=0&run=${body.run}`, { 'last-event-id': String(first?.id) });
      expect(await resumed.next()).toEqual(second);
      resumed.leave();
    });

    test('live events of one agent only, of one chat only', async () => {
      const chat = newChat();
      const stream = await client.events(`/events?agent=analyst&chat=${encodeURIComponent(chat)}`);
      await client.post('/chat/assistant', { content: 'say: not for you', chat });
      await client.post('/chat/analyst', { content: 'say: not this chat', chat: newChat() });
      await client.post('/chat/analyst', { content: 'say: for you', chat });
      expect(await stream.next()).toMatchObject({
        type: 'message-received',
        data: { agent: 'analyst', content: 'say: for you' },
      });
      stream.leave();
    });

    test('a cursor of the future gets a resync', async () => {
      const stream = await client.events('/events?after=999999999');
      expect(await stream.next()).toMatchObject({ id: undefined, type: 'resync', data: { seq: expect.any(Number) } });
      stream.leave();
    });
  });

  describe('agents', () => {
    test('agents, backends and policies are listed', async () => {
      const { status, body } = await client.get('/agents');
      expect(status).toBe(200);
      expect(body.agents.map(({ id }: { id: string }) => id).sort()).toEqual(['analyst', 'assistant']);
      expect(body.backends).toMatchObject([{ up: true, server: expect.any(String) }]);
      expect(body.policies).toContainEqual(expect.objectContaining({ name: 'error-keyword', quarantined: false }));
    });

    test('an agent is restarted', async () => {
      const stream = await client.events('/events?agent=analyst');
      const restarted = await client.post('/agents/analyst/restart');
      expect([restarted.status, restarted.body]).toEqual([202, { agent: 'analyst' }]);
      expect(await stream.next('agent-ready')).toBeDefined();
      stream.leave();
    });
  });

  describe('page', () => {
    test('the page is served with a strict policy and nothing inline', async () => {
      const { status, headers, text } = await request(stack.url).get('/');
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(text).not.toMatch(/<style|<script(?![^>]*src=)|\son[a-z]+=|\sstyle=/);
    });

    test.each(['/', '/page.js', '/page.css', '/icon.svg'])('%s is not sent again when it is the same', async (path) => {
      const first = await request(stack.url).get(path);
      expect(first.status).toBe(200);
      const second = await request(stack.url).get(path).set('if-none-match', String(first.headers.etag));
      expect([second.status, second.headers['content-length']]).toEqual([304, undefined]);
    });
  });

  describe('refusals', () => {
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
    ] as const;
    test.each(missing)('%s %s: %s', async (method, path, code) => {
      const needsContent = /\/chat\/nobody(\/interject)?$/.test(path);
      const body = needsContent ? { content: 'x' } : undefined;
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
      ['/agents/assistant/restart', { hard: true }, 'hard'],
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

    test('what is not JSON, not valid JSON, empty, or too large', async () => {
      const send = (type: string, text: string) => client.post('/chat/assistant').set('content-type', type).send(text);
      const form = await send('application/x-www-form-urlencoded', 'content=x');
      const plain = await send('text/plain', '{"content":"x"}');
      const broken = await send('application/json', '{"content":');
      const poisoned = await send('application/json', '{"content":"x","__proto__":{"chat":"y"}}');
      const empty = await send('application/json', '');
      const large = await send('application/json', JSON.stringify({ content: 'x'.repeat(9_000_000) }));
      const seen = [form, plain, broken, poisoned, empty, large].map(({ status, body }) => [status, body.error.code]);
      expect(seen).toEqual([
        [415, 'not_json'],
        [415, 'not_json'],
        [400, 'invalid_request'],
        [400, 'invalid_request'],
        [400, 'invalid_request'],
        [413, 'too_large'],
      ]);
    });

    test('another Host, another Origin, no token', async () => {
      const host = await client.get('/agents').set('host', 'rebound.example');
      const origin = await client.post('/chat/assistant', { content: 'x' }).set('origin', 'https://other.example');
      const site = await client.get('/agents').set('sec-fetch-site', 'cross-site');
      const through = { 'x-forwarded-for': '192.0.2.1' };
      const stranger = await request(stack.url).get('/agents').set(through);
      const wrong = await request(stack.url)
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
      const wrong = await request(stack.url).post('/session').send({ token: 'wrong' });
      expect([wrong.status, wrong.body.error.code]).toEqual([401, 'token_required']);
      const right = await request(stack.url).post('/session').send({ token: stack.token });
      const cookie = String(right.headers['set-cookie']);
      expect(right.status).toBe(204);
      expect(cookie).toMatch(/; HttpOnly; SameSite=Strict;/);
      expect(cookie).not.toContain(stack.token);
      const stranger = request(stack.url).get('/agents').set('x-forwarded-for', '192.0.2.1');
      const reply = await stranger.set('cookie', `theme=dark; ${cookie.split(';')[0]}`);
      expect(reply.status).toBe(200);
    });
  });
}

/** What the gateway does at its limits, and when it closes; each test starts a stack with small limits. */
export function limitsSuite(start: StartStack): void {
  async function withStack(
    limits: Partial<GatewayLimits>,
    work: (client: Client, stack: RunningStack) => Promise<void>,
  ) {
    const stack = await start(limits);
    try {
      await work(new Client(stack), stack);
    } finally {
      await stack.close();
    }
  }

  test('an answer that takes longer than the wait is asked for at its Location', () =>
    withStack({ waitMs: 50 }, async (client) => {
      const reply = await client.post('/chat/assistant', { content: LONG });
      expect(reply.status).toBe(202);
      expect(reply.headers.location).toBe(`/runs/${reply.body.run}`);
      const now = await client.get(`${reply.headers.location}?wait=0`);
      expect(now.body.status).toBe('running');
      const stopped = await client.post(`${reply.headers.location}/stop`);
      expect(stopped.body.status).toBe('stopped');
    }));

  test('beyond the limit of streams a message is refused and nothing is left behind', () =>
    withStack({ streams: 1 }, async (client) => {
      const stream = await client.events('/events');
      const refused = await client.get('/events');
      expect([refused.status, refused.body.error.code]).toEqual([429, 'too_many_streams']);
      const chat = await client.post('/chat/analyst', { content: 'x' }).set('accept', 'text/event-stream');
      expect([chat.status, chat.body.error.code]).toEqual([429, 'too_many_streams']);
      const history = await client.get('/chat/analyst/history');
      expect(history.body.messages).toEqual([]);
      stream.leave();
    }));

  test('closing ends the streams in order', async () => {
    const stack = await start();
    const stream = await new Client(stack).events('/events');
    const rest = stream.rest();
    await stack.close();
    await expect(rest).resolves.toBeInstanceOf(Array);
  });
}
