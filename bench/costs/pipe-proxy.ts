/**
 * The yardstick: a bare Node proxy that pipes a request to the model server and its reply back, and does nothing else. Of several
 * servers, separated by commas, each gets a model call in turn; questions about the server go to the first.
 */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

const targets = (process.argv[2] ?? '').split(',').map((target) => new URL(target));
let calls = 0;
const server = createServer((incoming, outgoing) => {
  const target = targets[incoming.url === '/v1/chat/completions' ? calls++ % targets.length : 0] as URL;
  const { host: _host, connection: _connection, ...headers } = incoming.headers;
  const options = {
    host: target.hostname,
    port: target.port,
    path: incoming.url,
    method: incoming.method,
    headers,
    agent: false,
  };
  const upstream = request(options, (reply) => {
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
    reply.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  outgoing.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
});
server.listen(0, '127.0.0.1', () =>
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
);
process.on('disconnect', () => process.exit());
