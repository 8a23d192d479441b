/** Which request is answered by what. Paths under `/simulator` are ours, all others llama-server's. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ShapeError } from '../../bus/shape.ts';
import { fieldsOf } from '../json.ts';
import { applyTemplate, completeChat } from './chat-completions.ts';
import { readJson } from './chat-request.ts';
import { describeModels, describeProps, describeSlots } from './descriptions.ts';
import { METRICS_CONTENT_TYPE, renderMetrics } from './metrics.ts';
import { Refusal, sendJson, sendLoading, sendRejection, sendText } from './replies.ts';
import { readSettings } from './settings.ts';
import type { Simulation } from './simulation.ts';
import { tokenId, tokenize } from './tokens.ts';

type Handler = (simulation: Simulation, response: ServerResponse, body: string) => void;

const ROUTES: Record<string, Handler> = {
  'GET /health': (_, response) => sendJson(response, 200, { status: 'ok' }),
  'GET /props': (simulation, response) => sendJson(response, 200, describeProps(simulation)),
  'GET /slots': (simulation, response) => sendJson(response, 200, describeSlots(simulation)),
  'GET /v1/models': (simulation, response) => sendJson(response, 200, describeModels(simulation)),
  'GET /metrics': (simulation, response) => sendText(response, 200, renderMetrics(simulation), METRICS_CONTENT_TYPE),
  'POST /tokenize': (_, response, body) => sendJson(response, 200, { tokens: tokensOf(body) }),
  'POST /apply-template': (simulation, response, body) => sendJson(response, 200, applyTemplate(simulation, body)),
  'POST /v1/chat/completions': (simulation, response, body) => completeChat(simulation, body, response),
};

const OWN_ROUTES: Record<string, Handler> = {
  'GET /simulator/requests': (simulation, response) => sendJson(response, 200, simulation.log.entries),
  'POST /simulator/settings': (simulation, response, body) => {
    simulation.change(readOwn(body));
    sendJson(response, 200, simulation.settings);
  },
};

/** Answered without a key, as by the real server. */
const PUBLIC = new Set(['GET /health', 'GET /v1/models']);

/**
 * Answers one request whose body has been read.
 * @throws Refusal
 */
export function route(simulation: Simulation, request: IncomingMessage, response: ServerResponse, body: string): void {
  const name = `${request.method} ${request.url?.replace(/\?.*/s, '')}`;
  const own = Object.hasOwn(OWN_ROUTES, name) && isFromThisMachine(request) ? OWN_ROUTES[name] : undefined;
  const handler = own ?? (Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined);
  if (own === undefined && simulation.loading) sendLoading(response);
  else if (handler === undefined) sendRejection(response, 404, 'not_found_error', 'File Not Found');
  else if (!PUBLIC.has(name) && !hasKey(simulation, request)) {
    sendRejection(response, 401, 'authentication_error', 'Invalid API Key');
  } else handler(simulation, response, body);
}

function hasKey({ apiKey }: Simulation, { headers }: IncomingMessage): boolean {
  return apiKey === undefined || headers.authorization === `Bearer ${apiKey}`;
}

/** A page in a browser that reaches this address under a name of its own gets neither transcripts nor settings. */
function isFromThisMachine({ headers }: IncomingMessage): boolean {
  const host = headers.host?.replace(/:\d+$/, '') ?? '';
  return ['127.0.0.1', 'localhost', '[::1]'].includes(host) && headers.origin === undefined;
}

function tokensOf(body: string): number[] {
  const { content = '' } = fieldsOf(readJson(body));
  if (typeof content !== 'string') {
    throw new Refusal(
      500,
      'server_error',
      `[json.exception.type_error.302] type must be string, but is ${typeof content}`,
    );
  }
  return tokenize(content).map(tokenId);
}

function readOwn(body: string): ReturnType<typeof readSettings> {
  try {
    return readSettings(readJson(body));
  } catch (error) {
    if (error instanceof ShapeError) throw new Refusal(400, 'invalid_request_error', error.message);
    throw error;
  }
}
