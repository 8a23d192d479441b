/**
 * How many tokens a prompt has, about: a token for every three bytes of UTF-8 (three letters of Latin text, one Chinese character)
 * and some for what a template puts around each message. That is more than most models need, so that the first prompts fit; what a
 * server has counted corrects it. Kept in memory only: a supervisor that restarts begins cautiously again.
 */
import type { ModelMessage } from '../../agent/backend/backend.ts';

const BYTES_PER_TOKEN = 3;
const TOKENS_PER_MESSAGE = 8;
/** A shorter prompt says more of the template than of the text. */
const TELLING_TOKENS = 64;
const SMALLEST_SCALE = 0.5;
const LARGEST_SCALE = 4;
const SINKING_SHARE = 0.5;

/** Tokens of these messages without anything learned. Pure. */
export function roughTokens(messages: readonly ModelMessage[]): number {
  const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  return tokensOfBytes(bytes) + TOKENS_PER_MESSAGE * messages.length;
}

/** Tokens of so many bytes of an answer. Pure. */
export function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

/**
 * The scale after one more count: up at once, down by half of the way, since a prompt that is estimated too short is refused. Pure.
 * @param rough what `roughTokens` said of the prompt
 * @param counted tokens of it by the server's count
 */
export function learnedScale(scale: number, rough: number, counted: number): number {
  // So few tokens were not all of them: some servers leave out what was cached.
  if (rough < TELLING_TOKENS || counted < rough * SMALLEST_SCALE) return scale;
  const seen = Math.min(counted / rough, LARGEST_SCALE);
  return seen > scale ? seen : scale + (seen - scale) * SINKING_SHARE;
}
