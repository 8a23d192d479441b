/** Shortens a conversation that is longer than the context: whole earlier runs go, oldest first. Pure. */
import type { ModelMessage } from '../../agent/backend/backend.ts';
import type { Transcript } from '../transcript.ts';

const MOST_ANSWER_TOKENS = 1024;
/**
 * What is kept when something must go. Less than everything that fits, so that the beginning of the prompt stays the same for
 * some runs: a server reads again only what its cache does not begin with.
 */
const KEPT_SHARE = 0.75;

export interface Limits {
  /** Tokens there are for the prompt. */
  room: number;
  /** Earlier runs to keep at most. */
  keepAtMost: number;
  /** Tokens of a part of the prompt, about. */
  tokensOf(messages: readonly ModelMessage[]): number;
}

/** Tokens that a context leaves for the prompt: `maxTokens` are kept for the answer where that is not most of it, else a quarter, at most 1024. */
export function promptRoom(contextTokens: number, maxTokens: number | undefined): number {
  const isSensible = maxTokens !== undefined && maxTokens <= contextTokens / 2;
  return contextTokens - (isSensible ? maxTokens : Math.min(MOST_ANSWER_TOKENS, Math.floor(contextTokens / 4)));
}

/** The conversation without its oldest runs, as far as it must be; the system prompt and the current run always stay. */
export function shorten(transcript: Transcript, { room, keepAtMost, tokensOf }: Limits): Transcript {
  const { system, earlier, current } = transcript;
  const first = firstKept([...earlier, current].map(tokensOf), room - tokensOf(system));
  const kept = Math.min(earlier.length - first, keepAtMost);
  return { system, earlier: earlier.slice(earlier.length - kept), current };
}

/** Index of the first part that stays. Goes through the conversation as it came to be, so that what goes next time goes in steps. */
function firstKept(sizes: readonly number[], room: number): number {
  let first = 0;
  let sum = 0;
  for (const [index, size] of sizes.entries()) {
    sum += size;
    if (sum <= room) continue;
    while (first < index && sum > room * KEPT_SHARE) sum -= sizes[first++] ?? 0;
  }
  return first;
}
