/** A real HTTP server before a simulator: it passes everything on and notes what was asked. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

interface Asked {
  path: string;
  /** Parsed. */
  body: Record<string, unknown>;
}

export interface RecordingServer {
  url: string;
  /** In the order of arrival, POST requests only. */
  asked: Asked[];
}

/** `hides`: beginning of paths that are answered with 404, as by a server that does not have them. Closed when the test ends. */
export async function recordingServer(target: string, hides?: string): Promise<RecordingServer> {
  const asked: Asked[] = [];
  const server = createServer(async (incoming, response) => {
    const body = await text(incoming);
    const path = incoming.url ?? '';
    if (incoming.method === 'POST') asked.push({ path, body: JSON.parse(body) });
    if (hides !== undefined && path.startsWith(hides)) response.writeHead(404).end('{}');
    else passOn(target, incoming, body, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

function passOn(target: string, { url = '', method }: IncomingMessage, body: string, response: ServerResponse): void {
  const onwards = request(`${target}${url}`, { method, headers: { 'content-type': 'application/json' } }, (reply) => {
    response.writeHead(reply.statusCode ?? 502, { 'content-type': reply.headers['content-type'] ?? '' });
    reply.pipe(response);
  });
  onwards.on('error', () => response.destroy());
  response.once('close', () => onwards.destroy());
  onwards.end(body);
}
