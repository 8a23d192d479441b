/** How an answer reaches its client: what every dialect writes in its own way. */
import type { FaultKind } from './faults.ts';

/** A token of the answer, on the channel it belongs to. */
export interface AnswerToken {
  channel: 'text' | 'reasoning';
  text: string;
}

/** How an answer ended and what it took. */
export interface AnswerSummary {
  finishReason: 'stop' | 'length';
  promptTokens: number;
  cachedTokens: number;
  completionTokens: number;
  /** Milliseconds to read the prompt. */
  promptMs: number;
  /** Milliseconds from the first token to the last. */
  predictedMs: number;
}

export interface AnswerWriter {
  /** A slot has taken the request. */
  begin(): void;
  /** False: the client does not keep up, wait for `drain`. */
  write(tokens: readonly AnswerToken[]): boolean;
  end(summary: AnswerSummary): void;
  /** Ends the answer in this wrong way. */
  breakOff(kind: FaultKind): void;
}

/** What the server says of a failure that was asked for. */
export const FAILURE = 'simulated failure';

/** The text of one channel. */
export function textOn(channel: AnswerToken['channel'], tokens: readonly AnswerToken[]): string {
  return tokens.map((token) => (token.channel === channel ? token.text : '')).join('');
}
