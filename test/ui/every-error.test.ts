/** Every code of the error table, brought about at the door of a real stack and seen with supertest. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import request, { type Response } from 'supertest';
import { describe, expect, test } from 'vitest';
import { ERRORS, type ErrorCode } from '../../supervisor/errors.ts';
import { type ServedStack, serveStack } from './served-stack.ts';

type Provocation = (served: ServedStack) => Promise<Response>;

const MESSAGE = { content: 'say: hello' };
/** Wants a person to see some messages. */
const ASKS = `{ name: 'asks', onMessage: ({ content }) => {
  if (content === 'THROW') throw new Error('on strike');
  if (content === 'BLOCK') return { action: 'block', reason: 'not here' };
  return content === 'PAUSE' ? { action: 'pause', reason: 'look at it' } : undefined;
} }`;
const completion = (content: string, more: object = {}): object => ({
  ...{ model: 'assistant', messages: [{ role: 'user', content }] },
  ...more,
});
/** Messages that may wait for one agent. */
const MOST_QUEUED = 1000;
/** Swarms that may run at a time. */
const MOST_SWARMS = 100;
/** Benchmarks that may wait. */
const MOST_BENCHMARKS = 20;

/** What a client, a full inbox, a full disk or an end of the stack makes the door say. */
const PROVOCATIONS: Record<ErrorCode, Provocation> = {
  invalid_request: async ({ client }) => client.post('/chat/assistant', { content: 7 }),
  token_required: async ({ client }) => request(client.door.url).get('/agents').set('via', '1.1 tunnel'),
  host_not_allowed: async ({ client }) => client.get('/agents').set('host', 'rebound.example'),
  origin_not_allowed: async ({ client }) => client.post('/chat/assistant', MESSAGE).set('origin', 'https://x.example'),
  unknown_route: async ({ client }) => client.get('/nowhere'),
  unknown_agent: async ({ client }) => client.post('/chat/nobody', MESSAGE),
  unknown_run: async ({ client }) => client.get('/runs/none'),
  unknown_swarm: async ({ client }) => client.get('/swarms/none'),
  too_many_swarms: async ({ client, stack }) => {
    stack.endAgent('analyst');
    const swarm = { task: 'say: hello', mode: 'vote', agents: ['analyst'] };
    for (let count = 0; count < MOST_SWARMS; count++) await client.post('/swarms', swarm);
    return client.post('/swarms', swarm);
  },
  unknown_backend: async ({ client }) => client.post('/benchmarks', { backends: { collector: 'x', insight: 'x' } }),
  unknown_benchmark: async ({ client }) => client.get('/benchmarks/none'),
  too_many_benchmarks: async ({ client, stack }) => {
    // Nobody works on them.
    await stack.supervisor.benchmarks.suspend();
    const benchmark = { backends: { collector: 'simulator', insight: 'simulator' } };
    for (let count = 0; count < MOST_BENCHMARKS; count++) await client.post('/benchmarks', benchmark);
    return client.post('/benchmarks', benchmark);
  },
  unknown_chat: async ({ client }) => client.get('/chat/assistant/history?chat=none'),
  unknown_approval: async ({ client }) => client.post('/approvals/999', { decision: 'approve' }),
  unknown_policy: async ({ client }) => client.post('/policies/none/release'),
  not_quarantined: async ({ client }) => client.post('/policies/asks/release'),
  policy_not_loaded: async ({ client, stack }) => {
    const { store, recorder, policies } = stack.engine.bench;
    const file = join(stack.folder, 'broken.mjs');
    writeFileSync(file, 'throw new Error("on strike")');
    recorder.write(() => store.offences.count('./broken.ts', 'v1', 1, true));
    await policies.load({ use: './broken.ts', file, version: 'v1' });
    return client.post(`/policies/${encodeURIComponent('./broken.ts')}/release`);
  },
  key_conflict: async ({ client }) => {
    await client.post('/chat/assistant', { ...MESSAGE, key: 'once' });
    return client.post('/chat/assistant', { content: 'say: something else', key: 'once' });
  },
  not_running: async ({ client }) => client.post('/chat/assistant/interject', MESSAGE),
  approval_decided: async ({ client, stack }) => {
    const { approval } = await stack.event(await stack.say('PAUSE'), 'run-paused');
    await client.post(`/approvals/${approval}`, { decision: 'refuse' });
    return client.post(`/approvals/${approval}`, { decision: 'approve' });
  },
  too_large: async ({ client }) => {
    // Refused by what it says of itself, before any of it is read.
    return client.post('/chat/assistant', MESSAGE).set('content-length', String(9 * 1024 * 1024));
  },
  not_json: async ({ client }) => client.post('/chat/assistant').set('content-type', 'text/plain').send('hello'),
  inbox_full: async ({ client, stack }) => {
    stack.endAgent('analyst');
    const waiting = Array.from({ length: MOST_QUEUED }, () => stack.say('say: hello', { agent: 'analyst' }));
    await Promise.all(waiting);
    return client.post('/chat/analyst', MESSAGE);
  },
  too_many_streams: async ({ client }) => {
    const open = await client.events('/events');
    const reply = await client.get('/events');
    open.leave();
    return reply;
  },
  unsupported_option: async ({ client }) => client.post('/v1/chat/completions', completion('say: hello', { n: 2 })),
  content_filter: async ({ client }) => client.post('/v1/chat/completions', completion('BLOCK')),
  run_failed: async ({ client }) => client.post('/v1/chat/completions', completion('THROW')),
  backend_failed: async ({ client }) => client.post('/v1/chat/completions', completion('fault: garbage\nsay: hello')),
  context_length_exceeded: async ({ client }) =>
    client.post('/v1/chat/completions', completion(`say: ${'long '.repeat(20_000)}`)),
  // The page of these stacks has no files.
  internal: async ({ client }) => client.get('/'),
  stopping: async ({ client, stack }) => {
    stack.supervisor.stopAccepting();
    return client.post('/chat/assistant', MESSAGE);
  },
  storage_failed: async ({ client, stack }) => {
    stack.engine.bench.store.close();
    return client.post('/chat/assistant', MESSAGE);
  },
};

describe('an error of the table', () => {
  test('none is without a way to bring it about', () => {
    expect(Object.keys(PROVOCATIONS).sort()).toEqual(Object.keys(ERRORS).sort());
  });

  test.each(Object.keys(ERRORS) as ErrorCode[])('%s', async (code) => {
    const page = Promise.resolve(new Map());
    const served = await serveStack({ limits: { streams: 1 }, page, policies: [ASKS] });
    const { status, body, type } = await PROVOCATIONS[code](served);
    expect({ status, body, type }).toEqual({
      status: ERRORS[code].status,
      body: { error: expect.objectContaining({ code, message: expect.stringContaining(ERRORS[code].text) }) },
      type: 'application/json',
    });
    expect(served.logged).toEqual(code === 'internal' ? ['a request failed'] : []);
  });
});
