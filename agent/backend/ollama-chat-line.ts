/** One line of a streamed answer of Ollama's `/api/chat`, read without trust. Pure. */
import type { FinishReason, ServerFigures, Usage } from './backend.ts';
import { errorOfEvent } from './error-mapping.ts';
import { BackendError } from './errors.ts';
import { countOf, fieldsOf, figureOf, parseJson, textOf } from './json.ts';
import { definedFigures } from './server-figures.ts';
import { shorten } from './whole-characters.ts';

/** What a line adds to the answer. */
export interface OllamaChatLine {
  reasoning: string;
  text: string;
  /** Set on the last line. */
  finish: { reason: FinishReason; usage: Usage | undefined } | undefined;
  figures?: ServerFigures | undefined;
}

/**
 * Reads a line. What it does not know (dates) it leaves alone.
 * @returns undefined for an object that adds nothing
 * @throws BackendError the line reports an error, is not a JSON object, or holds a tool call
 */
export function readLine(line: string): OllamaChatLine | undefined {
  const parsed = parseJson(line);
  if (typeof parsed !== 'object' || parsed === null) throw notALine(line);
  const fields = fieldsOf(parsed);
  if (fields.error !== undefined && fields.error !== null) throw errorOfEvent(fields.error);
  if (fields.message === undefined && fields.done === undefined) return undefined;
  const message = fieldsOf(fields.message);
  if (Array.isArray(message.tool_calls) && message.tool_calls.length > 0) {
    throw new BackendError('tool_calls_unsupported', 'the model called a tool');
  }
  return {
    reasoning: textOf(message.thinking) || textOf(message.reasoning),
    text: textOf(message.content),
    ...(fields.done === true ? endOf(fields) : { finish: undefined }),
  };
}

function endOf(fields: Record<string, unknown>): Pick<OllamaChatLine, 'finish' | 'figures'> {
  return { finish: { reason: reasonOf(fields.done_reason), usage: usageOf(fields) }, figures: figuresOf(fields) };
}

/** Durations come in nanoseconds. */
function figuresOf(fields: Record<string, unknown>): ServerFigures | undefined {
  return definedFigures({
    loadMs: millisecondsOf(fields.load_duration),
    promptEvalMs: millisecondsOf(fields.prompt_eval_duration),
    evalMs: millisecondsOf(fields.eval_duration),
    totalMs: millisecondsOf(fields.total_duration),
    promptTokens: countOf(fields.prompt_eval_count),
    answerTokens: countOf(fields.eval_count),
    doneReason: textOf(fields.done_reason) || undefined,
  });
}

function millisecondsOf(nanoseconds: unknown): number | undefined {
  const found = figureOf(nanoseconds);
  return found === undefined ? undefined : found / 1e6;
}

/** Besides `stop` there are `load` and `unload`, for a conversation without messages: nothing was answered, and nothing is wrong. */
function reasonOf(doneReason: unknown): FinishReason {
  return doneReason === 'length' ? 'length' : 'stop';
}

/** A prompt has tokens, so a missing count of them (older servers with a cached prompt) is unknown; fields that are 0 are left out. */
function usageOf(fields: Record<string, unknown>): Usage | undefined {
  const promptTokens = countOf(fields.prompt_eval_count);
  if (promptTokens === undefined) return undefined;
  return {
    promptTokens,
    completionTokens: countOf(fields.eval_count) ?? 0,
    cachedTokens: countOf(fields.prompt_eval_cached_count) ?? 0,
  };
}

/** The error of a line that does not belong to an answer. */
export function notALine(line: string): BackendError {
  const what = 'a line of the stream is not part of an answer';
  return new BackendError('backend_garbage', `${what}: ${shorten(line, 80)}`, {}, what);
}
