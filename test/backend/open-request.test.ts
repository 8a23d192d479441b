/** Connecting has a time limit, answering has none. */
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { openRequest } from '../../agent/backend/open-request.ts';
import { type RawServer, startRawServer } from './raw-server.ts';

let server: RawServer | undefined;
afterEach(() => server?.close());

test('a TLS handshake that is never answered ends with the time limit', async () => {
  server = await startRawServer(() => {});
  const url = new URL(server.url.replace('http:', 'https:'));
  const [error] = await once(openRequest({ url, headers: {}, connectTimeoutMs: 50 }), 'error');
  expect(error).toMatchObject({ message: 'no connection within 50 ms' });
});

test('an answer that takes longer than connecting may is waited for', async () => {
  server = await startRawServer((socket) => {
    setTimeout(() => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 200);
  });
  const [response] = await once(
    openRequest({ url: new URL(server.url), headers: {}, connectTimeoutMs: 50 }),
    'response',
  );
  response.resume();
  expect(response.statusCode).toBe(200);
});
