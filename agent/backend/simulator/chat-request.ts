/** The bodies of `POST /v1/chat/completions` and `POST /apply-template`, checked as llama-server checks them. Pure. */
import type { ModelMessage } from '../backend.ts';
import { fieldsOf, textOf } from '../json.ts';
import type { AnswerRequest } from './answer-request.ts';
import { Refusal } from './replies.ts';

export interface ChatRequest extends AnswerRequest {
  includeUsage: boolean;
}

const LARGEST_COUNT = 2 ** 31 - 1;

/** @throws Refusal */
export function readChatRequest(body: string): ChatRequest {
  const request = fieldsOf(readJson(body));
  const messages = readMessages(request.messages);
  const last = messages.at(-1);
  return {
    messages,
    stream: request.stream === true,
    includeUsage: fieldsOf(request.stream_options).include_usage === true,
    maxTokens: readNumber(request, request.max_tokens === undefined ? 'max_completion_tokens' : 'max_tokens', -1, -1),
    seed: request.seed === undefined ? undefined : readNumber(request, 'seed', 0, 0),
    temperature: readNumber(request, 'temperature', 0, 0.8),
    schema: readSchema(request),
    format: request.response_format,
    echo: last?.role === 'assistant' && request.continue_final_message !== true ? last.content : '',
  };
}

function readSchema({ response_format }: Record<string, unknown>): ChatRequest['schema'] {
  const { type, json_schema } = fieldsOf(response_format);
  if (type === 'json_object') return { type: 'object' };
  return type === 'json_schema' ? fieldsOf(fieldsOf(json_schema).schema) : undefined;
}

/**
 * The body of `POST /apply-template`.
 * @throws Refusal
 */
export function readTemplateRequest(body: string): { messages: ModelMessage[]; generationPrompt: boolean } {
  const request = fieldsOf(readJson(body));
  return { messages: readMessages(request.messages), generationPrompt: request.add_generation_prompt !== false };
}

/** @throws Refusal malformed JSON is an error 500, as in llama-server */
export function readJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new Refusal(500, 'server_error', `[json.exception.parse_error.101] ${(error as Error).message}`);
  }
}

function readMessages(messages: unknown): ModelMessage[] {
  if (messages === undefined) throw invalid("'messages' is required");
  if (!Array.isArray(messages)) throw invalid("Expected 'messages' to be an array");
  return messages.map(readMessage);
}

function readMessage(message: unknown): ModelMessage {
  const { role, content } = fieldsOf(message);
  if (content === undefined || content === null) throw invalid("All non-assistant messages must contain 'content'");
  return { role: textOf(role) as ModelMessage['role'], content: readContent(content) };
}

function readContent(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw invalid("Expected 'content' to be a string or an array");
  return content.map((part) => textOf(fieldsOf(part).text)).join('\n');
}

function readNumber(request: Record<string, unknown>, field: string, least: number, otherwise: number): number {
  const value = request[field] ?? otherwise;
  if (typeof value !== 'number') {
    throw invalid(`Field '${field}': [json.exception.type_error.302] type must be number, but is ${typeof value}`);
  }
  if (value >= least && value <= LARGEST_COUNT) return value;
  throw invalid(`Field '${field}': Value must be between ${least} <= value <= ${LARGEST_COUNT}, but got ${value}`);
}

function invalid(message: string): Refusal {
  return new Refusal(400, 'invalid_request_error', message);
}
