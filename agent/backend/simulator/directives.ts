/**
 * What a user message can tell the simulator to do, so that a test decides what the model says. Pure.
 *
 *     fault: KIND [AFTER_TOKENS]     optional first line: this request fails (see faults.ts)
 *     think: REASONING               optional next line: streamed as reasoning first
 *     say: TEXT                      the answer, to the end of the message
 *     say-coded: HEX                 the answer as UTF-8 in hexadecimal, so that the message does not contain what is said
 */
import type { Fault } from './faults.ts';
import { isFaultKind } from './faults.ts';

export interface Directives {
  fault: Fault | undefined;
  /** Empty when there is none. */
  reasoning: string;
  /** The exact answer; undefined: the simulator finds one itself. */
  say: string | undefined;
  /** The message without its directives. */
  rest: string;
}

const FAULT_LINE = /^\s*fault: *(\S+)(?: +(\d+))? *(?:\n|$)/;
const THINK_LINE = /^\s*think: ?(.*)(?:\n|$)/;
const SAY = /^\s*say: ?/;
const SAY_CODED = /^\s*say-coded: *((?:[0-9a-f]{2})*)\s*$/i;

/** Takes a message apart. */
export function readDirectives(message: string): Directives {
  const [faultLine = '', kind = '', afterTokens] = FAULT_LINE.exec(message) ?? [];
  const fault = isFaultKind(kind) ? { kind, ...(afterTokens && { afterTokens: Number(afterTokens) }) } : undefined;
  const afterFault = fault === undefined ? message : message.slice(faultLine.length);
  const [thinkLine = '', reasoning = ''] = THINK_LINE.exec(afterFault) ?? [];
  const rest = afterFault.slice(thinkLine.length);
  return { fault, reasoning, say: saidIn(rest), rest };
}

/** Whether a message begins with a directive. */
export function hasDirectives(message: string): boolean {
  const { fault, reasoning, say } = readDirectives(message);
  return fault !== undefined || reasoning !== '' || say !== undefined;
}

function saidIn(rest: string): string | undefined {
  const coded = SAY_CODED.exec(rest)?.[1];
  if (coded !== undefined) return Buffer.from(coded, 'hex').toString('utf8');
  const opening = SAY.exec(rest)?.[0];
  return opening === undefined ? undefined : rest.slice(opening.length);
}
