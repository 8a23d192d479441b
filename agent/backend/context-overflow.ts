/** How servers say that a conversation is longer than the context, and with which numbers. Pure. */
import type { BackendErrorDetails } from './errors.ts';
import { countOf, fieldsOf } from './json.ts';

const CONTEXT_OVERFLOW =
  /exceed_context_size|context_length_exceeded|context (size|length|window)\b.*\bexceed|exceed(s|ed)?\b.*\bcontext (size|length|window)|maximum context length/is;

const CONTEXT_TOKENS = [/context size \((\d+) tokens\)/i, /maximum context length (?:is|of) (\d+)/i];
const PROMPT_TOKENS = [
  /\((\d+) tokens\) exceeds/i,
  /(?:resulted in|requested|has|contains(?: at least)?) (\d+) (?:input )?tokens/i,
];

/** Whether an error is one; `said` is its type, code and message. */
export function isContextOverflow(said: string): boolean {
  return CONTEXT_OVERFLOW.test(said);
}

/** The numbers: from the fields of llama-server's error object, else from the message. */
export function overflowDetails(reported: unknown, said: string): BackendErrorDetails {
  const { n_prompt_tokens, n_ctx } = fieldsOf(reported);
  const promptTokens = countOf(n_prompt_tokens) ?? numberIn(said, PROMPT_TOKENS);
  const contextTokens = countOf(n_ctx) ?? numberIn(said, CONTEXT_TOKENS);
  return {
    ...(promptTokens !== undefined && { promptTokens }),
    ...(contextTokens !== undefined && { contextTokens }),
  };
}

function numberIn(said: string, patterns: readonly RegExp[]): number | undefined {
  const found = patterns.map((pattern) => pattern.exec(said)?.[1]).find((digits) => digits !== undefined);
  return found === undefined ? undefined : countOf(Number(found));
}
