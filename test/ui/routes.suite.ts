/** What every route promises, told over HTTP only. The stack is one as it starts by itself, with a model that says 1,000 words a second. */
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { fromHistory } from '../../ui/page/chat-view.ts';
import { fold, type PageEvent } from '../../ui/page/fold.ts';
import { LONG, newChat, type StackClient, sayCoded } from './stack-client.ts';

/** Every route and its replies; `connect` is called when the tests run. */
export function routesSuite(connect: () => StackClient): void {
  let client: StackClient;
  let url: string;
  beforeAll(() => {
    client = connect();
    url = client.door.url;
  });

  describe('probes', () => {
    test('healthz and readyz answer without a token', async () => {
      const health = await request(url).get('/healthz').set('x-forwarded-for', '192.0.2.1');
      expect([health.status, health.body]).toEqual([200, { status: 'ok' }]);
      const ready = await request(url).get('/readyz').set('x-forwarded-for', '192.0.2.1');
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
      const content = sayCoded('All is fine. ERROR is here. Done.');
      const stream = await client.chatEvents('assistant', { content, chat });
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
      expect(chats.body.chats).toContainEqual({ chat, messages: expect.any(Number), updated_at: expect.any(Number) });
    });

    test('a snapshot in mid-answer and the events after it make the whole', async () => {
      const chat = newChat();
      const words = `${'word '.repeat(60)}end`;
      const sent = await client.chatEvents('assistant', { content: `say: ${words}`, chat });
      await sent.next('text-delta');
      const { body: history } = await client.get('/chat/assistant/history').query({ chat });
      sent.leave();
      let view = fromHistory(history);
      expect(view.runs[0]?.state).toBe('running');
      const stream = await client.events(`/events?after=${view.seq}&agent=assistant&chat=${encodeURIComponent(chat)}`);
      while (view.runs[0]?.state === 'running') {
        const event = await stream.next();
        expect(event).toBeDefined();
        view = fold(view, event?.data as unknown as PageEvent);
        expect(view.stale).toBe(false);
      }
      stream.leave();
      expect(view.runs).toMatchObject([
        { state: 'answered', items: [{ kind: 'answer', text: words, state: 'complete' }] },
      ]);
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

  describe('benchmarks', () => {
    test('a benchmark is acknowledged at once, and shows how far it is and what came of it', async () => {
      const backends = { collector: 'simulator', insight: 'simulator' };
      const given = { backends, runs: 1, design: 'legacy', num_predict: 30, key: `key of ${newChat()}` };
      const begun = await client.post('/benchmarks', given);
      const { benchmark: id, first_seq } = begun.body;
      expect([begun.status, begun.headers.location]).toEqual([202, `/benchmarks/${id}`]);
      expect(begun.body).toMatchObject({ done: 0, runs: 1, backends, request: { num_predict: 30 } });
      expect((await client.post('/benchmarks', given)).body.benchmark).toBe(id);
      const other = await client.post('/benchmarks', { ...given, runs: 2 });
      expect([other.status, other.body.error.code]).toEqual([409, 'key_conflict']);
      const ended = await client.get(`/benchmarks/${id}?wait=60`);
      expect(ended.body).toMatchObject({
        state: 'finished',
        done: 1,
        result: { valid_runs: 1, disturbed_runs: expect.any(Number) },
      });
      const list = await client.get('/benchmarks');
      expect(list.body.benchmarks[0]).toMatchObject({ benchmark: id, state: 'finished', runs: 1 });
      const stopped = await client.post(`/benchmarks/${id}/stop`);
      expect([stopped.status, stopped.body]).toEqual([200, ended.body]);
      const stream = await client.events(`/events?benchmark=${id}&after=${first_seq - 1}`);
      const told: string[] = [];
      while (told.at(-1) !== 'benchmark-end') {
        const { type, data } = (await stream.next()) ?? { type: 'benchmark-end', data: {} as Record<string, unknown> };
        expect(data.benchmark).toBe(id);
        told.push(type);
      }
      stream.leave();
      expect(told).toEqual(['benchmark-start', 'benchmark-progress', 'benchmark-end']);
    });
  });

  describe('swarms', () => {
    const swarm = { task: 'say: hello there', mode: 'parallel', agents: ['assistant', 'analyst'] };

    test('a swarm is acknowledged at once, and shows its steps, runs and result', async () => {
      const begun = await client.post('/swarms', swarm);
      const { swarm: id, first_seq } = begun.body;
      expect([begun.status, begun.headers.location]).toEqual([202, `/swarms/${id}`]);
      expect(begun.body).toMatchObject({ state: 'running', request: swarm });
      const ended = await client.get(`/swarms/${id}?wait=30`);
      const step = (agent: string) => ({ step: `agent/${agent}`, name: agent, agent, answer: 'hello there' });
      expect(ended.body).toMatchObject({
        state: 'finished',
        steps: [step('assistant'), step('analyst')],
        result: { task: swarm.task, outputs: [{ name: 'assistant' }, { name: 'analyst' }] },
      });
      const [first] = ended.body.steps;
      const run = await client.get(`/runs/${first.run}`);
      expect(run.body).toMatchObject({
        chat: `swarm-${id}-agent/assistant`,
        content: 'hello there',
        status: 'answered',
      });
      const chats = await client.get('/chat/assistant/chats');
      expect(chats.body.chats.map(({ chat }: { chat: string }) => chat)).not.toContain(run.body.chat);
      const list = await client.get('/swarms');
      expect(list.body.swarms[0]).toMatchObject({ swarm: id, state: 'finished', agents: swarm.agents });
      const stream = await client.events(`/events?swarm=${id}&after=${first_seq - 1}`);
      const told: unknown[][] = [];
      while (told.at(-1)?.[0] !== 'swarm-end') {
        const { type, data } = (await stream.next()) ?? { type: 'swarm-end', data: {} as Record<string, unknown> };
        told.push([type, data.swarm, data.name, data.state]);
      }
      stream.leave();
      expect(told).toHaveLength(6);
      expect(told[0]).toEqual(['swarm-start', id, undefined, undefined]);
      expect(told.slice(1, 5)).toEqual(
        expect.arrayContaining([
          ['swarm-step', id, 'analyst', 'started'],
          ['swarm-step', id, 'analyst', 'ended'],
        ]),
      );
      expect(told[5]).toEqual(['swarm-end', id, undefined, 'finished']);
    });

    test('the same key is the same swarm, with another request it is refused', async () => {
      const key = newChat();
      const first = await client.post('/swarms', { ...swarm, key });
      const again = await client.post('/swarms', { ...swarm, key });
      expect([again.status, again.body.swarm]).toEqual([202, first.body.swarm]);
      const other = await client.post('/swarms', { ...swarm, mode: 'vote', key });
      expect([other.status, other.body.error.code]).toEqual([409, 'key_conflict']);
    });

    test('agents that there are not are named', async () => {
      const reply = await client.post('/swarms', { ...swarm, agents: ['nobody', 'assistant'], synthesizer: 'noone' });
      expect([reply.status, reply.body.error.code]).toEqual([404, 'unknown_agent']);
      expect(reply.body.error.message).toContain('there is no agent named nobody, noone');
    });

    test('a swarm is stopped with its runs, once', async () => {
      const begun = await client.post('/swarms', { ...swarm, task: LONG });
      const stopped = await client.post(`/swarms/${begun.body.swarm}/stop`);
      expect(stopped.body).toMatchObject({ state: 'stopped', steps: [{ state: 'stopped' }, { state: 'stopped' }] });
      const runs = stopped.body.steps.map(({ run }: { run: string }) => client.get(`/runs/${run}`));
      for (const { body } of await Promise.all(runs)) expect(body).toMatchObject({ status: 'stopped' });
      expect((await client.post(`/swarms/${begun.body.swarm}/stop`)).body).toEqual(stopped.body);
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
      const { status, headers, text } = await request(url).get('/');
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['content-security-policy']).not.toContain('unsafe');
      expect(text).not.toMatch(/<style|<script(?![^>]*src=)|\son[a-z]+=|\sstyle=/);
    });

    test.each(['/', '/page.js', '/page.css', '/icon.svg'])('%s is not sent again when it is the same', async (path) => {
      const first = await request(url).get(path);
      expect(first.status).toBe(200);
      const second = await request(url).get(path).set('if-none-match', String(first.headers.etag));
      expect([second.status, second.headers['content-length']]).toEqual([304, undefined]);
    });
  });
}
