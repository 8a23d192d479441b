/**
 * Text as tokens, roughly as a model has them: words with the space before them, single signs, single white space. Pure and
 * lossless: the tokens joined are the text.
 */
import type { ModelMessage } from '../backend.ts';
import { hashOf } from './hash.ts';

const TOKEN = / ?[\p{L}\p{M}\p{N}_]{1,16}| ?[^\s\p{L}\p{M}\p{N}_]|\s/gu;
const VOCABULARY_TOKENS = 32_000;
/** Ids below are kept for control tokens. */
const FIRST_WORD_TOKEN = 256;

/** The tokens of a text. */
export function tokenize(text: string): string[] {
  return text.match(TOKEN) ?? [];
}

/** The number a token has in `/tokenize`: the same for the same token, always. */
export function tokenId(token: string): number {
  return FIRST_WORD_TOKEN + (hashOf(token) % (VOCABULARY_TOKENS - FIRST_WORD_TOKEN));
}

/** The prompt as the model reads it, in the ChatML form that `/props` names as the template; control words count as one token. */
export function promptTokens(messages: readonly ModelMessage[]): string[] {
  const read = messages.flatMap(({ role, content }) => [
    '<|im_start|>',
    role,
    '\n',
    ...tokenize(content),
    '<|im_end|>',
    '\n',
  ]);
  return [...read, '<|im_start|>', 'assistant', '\n'];
}

/** How many tokens two prompts have in common from the start. */
export function commonTokens(one: readonly string[], other: readonly string[]): number {
  const end = Math.min(one.length, other.length);
  let count = 0;
  while (count < end && one[count] === other[count]) count++;
  return count;
}
