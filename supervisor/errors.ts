/** Everything that a caller can be told went wrong: one table of code, HTTP status and text. */

export const ERRORS = {
  invalid_request: { status: 400, retryable: false, text: 'The request does not fit what this route takes.' },
  token_required: { status: 401, retryable: false, text: 'This address needs the token of the stack.' },
  host_not_allowed: { status: 403, retryable: false, text: 'This Host is not allowed; see --allow-host.' },
  origin_not_allowed: { status: 403, retryable: false, text: 'Requests from pages of other sites are refused.' },
  unknown_route: { status: 404, retryable: false, text: 'There is no such route.' },
  unknown_agent: { status: 404, retryable: false, text: 'There is no such agent.' },
  unknown_run: { status: 404, retryable: false, text: 'There is no such run.' },
  unknown_chat: { status: 404, retryable: false, text: 'This agent has no such chat.' },
  unknown_swarm: { status: 404, retryable: false, text: 'There is no such swarm.' },
  unknown_backend: { status: 404, retryable: false, text: 'There is no such backend.' },
  unknown_benchmark: { status: 404, retryable: false, text: 'There is no such benchmark.' },
  unknown_approval: { status: 404, retryable: false, text: 'Nothing with this id waits, or waited, for a person.' },
  key_conflict: { status: 409, retryable: false, text: 'This key was used with other content.' },
  not_running: { status: 409, retryable: false, text: 'Nothing is running in this chat.' },
  approval_decided: { status: 409, retryable: false, text: 'This has been decided already.' },
  unknown_policy: { status: 404, retryable: false, text: 'There is no such policy in force.' },
  not_quarantined: { status: 409, retryable: false, text: 'This policy is not in quarantine.' },
  policy_not_loaded: { status: 409, retryable: false, text: 'The policy does not load and stays in quarantine.' },
  unsupported_option: { status: 400, retryable: false, text: 'This is not supported.' },
  content_filter: { status: 400, retryable: false, text: 'A policy or a person refused.' },
  context_length_exceeded: { status: 400, retryable: false, text: 'The conversation is too long for the model.' },
  run_failed: { status: 500, retryable: true, text: 'The run failed.' },
  backend_failed: { status: 502, retryable: true, text: 'The model server failed.' },
  too_large: { status: 413, retryable: false, text: 'The request body is too large.' },
  not_json: { status: 415, retryable: false, text: 'Send JSON with content-type application/json.' },
  inbox_full: { status: 429, retryable: true, text: 'The inbox of this agent is full; try again later.' },
  too_many_swarms: { status: 429, retryable: true, text: 'Too many swarms are running; try again later.' },
  too_many_benchmarks: { status: 429, retryable: true, text: 'Too many benchmarks wait; try again later.' },
  too_many_streams: { status: 429, retryable: true, text: 'Too many open event streams.' },
  internal: { status: 500, retryable: true, text: 'Something failed inside; the log has the details.' },
  stopping: { status: 503, retryable: true, text: 'The stack is stopping.' },
  storage_failed: { status: 507, retryable: true, text: 'The data folder cannot be written; nothing was accepted.' },
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** An error that a caller is told, with a code from the table. */
export class InterjectError extends Error {
  override readonly name = 'InterjectError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail?: string) {
    super(detail === undefined ? ERRORS[code].text : `${ERRORS[code].text} ${detail}`);
    this.code = code;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
