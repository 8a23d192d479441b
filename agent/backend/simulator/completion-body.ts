/** The JSON of chat completions, whole and as events of a stream, with llama-server's fields in its order. Pure. */

import { type AnswerSummary, type AnswerToken, textOn } from './answer-writer.ts';

/** What all events of one answer have in common. */
export interface CompletionIdentity {
  id: string;
  /** Epoch seconds. */
  created: number;
  model: string;
}

export const FINGERPRINT = 'b0-simulator';
export const STREAM_END = 'data: [DONE]\n\n';

/** The event that opens every stream. */
export function roleEvent(identity: CompletionIdentity): string {
  return deltaEvent(identity, { role: 'assistant', content: null });
}

export function tokenEvent(identity: CompletionIdentity, { channel, text }: AnswerToken): string {
  return deltaEvent(identity, { [channel === 'text' ? 'content' : 'reasoning_content']: text });
}

/** The last events: the finish reason, then usage if it was asked for; timings are on the last of them. */
export function closingEvents(identity: CompletionIdentity, summary: AnswerSummary, includeUsage: boolean): string {
  const timings = timingsOf(summary);
  const choice = { finish_reason: summary.finishReason, index: 0, delta: {} };
  const finish = { ...eventOf(identity, [choice]), ...(includeUsage ? {} : { timings }) };
  if (!includeUsage) return dataLine(finish);
  return dataLine(finish) + dataLine({ ...eventOf(identity, []), usage: usageOf(summary), timings });
}

export function errorEvent(message: string): string {
  return dataLine({ error: { code: 500, message, type: 'server_error' } });
}

/** The reply to a request that did not ask for a stream. */
export function wholeCompletion(
  identity: CompletionIdentity,
  tokens: readonly AnswerToken[],
  summary: AnswerSummary,
): object {
  const reasoning = textOn('reasoning', tokens);
  const message = {
    role: 'assistant',
    content: textOn('text', tokens),
    ...(reasoning && { reasoning_content: reasoning }),
  };
  return {
    choices: [{ finish_reason: summary.finishReason, index: 0, message }],
    created: identity.created,
    model: identity.model,
    system_fingerprint: FINGERPRINT,
    object: 'chat.completion',
    usage: usageOf(summary),
    id: identity.id,
    timings: timingsOf(summary),
  };
}

function deltaEvent(identity: CompletionIdentity, delta: object): string {
  return dataLine(eventOf(identity, [{ finish_reason: null, index: 0, delta }]));
}

function eventOf({ created, id, model }: CompletionIdentity, choices: object[]): object {
  return { choices, created, id, model, system_fingerprint: FINGERPRINT, object: 'chat.completion.chunk' };
}

function dataLine(event: object): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

function usageOf({ promptTokens, cachedTokens, completionTokens }: AnswerSummary): object {
  return {
    completion_tokens: completionTokens,
    prompt_tokens: promptTokens,
    total_tokens: promptTokens + completionTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

function timingsOf({ promptTokens, cachedTokens, completionTokens, promptMs, predictedMs }: AnswerSummary): object {
  const promptPerTokenMs = promptMs / (promptTokens - cachedTokens);
  const perTokenMs = completionTokens > 1 ? predictedMs / (completionTokens - 1) : 0;
  return {
    cache_n: cachedTokens,
    prompt_n: promptTokens - cachedTokens,
    prompt_ms: promptMs,
    prompt_per_token_ms: promptPerTokenMs,
    prompt_per_second: perSecond(promptPerTokenMs),
    predicted_n: completionTokens,
    predicted_ms: predictedMs,
    predicted_per_token_ms: perTokenMs,
    predicted_per_second: perSecond(perTokenMs),
  };
}

function perSecond(perTokenMs: number): number {
  return perTokenMs > 0 ? 1000 / perTokenMs : 0;
}
