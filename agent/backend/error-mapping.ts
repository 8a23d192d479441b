/**
 * From what a model server reports to the one table of errors: HTTP replies, error events inside a stream and broken
 * connections. Pure. An API key that a server repeats in its text is never passed on.
 */
import { BackendError, type BackendErrorCode } from './errors.ts';
import { fieldsOf, parseJson, textOf } from './json.ts';
import { shorten } from './whole-characters.ts';

/** A reply that is not a stream of events. */
export interface FailedReply {
  status: number;
  contentType: string;
  body: string;
  /** Environment variable that should hold the API key. */
  apiKeyVariable: string | undefined;
  /** Value of that variable. */
  apiKey: string | undefined;
}

const LONGEST_MESSAGE_CHARACTERS = 500;

const CONTEXT_OVERFLOW =
  /exceed_context_size|context_length_exceeded|context (size|length|window)\b.*\bexceed|exceeds?\b.*\bcontext (size|length|window)|maximum context length/is;

/** The error that an HTTP reply stands for; a 2xx reply that is not a stream stands for one as well. */
export function errorOfReply(reply: FailedReply): BackendError {
  const reported = fieldsOf(parseJson(reply.body)).error;
  if (reply.status < 400) return reported === undefined ? garbageReply(reply) : errorOfEvent(reported);
  const said = hideKey(describe(reported, reply.body), reply.apiKey);
  const code = codeOfStatus(reply.status, `${kindOf(reported)} ${said}`);
  const hint = reply.status === 401 ? `; ${keyHint(reply)}` : '';
  return new BackendError(code, `the server answered ${reply.status}: ${said}${hint}`);
}

/** The error that `{"error": …}` inside a stream stands for. */
export function errorOfEvent(reported: unknown): BackendError {
  const said = describe(reported, '');
  const code = CONTEXT_OVERFLOW.test(`${kindOf(reported)} ${said}`) ? 'context_overflow' : 'backend_failed';
  return new BackendError(code, `the server reported: ${said}`);
}

/** The error of a connection that could not be made or that broke. */
export function errorOfSocket(error: NodeJS.ErrnoException, url: URL): BackendError {
  return new BackendError('backend_unreachable', `${url.origin}: ${error.code ?? error.message}`);
}

function codeOfStatus(status: number, said: string): BackendErrorCode {
  if (CONTEXT_OVERFLOW.test(said)) return 'context_overflow';
  if (status === 503) return 'backend_loading';
  return status >= 500 ? 'backend_failed' : 'backend_refused';
}

function keyHint({ apiKeyVariable, apiKey }: FailedReply): string {
  if (apiKeyVariable === undefined) return 'name the environment variable that holds its API key (apiKeyVariable)';
  if (!apiKey) return `the environment variable ${apiKeyVariable}, which should hold its API key, is not set`;
  return `it did not accept the API key in the environment variable ${apiKeyVariable}`;
}

function garbageReply({ status, contentType, body }: FailedReply): BackendError {
  const start = shorten(body.trim().replace(/\s+/g, ' '), 80);
  return new BackendError(
    'backend_garbage',
    `expected a stream of events, got ${status} ${contentType || 'without a type'}: ${start}`,
  );
}

/** Type and code of an error object: what errors are told apart by. */
function kindOf(reported: unknown): string {
  const { type, code } = fieldsOf(reported);
  return `${textOf(type)} ${textOf(code)}`;
}

function describe(reported: unknown, body: string): string {
  const said = textOf(reported) || textOf(fieldsOf(reported).message) || body.trim() || 'no reason given';
  return shorten(said, LONGEST_MESSAGE_CHARACTERS);
}

function hideKey(said: string, apiKey: string | undefined): string {
  return apiKey ? said.replaceAll(apiKey, '[API key]') : said;
}
