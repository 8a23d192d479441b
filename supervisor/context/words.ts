/** What people are told about a conversation and its context. Pure. */
import type { Prompt } from './prompt.ts';

/** Tokens as the server counted them, where it said so. */
export interface Overflow {
  promptTokens?: number | undefined;
  contextTokens?: number | undefined;
  /** The server's own words. */
  said: string;
}

export function describeShortened({ leftOut, context }: Prompt): string {
  const messages = leftOut.messages === 1 ? '1 message' : `${leftOut.messages} messages`;
  const why =
    context === undefined
      ? 'The model server refused the conversation as too long'
      : `The conversation is longer than the context (${context} tokens)`;
  return `${why}: its oldest ${messages} (about ${leftOut.tokens} tokens) were left out.`;
}

export function describeMapped(backend: string): string {
  return `The chat template of ${backend} does not take all roles: the system prompt goes in front of the first user message, and messages of one role in a row become one.`;
}

/** Why a cut answer is not gone on with although its agent does that. */
export function describeRegenerates(backend: string, isServerAble: boolean): string {
  const why = isServerAble
    ? 'The answer was cut before any of its text could be shown'
    : `The model server of ${backend} cannot go on with a cut answer`;
  return `${why}: it is answered anew.`;
}

/** Why a run failed that stayed too long, and what to do. */
export function describeOverflow({ kept, leftOut }: Prompt, { promptTokens, contextTokens, said }: Overflow): string {
  const isAlone = kept === 0;
  const what = isAlone
    ? 'the message with the system prompt is longer than the context'
    : `the conversation is longer than the context${leftOut.messages > 0 ? `, even without its oldest ${leftOut.messages} messages` : ''}`;
  const sizes = promptTokens !== undefined && contextTokens !== undefined;
  const counted = sizes ? ` (${promptTokens} tokens, there is room for ${contextTokens})` : '';
  const advice = `Send a shorter message${isAlone ? '' : ' or begin a new chat'}, or give the model a larger context (llama-server: -c; Ollama: num_ctx, which is "context" of the agent)`;
  return `context_overflow: ${what}${counted}. ${advice}. ${said}`;
}
