/**
 * What `POST /v1/chat/completions` takes: messages, and of the options those that a model server can be given. What we do not have is
 * refused by name; what changes nothing about the answer is ignored.
 * Source: OpenAI's API reference, "Create chat completion"; `top_k` and `repeat_penalty` are llama-server's additions.
 */
import { z } from 'zod';
import { InterjectError } from '../../supervisor/errors.ts';
import type { IncomingCompletion } from '../../supervisor/service.ts';
import { completionText, stopText } from '../schemas.ts';
import { answerFormatOf, responseFormat } from './response-format.ts';

/** Fields that say nothing about the answer. */
const IGNORED = [
  'user',
  'metadata',
  'store',
  'service_tier',
  'safety_identifier',
  'prompt_cache_key',
  'parallel_tool_calls',
];
/** Values at which an unsupported field asks for nothing. */
const NOTHING: Record<string, readonly unknown[]> = {
  n: [1],
  logprobs: [false],
  top_logprobs: [0],
  tools: [[]],
  tool_choice: ['none', 'auto'],
  functions: [[]],
  function_call: ['none', 'auto'],
  modalities: [['text']],
  logit_bias: [{}],
  reasoning_effort: [],
};

const part = z.looseObject({ type: z.string(), text: z.string().optional() });
const message = z.looseObject({
  role: z.string(),
  content: z.union([z.string(), z.array(part)]).nullish(),
});

const optional = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

export const completionBody = z.looseObject({
  model: z.string('name an agent; GET /v1/models lists them').min(1),
  messages: z.array(message).min(1, 'must not be empty').max(10_000),
  stream: optional(z.boolean()),
  stream_options: optional(z.looseObject({ include_usage: optional(z.boolean()) })),
  temperature: optional(z.number().min(0).max(5)),
  top_p: optional(z.number().gt(0).max(1)),
  top_k: optional(z.int().min(0)),
  repeat_penalty: optional(z.number().min(0).max(5)),
  max_tokens: optional(z.int().positive()),
  max_completion_tokens: optional(z.int().positive()),
  seed: optional(z.int().min(0)),
  stop: optional(z.union([stopText, z.array(stopText).max(16)])),
  presence_penalty: optional(z.number().min(-2).max(2)),
  frequency_penalty: optional(z.number().min(-2).max(2)),
  response_format: optional(responseFormat),
});

type Body = z.output<typeof completionBody>;
type Line = IncomingCompletion['earlier'][number];

const ROLES = new Map<string, Line['role']>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);

/** Reads a body. @throws InterjectError invalid_request, unsupported_option: with the name of the field */
export function readCompletion(body: Body): IncomingCompletion {
  refuseUnsupported(body);
  const lines = body.messages.map(lineOf);
  const last = lines.at(-1);
  if (last?.role !== 'user') {
    throw new InterjectError('invalid_request', `messages.${lines.length - 1}: the last message must be the user's.`);
  }
  return {
    agent: body.model,
    earlier: lines.slice(0, -1),
    content: last.content,
    options: optionsOf(body),
    format: answerFormatOf(body.response_format),
  };
}

function refuseUnsupported(body: Body): void {
  for (const [name, value] of Object.entries(body)) {
    if (Object.hasOwn(completionBody.shape, name) || IGNORED.includes(name) || value === null || value === undefined)
      continue;
    const harmless = Object.hasOwn(NOTHING, name) ? (NOTHING[name] ?? []) : [];
    if (harmless.some((each) => JSON.stringify(each) === JSON.stringify(value))) continue;
    throw new InterjectError('unsupported_option', `${name}: agents do not have this option.`);
  }
}

function lineOf({ role, content, ...rest }: Body['messages'][number], index: number): Line {
  const place = `messages.${index}`;
  const known = ROLES.get(role);
  if (known === undefined) throw new InterjectError('unsupported_option', `${place}.role: "${role}" is not supported.`);
  const calls = ['tool_calls', 'function_call'].find((field) => rest[field] !== undefined && rest[field] !== null);
  if (calls !== undefined)
    throw new InterjectError('unsupported_option', `${place}.${calls}: tools are not supported.`);
  const text = textOf(content, place);
  const checked = completionText.safeParse(text);
  if (!checked.success && (known === 'user' || text !== '')) {
    throw new InterjectError('invalid_request', `${place}.content: ${checked.error.issues[0]?.message}.`);
  }
  return { role: known, content: text };
}

function textOf(content: Body['messages'][number]['content'], place: string): string {
  if (typeof content === 'string') return content;
  const other = content?.find(({ type }) => type !== 'text');
  if (other !== undefined) {
    throw new InterjectError(
      'unsupported_option',
      `${place}.content: a part of type "${other.type}" is not supported.`,
    );
  }
  return (content ?? []).map(({ text = '' }) => text).join('\n');
}

function optionsOf(body: Body): IncomingCompletion['options'] {
  const given = {
    temperature: body.temperature,
    topP: body.top_p,
    topK: body.top_k,
    repeatPenalty: body.repeat_penalty,
    maxTokens: body.max_completion_tokens ?? body.max_tokens,
    seed: body.seed,
    stop: body.stop === undefined ? undefined : [body.stop].flat(),
    presencePenalty: body.presence_penalty,
    frequencyPenalty: body.frequency_penalty,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
