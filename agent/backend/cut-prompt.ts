/**
 * Whether a server cut a prompt without saying so, from what it counted. Pure. The rule, which would rather miss a cut than
 * invent one:
 *
 * 1. As many tokens as the context holds were read: a prompt that fits leaves room for an answer, so this one was cut to fit.
 * 2. Fewer tokens were read than the characters sent can have been, *and* they can hardly have fitted. Both are needed, because
 *    some servers do not count what they had in their cache: whatever such a server left out was read, and did fit.
 *
 * 3. Prompt and answer together are more than the context holds: its oldest part was dropped while the answer was written.
 *
 * Unseen stays: a cut that takes less than about a quarter of the conversation and does not fill the context.
 */

/** More characters a token have only made-up texts; words with their spaces have four to five. */
const MOST_CHARACTERS_PER_TOKEN = 6;
/** What is longer than this by the token did not fit. */
const USUAL_CHARACTERS_PER_TOKEN = 4.5;
/** What servers before 0.7 and since then load a model with, where nobody says otherwise and they do not tell. */
const DEFAULT_CONTEXTS = [2048, 4096];
/** Tokens by which servers that drop nothing count more than the context holds. */
const MISCOUNT = 2;
const LONG_RUN = /(.|\s)\1{3,}/g;

export interface PromptCount {
  /** Characters of all messages, as `countCharacters` counts them. */
  characters: number;
  /** Tokens that the server says it read; undefined: it does not say. */
  tokens: number | undefined;
  /** Tokens of the answer. */
  answerTokens: number;
}

/** What became of a conversation: cut before the answer, or while it was written. */
export type Cut = 'before' | 'during';

/** Characters of a conversation; a run of the same one, which may be a single token, counts once. */
export function countCharacters(messages: readonly { content: string }[]): number {
  return messages.reduce((sum, { content }) => sum + content.replace(LONG_RUN, '$1').length, 0);
}

/** Whether it is worth finding out the context: with one that comes into question this prompt may have been cut. */
export function mayBeCut(count: PromptCount, requestedContext = Number.POSITIVE_INFINITY): boolean {
  const { characters, tokens, answerTokens } = count;
  const smallest = Math.min(requestedContext, ...DEFAULT_CONTEXTS);
  const full = tokens !== undefined && tokens + answerTokens >= smallest - 1;
  return full || characters > MOST_CHARACTERS_PER_TOKEN * Math.min(tokens ?? smallest, smallest);
}

/** Whether the prompt was cut, and when. `contextTokens`: undefined when nobody knows. */
export function findCut(count: PromptCount, contextTokens: number | undefined): Cut | undefined {
  const { characters, tokens, answerTokens } = count;
  if (contextTokens === undefined) return DEFAULT_CONTEXTS.some((context) => context === tokens) ? 'before' : undefined;
  if (tokens === undefined) return characters > MOST_CHARACTERS_PER_TOKEN * contextTokens ? 'before' : undefined;
  const full = tokens >= contextTokens - 1;
  const tooFew = characters > MOST_CHARACTERS_PER_TOKEN * tokens;
  if (full || (tooFew && characters > USUAL_CHARACTERS_PER_TOKEN * contextTokens)) return 'before';
  return tokens + answerTokens > contextTokens + MISCOUNT ? 'during' : undefined;
}

/** About how many tokens so many characters are, for people. */
export function roughTokens(characters: number): number {
  return Math.round(characters / USUAL_CHARACTERS_PER_TOKEN / 100) * 100;
}
