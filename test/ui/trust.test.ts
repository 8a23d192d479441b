/** Who gets in: Host, Origin, token, cookie, and the user at the other end of a loopback connection. */
import { execFile } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { promisify } from 'node:util';
import fastify from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Credentials } from '../../ui/credentials.ts';
import { registerErrors } from '../../ui/errors.ts';
import { registerTrust } from '../../ui/trust.ts';
import { RawClient } from './raw-client.ts';

const TOKEN = 'a-long-secret';
const credentials = new Credentials(TOKEN);
const cookie = credentials.setCookie().split(';')[0];
const root = process.geteuid?.() === 0;
const linux = process.platform === 'linux';
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

const servers: { close(): Promise<unknown> }[] = [];
afterAll(() => Promise.all(servers.map((server) => server.close())));

/** A server with one route of each kind. Returns its port. */
async function serve(host: string, allowedHosts: string[] = []): Promise<number> {
  const app = fastify({ exposeHeadRoutes: false }).withTypeProvider<ZodTypeProvider>();
  registerErrors(app, { error: console.error });
  registerTrust(app, { host, allowedHosts }, credentials);
  app.get('/data', () => 'data');
  app.post('/write', () => 'written');
  app.get('/open', { config: { access: 'open' } }, () => 'open');
  app.get('/page', { config: { access: 'document' } }, () => 'page');
  await app.listen({ host, port: 0 });
  servers.push(app);
  return (app.server.address() as AddressInfo).port;
}

/** Status, and the error's code if there is one. */
async function ask(port: number, line: string, headers: string[], address = '127.0.0.1'): Promise<string> {
  const hosts = headers.some((header) => /^host:/i.test(header));
  const lines = [`${line} HTTP/1.1`, 'Connection: close', ...headers];
  const client = RawClient.send(port, lines, address, !hosts);
  await client.closed();
  const status = client.text.slice(9, 12);
  const code = /"code":"(\w+)"/.exec(client.text)?.[1];
  return code === undefined ? status : `${status} ${code}`;
}

/** A request as it comes through a tunnel that this user runs: its user is ours, the client is not. */
const THROUGH = 'X-Forwarded-For: 192.0.2.1';
const FORBIDDEN_ORIGIN = '403 origin_not_allowed';
const FORBIDDEN_HOST = '403 host_not_allowed';
const TOKEN_REQUIRED = '401 token_required';

describe('on loopback', () => {
  let port: number;
  beforeAll(async () => {
    port = await serve('127.0.0.1', ['box.example', 'Other.example:8443', '']);
  });

  const hosts: [host: string, expected: string][] = [
    ['localhost', '200'],
    ['LOCALHOST:1', '200'],
    ['localhost.', '200'],
    ['127.0.0.1', '200'],
    ['[::1]:80', '200'],
    ['box.example', '200'],
    ['box.example:443', '200'],
    ['other.example', '200'],
    ['sub.box.example', FORBIDDEN_HOST],
    ['localhost.evil.example', FORBIDDEN_HOST],
    ['127.0.0.1.evil.example', FORBIDDEN_HOST],
    ['127.0.0.2', FORBIDDEN_HOST],
    ['evil.example:80', FORBIDDEN_HOST],
    ['', FORBIDDEN_HOST],
  ];
  test.each(hosts)('Host %j: %s', async (host, expected) => {
    expect(await ask(port, 'GET /data', [`Host: ${host}`, `Authorization: Bearer ${TOKEN}`])).toBe(expected);
    const open = expected === '200' ? '200' : FORBIDDEN_HOST;
    expect(await ask(port, 'GET /open', [`Host: ${host}`])).toBe(open);
  });

  test('no Host at all', async () => {
    const client = RawClient.send(port, ['GET /open HTTP/1.0'], '127.0.0.1', false);
    await client.closed();
    expect(client.text).toContain('host_not_allowed');
  });

  const tokens: [headers: string[], expected: string][] = [
    [[], TOKEN_REQUIRED],
    [[`Authorization: Bearer ${TOKEN}`], '200'],
    [[`authorization: bearer  ${TOKEN}`], '200'],
    [[`Authorization: Bearer ${TOKEN}x`], TOKEN_REQUIRED],
    [[`Authorization: Bearer ${TOKEN.slice(1)}`], TOKEN_REQUIRED],
    [[`Authorization: Basic ${TOKEN}`], TOKEN_REQUIRED],
    [['Authorization: Bearer'], TOKEN_REQUIRED],
    [[`Cookie: ${cookie}`], '200'],
    [[`Cookie: a=b; ${cookie}; c=d`], '200'],
    [[`Cookie: ${cookie}x`], TOKEN_REQUIRED],
    [[`Cookie: ${cookie?.split('=')[0]}=${TOKEN}`], TOKEN_REQUIRED],
    [[`Cookie: x${cookie}`], TOKEN_REQUIRED],
  ];
  test.each(tokens)('through a tunnel with %j: %s', async (headers, expected) => {
    expect(await ask(port, 'GET /data', [THROUGH, ...headers])).toBe(expected);
    expect(await ask(port, 'POST /write', [THROUGH, ...headers])).toBe(expected);
    expect(await ask(port, 'GET /nowhere', [THROUGH, ...headers])).toBe(
      expected === '200' ? '404 unknown_route' : expected,
    );
    expect(await ask(port, 'GET /page', [THROUGH, ...headers])).toBe('200');
  });

  test.each(['Forwarded: for=192.0.2.1', 'Via: 1.1 proxy', 'X-Real-IP: 192.0.2.1', 'CF-Connecting-IP: 192.0.2.1'])(
    'a proxy of the same user is not the same user: %s',
    async (header) => {
      expect(await ask(port, 'GET /data', [header])).toBe(TOKEN_REQUIRED);
    },
  );

  test('neither is who asks for the name of a tunnel', async () => {
    expect(await ask(port, 'GET /data', ['Host: box.example'])).toBe(TOKEN_REQUIRED);
  });

  const NAVIGATE = ['Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: document'];
  const browsers: [headers: string[], read: string, page: string][] = [
    [['Sec-Fetch-Site: same-origin'], '200', '200'],
    [['Sec-Fetch-Site: none'], '200', '200'],
    [['Sec-Fetch-Site: same-site'], FORBIDDEN_ORIGIN, FORBIDDEN_ORIGIN],
    [['Sec-Fetch-Site: cross-site'], FORBIDDEN_ORIGIN, FORBIDDEN_ORIGIN],
    [['Sec-Fetch-Site: cross-site', ...NAVIGATE], FORBIDDEN_ORIGIN, '200'],
    [
      ['Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'],
      FORBIDDEN_ORIGIN,
      FORBIDDEN_ORIGIN,
    ],
    [['Origin: null'], FORBIDDEN_ORIGIN, FORBIDDEN_ORIGIN],
    [['Origin: https://evil.example'], FORBIDDEN_ORIGIN, FORBIDDEN_ORIGIN],
    [['Origin: http://127.0.0.1:1'], FORBIDDEN_ORIGIN, FORBIDDEN_ORIGIN],
    [['Host: box.example', 'Origin: https://box.example'], '200', '200'],
    [['Host: box.example:8443', 'Origin: https://box.example'], FORBIDDEN_ORIGIN, FORBIDDEN_ORIGIN],
  ];
  test.each(browsers)('a browser with %j: %s', async (headers, read, page) => {
    const withToken = [...headers, `Authorization: Bearer ${TOKEN}`];
    expect(await ask(port, 'GET /data', withToken)).toBe(read);
    expect(await ask(port, 'POST /write', withToken)).toBe(read);
    expect(await ask(port, 'GET /page', headers)).toBe(page);
  });

  test('our own page writes', async () => {
    const own = [`Host: 127.0.0.1:${port}`, `Origin: http://127.0.0.1:${port}`, 'Sec-Fetch-Site: same-origin'];
    expect(await ask(port, 'POST /write', [...own, `Cookie: ${cookie}`])).toBe('200');
  });
});

describe('the user at the other end', () => {
  const same = linux ? '200' : TOKEN_REQUIRED;

  test('a process of the same user needs no token on Linux', async () => {
    const port = await serve('127.0.0.1');
    expect(await ask(port, 'GET /data', [])).toBe(same);
    expect(await ask(port, 'POST /write', [])).toBe(same);
  });

  test('many at once, and again on one connection', async () => {
    const port = await serve('127.0.0.1');
    const replies = await Promise.all(Array.from({ length: 30 }, () => ask(port, 'GET /data', [])));
    expect(new Set(replies)).toEqual(new Set([same]));
    const client = RawClient.send(port, ['GET /data HTTP/1.1']);
    await client.received('\r\n\r\n');
    const first = client.text.length;
    client.socket.write(`GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    await client.closed();
    expect(client.text.slice(first)).toContain(linux ? 'unknown_route' : 'token_required');
  });

  test.runIf(hasIpv6)('over IPv6, and over IPv4 to an IPv6 address', async () => {
    expect(await ask(await serve('::1'), 'GET /data', [], '::1')).toBe(same);
    const everywhere = await serve('::');
    expect(await ask(everywhere, 'GET /data', [])).toBe(same);
    expect(await ask(everywhere, 'GET /data', [], '::1')).toBe(same);
  });

  test.runIf(linux && root)('a process of another user needs the token (runs as root only)', async () => {
    const port = await serve('127.0.0.1');
    const script = `fetch('http://127.0.0.1:${port}/data', {headers: JSON.parse(process.argv[1])}).then((reply) => console.log(reply.status))`;
    const asOther = async (headers: object): Promise<string> => {
      const user = ['--reuid=12345', '--regid=12345', '--clear-groups'];
      const command = [...user, process.execPath, '-e', script, JSON.stringify(headers)];
      return (await promisify(execFile)('setpriv', command, { cwd: '/' })).stdout.trim();
    };
    expect(await asOther({})).toBe('401');
    expect(await asOther({ authorization: `Bearer ${TOKEN}` })).toBe('200');
  });

  const outside = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  test.runIf(outside !== undefined)('an address beyond loopback needs the token and is a Host by itself', async () => {
    const port = await serve('0.0.0.0');
    expect(await ask(port, 'GET /data', [], outside)).toBe(TOKEN_REQUIRED);
    expect(await ask(port, 'GET /data', [`Authorization: Bearer ${TOKEN}`], outside)).toBe('200');
    expect(await ask(port, 'GET /data', ['Host: localhost'], outside)).toBe(TOKEN_REQUIRED);
    expect(await ask(port, 'GET /open', ['Host: rebound.example'], outside)).toBe(FORBIDDEN_HOST);
  });
});
