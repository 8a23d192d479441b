/** A real HTTP server with a few fixed answers, as a model server of some kind would give them. Closed when the test ends. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface Reply {
  status?: number;
  /** `Server` header. */
  server?: string;
  body: unknown;
}

/** What is not among the routes is a 404; a route without a reply is never answered. */
export async function smallServer(routes: Record<string, Reply | undefined>) {
  const asked: { path: string; authorization: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    asked.push({ path, authorization: request.headers.authorization });
    if (path in routes && routes[path] === undefined) return;
    const { status = 200, server: name, body } = routes[path] ?? { status: 404, body: 'no such route' };
    response.writeHead(status, { 'content-type': 'application/json', ...(name !== undefined && { server: name }) });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

/** Ollama's lists: models that are there and models that are loaded. */
export function ollamaWith(models: object[], loaded: object[] = []) {
  return smallServer({ '/api/tags': { body: { models } }, '/api/ps': { body: { models: loaded } } });
}
