/**
 * Whether a model call counts. A call without its final line, with an error, or whose answer goes round in circles is invalid, with a
 * named reason; it is counted and shown and never averaged in. Pure.
 */
import type { BackendErrorCode } from '../../agent/backend/errors.ts';
import type { TurnEnd } from '../../agent/bus/messages.ts';
import type { InvalidReason } from '../results/recording.ts';

export type Invalid = {
  reason: InvalidReason;
  /** For people. */
  detail: string;
};

/** What the benchmark itself did to a call. */
export interface CallFate {
  /** Seconds after which it was given up. */
  timedOutAfter: number | undefined;
  /** What was repeated. */
  runaway: string | undefined;
  interrupted: boolean;
}

const REASONS: Record<BackendErrorCode | 'agent_failed', InvalidReason> = {
  backend_unreachable: 'connection',
  backend_loading: 'http_status',
  backend_truncated: 'no_done_line',
  backend_timeout: 'timeout',
  backend_failed: 'error_line',
  backend_garbage: 'error_line',
  backend_refused: 'http_status',
  context_overflow: 'http_status',
  tool_calls_unsupported: 'other',
  agent_failed: 'other',
};

/** Why a call is invalid; undefined: it is valid. */
export function invalidityOf(end: TurnEnd, fate: CallFate): Invalid | undefined {
  if (fate.runaway !== undefined) return { reason: 'runaway', detail: fate.runaway };
  if (fate.timedOutAfter !== undefined) {
    return { reason: 'timeout', detail: `no end after ${fate.timedOutAfter} s; ${end.textLength} characters had come` };
  }
  if (fate.interrupted) return { reason: 'cancelled', detail: 'the benchmark was interrupted' };
  if (end.outcome !== 'finished') return failureOf(end);
  if (!end.figures?.answerTokens && end.textLength > 0) {
    return { reason: 'no_final_figures', detail: `${end.textLength} characters came and no tokens were counted` };
  }
  return undefined;
}

function failureOf({ errorCode = 'agent_failed', errorMessage = 'the call was cancelled' }: TurnEnd): Invalid {
  // An error with a status came instead of a stream, one without in the middle of it.
  const refused = /^the server answered \d/.test(errorMessage);
  const reason = refused ? 'http_status' : (REASONS[errorCode as BackendErrorCode] ?? 'other');
  return { reason, detail: errorMessage };
}
