/** One event of a streamed chat completion, read without trust. Pure. */
import type { FinishReason, ServerFigures, Usage } from './backend.ts';
import { errorOfEvent } from './error-mapping.ts';
import { BackendError } from './errors.ts';
import { countOf, fieldsOf, figureOf, parseJson, textOf } from './json.ts';
import { definedFigures } from './server-figures.ts';
import { shorten } from './whole-characters.ts';

/** What an event adds to the answer. */
export interface ChatCompletionChunk {
  reasoning: string;
  text: string;
  finishReason: FinishReason | undefined;
  usage: Usage | undefined;
  /** llama-server's `timings`. */
  figures: ServerFigures | undefined;
}

/**
 * Reads the data of one event. What it does not know (progress, a role) it leaves alone.
 * @throws BackendError the event reports an error, is not a JSON object, or holds a tool call
 */
export function readChunk(data: string): ChatCompletionChunk {
  const event = parseJson(data);
  if (typeof event !== 'object' || event === null) throw garbage(data);
  const { error, choices, usage, timings } = fieldsOf(event);
  if (error !== undefined && error !== null) throw errorOfEvent(error);
  const choice = fieldsOf(Array.isArray(choices) ? choices[0] : undefined);
  const delta = fieldsOf(choice.delta);
  if (callsTool(delta)) throw toolCall();
  return {
    reasoning: textOf(delta.reasoning_content) || textOf(delta.reasoning) || textOf(delta.thinking),
    text: textOf(delta.content),
    finishReason: finishReasonOf(choice.finish_reason),
    usage: usageOf(usage),
    figures: figuresOf(timings),
  };
}

function finishReasonOf(reason: unknown): FinishReason | undefined {
  if (typeof reason !== 'string') return undefined;
  if (reason === 'tool_calls' || reason === 'function_call') throw toolCall();
  return reason === 'length' ? 'length' : 'stop';
}

function usageOf(usage: unknown): Usage | undefined {
  const { prompt_tokens, completion_tokens, prompt_tokens_details } = fieldsOf(usage);
  const promptTokens = countOf(prompt_tokens);
  const completionTokens = countOf(completion_tokens);
  if (promptTokens === undefined || completionTokens === undefined) return undefined;
  return { promptTokens, completionTokens, cachedTokens: countOf(fieldsOf(prompt_tokens_details).cached_tokens) ?? 0 };
}

function figuresOf(timings: unknown): ServerFigures | undefined {
  if (timings === undefined) return undefined;
  const { prompt_ms, predicted_ms, prompt_n, predicted_n } = fieldsOf(timings);
  return definedFigures({
    promptEvalMs: figureOf(prompt_ms),
    evalMs: figureOf(predicted_ms),
    promptTokens: countOf(prompt_n),
    answerTokens: countOf(predicted_n),
  });
}

function callsTool({ tool_calls, function_call }: Record<string, unknown>): boolean {
  return (
    (Array.isArray(tool_calls) && tool_calls.length > 0) || (function_call !== undefined && function_call !== null)
  );
}

function toolCall(): BackendError {
  return new BackendError('tool_calls_unsupported', 'the model called a tool');
}

function garbage(data: string): BackendError {
  const what = 'an event of the stream is not a JSON object';
  return new BackendError('backend_garbage', `${what}: ${shorten(data, 80)}`, {}, what);
}
