/** How model calls fail: one class, one table of codes. */

/** Code → whether the same call can succeed later without a change. */
export const BACKEND_ERRORS = {
  backend_unreachable: { retryable: true, meaning: 'no connection, or it broke before the answer ended' },
  backend_loading: { retryable: true, meaning: 'the server is loading its model, or has no room for the request' },
  backend_truncated: { retryable: true, meaning: 'the stream ended without a finish reason' },
  backend_timeout: { retryable: false, meaning: 'nothing came from the server for as long as `silenceSeconds` allows' },
  backend_failed: { retryable: true, meaning: 'the server reported an internal error' },
  backend_garbage: { retryable: false, meaning: 'the reply was not in the expected format' },
  backend_refused: { retryable: false, meaning: 'the server refused the request (4xx)' },
  context_overflow: { retryable: false, meaning: 'the conversation is longer than the context' },
  tool_calls_unsupported: { retryable: false, meaning: 'the model called a tool; tools are not supported yet' },
} as const;

export type BackendErrorCode = keyof typeof BACKEND_ERRORS;

/** What a server says of a prompt that is too long. */
export interface BackendErrorDetails {
  promptTokens?: number;
  contextTokens?: number;
}

/** A model call that failed. `message` may quote what the model wrote, which nobody has judged: it is for logs and policies. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
  readonly code: BackendErrorCode;
  readonly details: BackendErrorDetails;
  /** What readers may be told of it: it quotes nothing of an answer. */
  readonly told: string;

  /** `told`: absent where the message quotes nothing of an answer. */
  constructor(code: BackendErrorCode, message: string, details: BackendErrorDetails = {}, told = message) {
    super(message);
    this.code = code;
    this.details = details;
    this.told = told;
  }

  get retryable(): boolean {
    return BACKEND_ERRORS[this.code].retryable;
  }
}
