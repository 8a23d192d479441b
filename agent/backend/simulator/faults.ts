/** The ways in which a model server fails, to be asked for in tests. */

export const FAULT_KINDS = {
  /** The stream ends in mid-answer, in good order, without a finish reason. */
  truncate: 'the stream ends without a finish reason',
  /** Nothing more comes; the connection stays open and the slot busy. */
  hang: 'nothing more comes',
  /** Refused at once, as while loading. */
  '503': 'the server says that it is loading',
  /** An error event inside the stream, under HTTP 200. */
  'error-line': 'an error event inside the stream',
  /** An event that is not JSON. */
  garbage: 'an event that is not JSON',
} as const;

export type FaultKind = keyof typeof FAULT_KINDS;

export interface Fault {
  kind: FaultKind;
  /** Tokens that are sent in good order first; default 3. */
  afterTokens?: number | undefined;
  /** Requests that fail this way before it is over; default: all. */
  times?: number | undefined;
}

/** Tokens sent before a fault that does not say. */
export const DEFAULT_AFTER_TOKENS = 3;

export function isFaultKind(kind: string): kind is FaultKind {
  return Object.hasOwn(FAULT_KINDS, kind);
}
