/**
 * A prompt that is longer than the context, cut as Ollama cuts it without a word: system messages at the beginning stay, the
 * oldest tokens after them go, until the rest fills the context. Pure.
 */
import type { ModelMessage } from '../../backend.ts';
import { renderPrompt } from '../chat-template.ts';
import { promptTokens, tokenize } from '../tokens.ts';

export interface FittingPrompt {
  /** What is left of the messages. */
  messages: ModelMessage[];
  tokens: string[];
}

export function tokensOf(messages: readonly ModelMessage[], generationPrompt = true): string[] {
  return promptTokens(renderPrompt('any', messages, generationPrompt));
}

/** The prompt as it fits into `contextTokens`. */
export function cutToContext(messages: readonly ModelMessage[], contextTokens: number): FittingPrompt {
  const tokens = tokensOf(messages);
  const excess = tokens.length - contextTokens;
  if (excess <= 0) return { messages: [...messages], tokens };
  const first = messages.findIndex(({ role }) => role !== 'system');
  const kept = messages.slice(0, Math.max(0, first));
  const head = tokensOf(kept, false).slice(0, contextTokens - 1);
  return {
    messages: [...kept, ...withoutOldest(messages.slice(kept.length), excess)],
    tokens: [...head, ...tokens.slice(head.length - contextTokens)],
  };
}

/** Whole messages go, then the beginning of one; something of the last one always stays. */
function withoutOldest(messages: readonly ModelMessage[], excess: number): ModelMessage[] {
  const [oldest, ...others] = messages;
  if (oldest === undefined) return [];
  const content = tokenize(oldest.content);
  if (others.length > 0 && content.length <= excess)
    return withoutOldest(others, excess - tokensOf([oldest], false).length);
  if (excess <= 0) return [...messages];
  return [{ ...oldest, content: content.slice(Math.min(excess, content.length - 1)).join('') }, ...others];
}
