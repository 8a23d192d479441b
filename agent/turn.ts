/**
 * One turn: a model call as a stream of deltas with offsets. It knows no process and no bus; the same code runs wherever a turn
 * is run.
 */
import type { Backend, CallListener, FinishReason, ModelRequest, Usage } from './backend/backend.ts';
import { BackendError } from './backend/errors.ts';

export type Channel = 'text' | 'reasoning';

/** A piece of streamed text; `offset` is its place in its channel, in UTF-16 code units. */
export interface Delta {
  channel: Channel;
  offset: number;
  text: string;
}

/** How the model ended the turn. */
export interface TurnFinish {
  reason: FinishReason;
  usage: Usage | undefined;
}

/** A turn that is longer than this ends as if the model had reached its token limit; it bounds what an agent keeps. */
export const LONGEST_TURN_CHARACTERS = 1_000_000;

/**
 * Streams one model call.
 * @param dropSpace characters of white space at the beginning of the text that are left out at most; offsets do not count them
 * @throws BackendError, or the signal's reason when it is aborted
 */
export async function* runTurn(
  backend: Backend,
  request: ModelRequest,
  signal: AbortSignal,
  listener?: CallListener,
  dropSpace = 0,
): AsyncGenerator<Delta, TurnFinish, void> {
  const lengths = { text: 0, reasoning: 0 };
  const space = new LeadingSpace(dropSpace);
  for await (const part of backend.stream(request, signal, listener)) {
    if (part.type === 'finish') return { reason: part.reason, usage: part.usage };
    const channel = part.type === 'text-delta' ? 'text' : 'reasoning';
    const text = channel === 'text' ? space.drop(part.text) : part.text;
    if (text === '') continue;
    yield { channel, offset: lengths[channel], text };
    lengths[channel] += text.length;
    if (lengths.text + lengths.reasoning > LONGEST_TURN_CHARACTERS) return { reason: 'length', usage: undefined };
  }
  throw new BackendError('backend_truncated', 'the stream ended without a finish reason');
}

/** Leaves out white space at the beginning of a text that comes in pieces. */
class LeadingSpace {
  #left: number;

  constructor(most: number) {
    this.#left = most;
  }

  drop(piece: string): string {
    if (this.#left === 0) return piece;
    const dropped = Math.min(this.#left, piece.length - piece.trimStart().length);
    // It ends with the first character that is none.
    this.#left = dropped === piece.length ? this.#left - dropped : 0;
    return piece.slice(dropped);
  }
}
