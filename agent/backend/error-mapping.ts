/**
 * From what a model server reports to the one table of errors: HTTP replies, error events inside a stream and broken
 * connections. Pure. An API key that a server repeats in its text is never passed on.
 */
import { isContextOverflow, overflowDetails } from './context-overflow.ts';
import { BackendError, type BackendErrorCode } from './errors.ts';
import { fieldsOf, parseJson, textOf } from './json.ts';
import { shorten } from './whole-characters.ts';

/** A reply that is not a stream of an answer. */
export interface FailedReply {
  status: number;
  contentType: string;
  body: string;
  /** Environment variable that should hold the API key. */
  apiKeyVariable: string | undefined;
  /** Value of that variable. */
  apiKey: string | undefined;
  /** What a person can do about this status and what the server said; undefined: nothing special. */
  advise?: Advise | undefined;
}

export type Advise = (status: number, said: string) => string | undefined;

const LONGEST_MESSAGE_CHARACTERS = 500;

/** The error that an HTTP reply stands for; a 2xx reply that is not a stream stands for one as well. */
export function errorOfReply(reply: FailedReply): BackendError {
  const { error } = fieldsOf(parseJson(reply.body));
  if (reply.status < 400) return error === undefined ? garbageReply(reply) : reportedError(error);
  const reported = unwrap(error);
  const said = hideKey(describe(reported, reply.body), reply.apiKey);
  const known = `${kindOf(reported)} ${said}`;
  const code = codeOfStatus(reply.status, known);
  const advice = reply.status === 401 ? keyHint(reply) : reply.advise?.(reply.status, said);
  const message = `the server answered ${reply.status}: ${said}${advice === undefined ? '' : `; ${advice}`}`;
  return new BackendError(code, message, detailsOf(code, reported, said));
}

/**
 * The error that `{"error": …}` inside a stream stands for. Its words may quote the answer: llama-server says "Invalid diff: '…' not found
 * at start of '…'" (common/chat.cpp) with all that the model has written.
 */
export function errorOfEvent(error: unknown): BackendError {
  return reportedError(
    error,
    'the server reported an error inside its answer; its words are in the log at level debug',
  );
}

function reportedError(error: unknown, told?: string): BackendError {
  const reported = unwrap(error);
  const said = describe(reported, '');
  const code = isContextOverflow(`${kindOf(reported)} ${said}`) ? 'context_overflow' : 'backend_failed';
  return new BackendError(code, `the server reported: ${said}`, detailsOf(code, reported, said), told);
}

/** The error of a connection that could not be made or that broke. */
export function errorOfSocket(error: NodeJS.ErrnoException, url: URL): BackendError {
  return new BackendError('backend_unreachable', `${url.origin}: ${error.code ?? error.message}`);
}

/** Ollama passes an error object of its inner server on as the text of its own error. */
function unwrap(error: unknown): unknown {
  return fieldsOf(parseJson(textOf(error))).error ?? error;
}

function codeOfStatus(status: number, said: string): BackendErrorCode {
  if (isContextOverflow(said)) return 'context_overflow';
  if (status === 503) return 'backend_loading';
  return status >= 500 ? 'backend_failed' : 'backend_refused';
}

function detailsOf(code: BackendErrorCode, reported: unknown, said: string): BackendError['details'] {
  return code === 'context_overflow' ? overflowDetails(reported, said) : {};
}

function keyHint({ apiKeyVariable, apiKey }: FailedReply): string {
  if (apiKeyVariable === undefined) return 'name the environment variable that holds its API key (apiKeyVariable)';
  if (!apiKey) return `the environment variable ${apiKeyVariable}, which should hold its API key, is not set`;
  return `it did not accept the API key in the environment variable ${apiKeyVariable}`;
}

/** Perhaps a whole answer of a server that does not stream. */
function garbageReply({ status, contentType, body }: FailedReply): BackendError {
  const start = shorten(body.trim().replace(/\s+/g, ' '), 80);
  const what = `expected a streamed answer, got ${status} ${contentType || 'without a type'}`;
  const isPage = contentType.startsWith('text/html') || body.trimStart().startsWith('<');
  const message = `${what}: ${start}`;
  return new BackendError('backend_garbage', message, {}, isPage ? message : what);
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
