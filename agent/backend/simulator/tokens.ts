/**
 * Text as tokens, roughly as a model has them: words with the space before them, single signs, single white space. Pure and
 * lossless: the tokens joined are the text.
 */
import { hashOf } from './hash.ts';

const TOKEN = / ?[\p{L}\p{M}\p{N}_]{1,16}| ?[^\s\p{L}\p{M}\p{N}_]|\s/gu;
/** In parentheses, so that `split` keeps them. */
const CONTROL_WORD = /(<\|im_(?:start|end)\|>)/;
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

/** The tokens of a rendered prompt (chat-template.ts): control words count as one. */
export function promptTokens(prompt: string): string[] {
  return prompt.split(CONTROL_WORD).flatMap((part) => (part.startsWith('<|im_') ? [part] : tokenize(part)));
}

/** How many tokens two prompts have in common from the start. */
export function commonTokens(one: readonly string[], other: readonly string[]): number {
  const end = Math.min(one.length, other.length);
  let count = 0;
  while (count < end && one[count] === other[count]) count++;
  return count;
}
