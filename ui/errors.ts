/**
 * Every error a client sees: `{error: {code, message}}` with a code and a status from the table in supervisor/errors.ts. What is not in the
 * table is `internal`: logged with its stack, never shown.
 */
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify';
import { type ErrorCode, InterjectError } from '../supervisor/errors.ts';
import { concernsOf } from './concerns.ts';
import type { App } from './door.ts';
import type { GatewayLog } from './log.ts';
import { OPENAI_PREFIX, openAiBody } from './openai/errors.ts';

/** fastify's own refusals → code of our table and what is said beyond its text. */
const REFUSALS: Record<string, [code: ErrorCode, detail?: string]> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['not_json'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['too_large'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['invalid_request', 'The body is empty.'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['invalid_request', 'The body is not valid JSON.'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['invalid_request', 'The body is not as long as content-length says.'],
  FST_ERR_BAD_URL: ['invalid_request', 'The path is not a valid URL path.'],
};

const PLACES: Record<string, string> = { body: 'body', params: 'path', querystring: 'query', headers: 'headers' };

/** The body of an error reply. */
function errorBody(error: InterjectError): { error: { code: ErrorCode; message: string } } {
  return { error: { code: error.code, message: error.message } };
}

/** Makes every failure of a route, of fastify and of the HTTP parser one of the table. */
export function registerErrors(app: App, log: GatewayLog): void {
  app.setErrorHandler((error: FastifyError | InterjectError, request, reply) => {
    const known = translate(error);
    if (known.code === 'internal') {
      const { method, routeOptions } = request;
      log.error({ ...concernsOf(request), err: error, method, route: routeOptions.url }, 'a request failed');
    }
    return sendError(reply, known);
  });
  app.setNotFoundHandler(() => {
    throw new InterjectError('unknown_route');
  });
}

/** For errors that fastify meets before there is a route. */
export function frameworkError(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  sendError(reply, translate(error));
}

/** For requests that are not HTTP at all. */
export function clientError(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(errorBody(new InterjectError('invalid_request', 'It is not valid HTTP.')));
  const length = Buffer.byteLength(body);
  const head = `HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${length}`;
  socket.end(`${head}\r\n\r\n${body}`);
}

function sendError(reply: FastifyReply, error: InterjectError): FastifyReply {
  if (error.code === 'token_required') reply.header('www-authenticate', 'Bearer');
  if (error.code === 'stopping') reply.header('connection', 'close');
  const isOpenAi = reply.request.url.startsWith(OPENAI_PREFIX);
  return reply.code(error.status).send(isOpenAi ? openAiBody(error) : errorBody(error));
}

function translate(error: FastifyError | InterjectError): InterjectError {
  if (error instanceof InterjectError) return error;
  if (error.validation?.[0] !== undefined) {
    return new InterjectError('invalid_request', describe(error.validation[0], error.validationContext));
  }
  const refusal = REFUSALS[error.code];
  if (refusal !== undefined) return new InterjectError(...refusal);
  const refused = error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500;
  return new InterjectError(refused ? 'invalid_request' : 'internal');
}

/** Names the field: `body.content: …`. */
function describe(issue: FastifySchemaValidationError, context: string | undefined): string {
  const place = PLACES[context ?? ''] ?? 'request';
  const keys = issue.params.keys;
  const isUnknown = issue.keyword === 'unrecognized_keys' && Array.isArray(keys);
  const path = [place, ...issue.instancePath.split('/').filter((part) => part !== '')].join('.');
  // A schema may have more to say about fields that it does not take.
  if (isUnknown && issue.message?.startsWith('Unrecognized')) return `${path}: unknown field ${keys.join(', ')}.`;
  return `${path}: ${issue.message ?? 'invalid'}.`;
}
