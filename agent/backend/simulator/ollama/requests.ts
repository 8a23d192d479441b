/** The bodies of Ollama's `/api/chat`, `/api/generate` and `/api/show`, checked as Ollama checks them. Pure. */
import type { ModelMessage } from '../../backend.ts';
import { fieldsOf, textOf } from '../../json.ts';
import type { AnswerRequest } from '../answer-request.ts';
import { Refusal } from '../replies.ts';
import { keepAliveMs } from './durations.ts';

/** A chat, or a prompt as a chat of one message. */
export interface OllamaRequest extends AnswerRequest {
  /** As it was given. */
  model: string;
  /** Milliseconds for which the model stays loaded; undefined: as usual. */
  keepAliveMs: number | undefined;
  /** `num_ctx`; undefined: the default. */
  contextTokens: number | undefined;
  /** `num_gpu`; undefined: whatever is loaded. */
  gpuLayers: number | undefined;
  /** A prompt that is too long is cut; otherwise refused. */
  truncate: boolean;
  /** An answer may go on beyond the context. */
  shift: boolean;
  /** False: without reasoning. */
  think: boolean;
}

/** @throws Refusal */
export function readOllamaChat(body: string): OllamaRequest {
  const request = readFields(body);
  const { messages = [] } = request;
  if (!Array.isArray(messages)) throw wrongType(messages, 'ChatRequest.messages', '[]api.Message');
  return { ...readCommon(request), messages: messages.map(readMessage) };
}

/** @throws Refusal */
export function readOllamaGenerate(body: string): OllamaRequest {
  const request = readFields(body);
  const [system, prompt] = [readText(request, 'system'), readText(request, 'prompt')];
  const messages: ModelMessage[] = [];
  if (system !== '' && prompt !== '') messages.push({ role: 'system', content: system });
  if (prompt !== '') messages.push({ role: 'user', content: prompt });
  return { ...readCommon(request), messages };
}

/**
 * The name of the model that is asked about.
 * @throws Refusal
 */
export function readOllamaName(body: string): string {
  const request = readFields(body);
  const name = readText(request, 'model') || readText(request, 'name');
  if (name === '') throw invalid('model is required');
  return name;
}

function readFields(body: string): Record<string, unknown> {
  if (body.trim() === '') throw invalid('missing request body');
  try {
    return fieldsOf(JSON.parse(body));
  } catch (error) {
    throw invalid((error as Error).message);
  }
}

function readCommon(request: Record<string, unknown>): Omit<OllamaRequest, 'messages'> {
  const model = readText(request, 'model');
  if (model === '') throw invalid('model is required');
  const options = fieldsOf(request.options);
  const predict = readInteger(options, 'num_predict') ?? -1;
  const [seed, layers] = [readInteger(options, 'seed') ?? -1, readInteger(options, 'num_gpu') ?? -1];
  return {
    model,
    stream: readFlag(request, 'stream', true),
    keepAliveMs: keepAliveMs(request.keep_alive ?? undefined),
    maxTokens: predict > 0 ? predict : -1,
    seed: seed < 0 ? undefined : seed,
    temperature: readNumber(options, 'temperature') ?? 0.8,
    contextTokens: readInteger(options, 'num_ctx'),
    gpuLayers: layers < 0 ? undefined : layers,
    truncate: readFlag(request, 'truncate', true),
    shift: readFlag(request, 'shift', true),
    schema: readSchema(request.format),
    format: request.format,
    think: request.think !== false,
    echo: '',
  };
}

function readSchema(format: unknown): OllamaRequest['schema'] {
  if (format === 'json') return { type: 'object' };
  return typeof format === 'object' && format !== null ? fieldsOf(format) : undefined;
}

function readMessage(message: unknown): ModelMessage {
  const { role, content = '' } = fieldsOf(message);
  if (typeof content !== 'string') throw wrongType(content, 'ChatRequest.messages.content', 'string');
  return { role: textOf(role).toLowerCase() as ModelMessage['role'], content };
}

function readText(request: Record<string, unknown>, field: string): string {
  const value = request[field] ?? '';
  if (typeof value !== 'string') throw wrongType(value, field, 'string');
  return value;
}

function readFlag(request: Record<string, unknown>, field: string, otherwise: boolean): boolean {
  const value = request[field] ?? otherwise;
  if (typeof value !== 'boolean') throw wrongType(value, field, 'bool');
  return value;
}

/** A fraction is cut off, as Ollama does. */
function readInteger(options: Record<string, unknown>, name: string): number | undefined {
  const value = options[name] ?? undefined;
  if (value !== undefined && typeof value !== 'number') throw invalid(`option "${name}" must be of type integer`);
  return value === undefined ? undefined : Math.trunc(value);
}

function readNumber(options: Record<string, unknown>, name: string): number | undefined {
  const value = options[name] ?? undefined;
  if (value !== undefined && typeof value !== 'number') throw invalid(`option "${name}" must be of type float32`);
  return value;
}

function wrongType(value: unknown, field: string, expected: string): Refusal {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return invalid(`json: cannot unmarshal ${kind} into Go struct field ${field} of type ${expected}`);
}

function invalid(message: string): Refusal {
  return new Refusal(400, 'invalid_request_error', message);
}
