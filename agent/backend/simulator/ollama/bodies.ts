/** The lines of Ollama's answers, with its fields in its order; what is zero is left out of the figures. Pure. */
import { type AnswerSummary, type AnswerToken, textOn } from '../answer-writer.ts';
import { nanoseconds } from './durations.ts';

/** What all lines of one answer have in common. */
export interface LineIdentity {
  /** As the request named it. */
  model: string;
  /** `/api/chat` has messages, `/api/generate` a response. */
  api: 'chat' | 'generate';
}

/** What a request took besides its answer, in milliseconds. */
export interface Waits {
  totalMs: number;
  loadMs: number;
}

/** A line in the middle of an answer. */
export function partOf(identity: LineIdentity, tokens: readonly AnswerToken[]): object {
  return { ...lineOf(identity, tokens), done: false };
}

/** The last line, or the only one. */
export function endOf(identity: LineIdentity, tokens: readonly AnswerToken[], summary: AnswerSummary, waits: Waits) {
  return {
    ...lineOf(identity, tokens),
    done: true,
    done_reason: summary.finishReason,
    ...withoutZeros({
      total_duration: nanoseconds(waits.totalMs),
      load_duration: nanoseconds(waits.loadMs),
      prompt_eval_count: summary.promptTokens,
      prompt_eval_duration: nanoseconds(summary.promptMs),
      eval_count: summary.completionTokens,
      eval_duration: nanoseconds(summary.predictedMs),
    }),
  };
}

/** The answer to a request without a prompt. */
export function withoutAnswer(identity: LineIdentity, reason: 'load' | 'unload'): object {
  return { ...lineOf(identity, []), done: true, done_reason: reason };
}

function lineOf({ model, api }: LineIdentity, tokens: readonly AnswerToken[]): object {
  const [text, reasoning] = [textOn('text', tokens), textOn('reasoning', tokens)];
  const thinking = reasoning === '' ? {} : { thinking: reasoning };
  const begun = { model, created_at: new Date().toISOString() };
  if (api === 'generate') return { ...begun, response: text, ...thinking };
  return { ...begun, message: { role: 'assistant', content: text, ...thinking } };
}

function withoutZeros(figures: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => value !== 0));
}
