/** Which request is answered by what. Paths under `/simulator` are ours, `/` and those under `/api/` Ollama's, others llama-server's. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ShapeError } from '../../bus/shape.ts';
import { readJson } from './chat-request.ts';
import type { Dialect, Handler } from './dialect.ts';
import { LLAMA_SERVER } from './llama-server-dialect.ts';
import { OLLAMA } from './ollama/dialect.ts';
import { Refusal, sendJson } from './replies.ts';
import { readSettings } from './settings.ts';
import type { Simulation } from './simulation.ts';

const OWN_ROUTES: Record<string, Handler> = {
  'GET /simulator/requests': (simulation, response) => sendJson(response, 200, simulation.log.entries),
  'POST /simulator/settings': (simulation, response, body) => {
    simulation.change(readOwn(body));
    sendJson(response, 200, simulation.settings);
  },
};

/** The dialect that a request is in, by its path. */
export function dialectOf(request: IncomingMessage): Dialect {
  const path = pathOf(request);
  return path === '/' || path.startsWith('/api/') ? OLLAMA : LLAMA_SERVER;
}

/**
 * Answers one request whose body has been read.
 * @throws Refusal
 */
export async function route(
  simulation: Simulation,
  request: IncomingMessage,
  response: ServerResponse,
  body: string,
): Promise<void> {
  const name = `${request.method} ${pathOf(request)}`;
  const own = isFromThisMachine(request) ? routeIn(OWN_ROUTES, name) : undefined;
  const dialect = dialectOf(request);
  const handler = own ?? routeIn(dialect.routes, name);
  if (own === undefined && simulation.loading && dialect.refuseWhileLoading) dialect.refuseWhileLoading(response);
  else if (handler === undefined) dialect.refusePath(response);
  else if (!dialect.withoutKey.has(name) && !hasKey(simulation, request)) dialect.refuseKey(response);
  else await handler(simulation, response, body);
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/\?.*/s, '');
}

function routeIn(routes: Dialect['routes'], name: string): Handler | undefined {
  return Object.hasOwn(routes, name) ? routes[name] : undefined;
}

function hasKey({ apiKey }: Simulation, { headers }: IncomingMessage): boolean {
  return apiKey === undefined || headers.authorization === `Bearer ${apiKey}`;
}

/** A page in a browser that reaches this address under a name of its own gets neither transcripts nor settings. */
function isFromThisMachine({ headers }: IncomingMessage): boolean {
  const host = headers.host?.replace(/:\d+$/, '') ?? '';
  return ['127.0.0.1', 'localhost', '[::1]'].includes(host) && headers.origin === undefined;
}

function readOwn(body: string): ReturnType<typeof readSettings> {
  try {
    return readSettings(readJson(body));
  } catch (error) {
    if (error instanceof ShapeError) throw new Refusal(400, 'invalid_request_error', error.message);
    throw error;
  }
}
