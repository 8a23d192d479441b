/** Every code of the table as a client sees it, and what is not in the table. */
import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ERRORS, type ErrorCode, InterjectError } from '../../supervisor/errors.ts';
import { clientError, registerErrors } from '../../ui/errors.ts';
import { RawClient } from './raw-client.ts';

const logged: [fields: object, message: string][] = [];
const app = fastify({ clientErrorHandler: clientError }).withTypeProvider<ZodTypeProvider>();
const port = (): number => (app.server.address() as AddressInfo).port;

beforeAll(async () => {
  const log = { error: (fields: object, message: string) => logged.push([fields, message]) };
  registerErrors(app, log);
  app.get('/throws/:code', (call) => {
    throw new InterjectError((call.params as { code: ErrorCode }).code);
  });
  for (const url of ['/fails', '/chat/:agent', '/runs/:id', '/agents/:id/restart', '/v1/chat/completions']) {
    app.all(url, () => {
      throw new TypeError('the password is hunter2');
    });
  }
  await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => app.close());

test.each(Object.keys(ERRORS) as ErrorCode[])('%s has its status and its text', async (code) => {
  const reply = await request(app.server).get(`/throws/${code}`);
  expect(reply.status).toBe(ERRORS[code].status);
  expect(reply.body).toEqual({ error: { code, message: ERRORS[code].text } });
});

test('who has no token is told which kind is needed', async () => {
  const reply = await request(app.server).get('/throws/token_required');
  expect(reply.headers['www-authenticate']).toBe('Bearer');
});

test('what fails inside is logged with its stack and not shown', async () => {
  logged.length = 0;
  const reply = await request(app.server).get('/fails?token=x');
  expect([reply.status, reply.body.error]).toEqual([500, { code: 'internal', message: ERRORS.internal.text }]);
  expect(reply.text).not.toContain('hunter2');
  expect(logged).toMatchObject([
    [{ err: { stack: expect.stringContaining('TypeError') }, method: 'GET', route: '/fails' }, 'a request failed'],
  ]);
});

test.each<[string, object, object]>([
  ['/chat/one?chat=mine', {}, { agent: 'one', chat: 'mine' }],
  ['/chat/one', { chat: 'mine', content: 'a secret' }, { agent: 'one', chat: 'mine' }],
  ['/runs/r1', {}, { run: 'r1' }],
  ['/agents/one/restart', {}, { agent: 'one' }],
  ['/v1/chat/completions', { model: 'one', messages: ['a secret'] }, { agent: 'one' }],
  ['/fails?agent=a&agent=b', { chat: { a: 'secret' } }, {}],
])('the line about a failing %s names what it is about, and nothing else of it', async (url, body, concerns) => {
  logged.length = 0;
  await request(app.server).post(url).send(body);
  const [{ err, method, route, ...rest }] = logged[0] as [Record<string, unknown>, string];
  expect(rest).toEqual(concerns);
});

test('what is not HTTP', async () => {
  const client = RawClient.send(port(), ['NONSENSE']);
  await client.closed();
  expect(client.text).toMatch(/^HTTP\/1.1 400 /);
  expect(client.text).toContain('{"error":{"code":"invalid_request"');
});
