/**
 * Errors in OpenAI's shape: `{error: {message, type, param, code}}`, for routes under `/v1`. Clients make exception classes of the
 * HTTP status and read `code`.
 */
import { type ErrorCode, InterjectError } from '../../supervisor/errors.ts';
import type { RunView } from '../../supervisor/service.ts';

export interface OpenAiError {
  message: string;
  type: string;
  param: string | null;
  code: string;
}

/** The prefix of all routes that speak OpenAI's language. */
export const OPENAI_PREFIX = '/v1/';

/** The body of an error reply. */
export function openAiBody(error: InterjectError): { error: OpenAiError } {
  const code = error.code === 'unknown_agent' ? 'model_not_found' : error.code;
  return { error: { message: error.message, type: typeOf(error.status), param: paramOf(error), code } };
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 429) return 'rate_limit_error';
  return status < 500 ? 'invalid_request_error' : 'server_error';
}

/** The field that a refusal names first, as ours are written: `name: what is wrong`. */
function paramOf(error: InterjectError): string | null {
  if (error.code === 'unknown_agent') return 'model';
  return /(?:body\.)?([A-Za-z_]\w*(?:\.\w+)*): /.exec(error.message)?.[1] ?? null;
}

/** Words of a model server that refuses a request for what the answer is to be. */
const ABOUT_FORMAT = /schema|grammar|format|sampler/i;

/** What a run that brought no answer is for its caller. `hasFormat`: who asked for a `response_format`. */
export function failureOf(
  { status, reason = status }: Pick<RunView, 'status' | 'reason'>,
  hasFormat: boolean,
): InterjectError {
  if (hasFormat && reason.startsWith('backend_refused') && ABOUT_FORMAT.test(reason)) {
    return new InterjectError('unsupported_option', `response_format: ${reason}`);
  }
  if (status === 'blocked' || status === 'expired') return new InterjectError('content_filter', reason);
  return new InterjectError(codeOf(reason), reason);
}

/** Reasons begin with a code of their own. */
function codeOf(reason: string): ErrorCode {
  if (reason.startsWith('context_overflow')) return 'context_length_exceeded';
  return reason.startsWith('backend_') ? 'backend_failed' : 'run_failed';
}
