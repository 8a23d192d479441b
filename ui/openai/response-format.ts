/**
 * `response_format` of `POST /v1/chat/completions`: text, any JSON object, or JSON that fits a schema. A schema is handed on as it is; it
 * is bounded, for model servers make a grammar of it, recursively and for every request.
 * Source: OpenAI's API reference, "Create chat completion"; "Structured Outputs".
 */
import { z } from 'zod';
import type { AnswerFormat } from '../../supervisor/service.ts';

/** Characters of a schema as JSON. */
const MOST_CHARACTERS = 64 * 1024;
/** Objects and lists in one another. */
const DEEPEST = 64;

const schema = z
  .record(z.string(), z.unknown(), 'must be a JSON Schema, which is an object')
  // Cheaper than the length, and what is deeper could not be written as JSON.
  .refine((value) => !isDeeperThan(value, DEEPEST), { error: `is nested deeper than ${DEEPEST}`, abort: true })
  .refine((value) => JSON.stringify(value).length <= MOST_CHARACTERS, `is longer than ${MOST_CHARACTERS} characters`);

export const responseFormat = z.discriminatedUnion(
  'type',
  [
    z.strictObject({ type: z.literal('text') }),
    z.strictObject({ type: z.literal('json_object') }),
    z.strictObject({
      type: z.literal('json_schema'),
      json_schema: z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'use letters, digits, - and _ (at most 64)'),
        description: z.string().max(10_000).nullish(),
        schema,
        strict: z.boolean().nullish(),
      }),
    }),
  ],
  'use text, json_object or json_schema',
);

/** The format that a model server is asked for; undefined: whatever it writes. */
export function answerFormatOf(given: z.output<typeof responseFormat> | undefined): AnswerFormat | undefined {
  if (given === undefined || given.type === 'text') return undefined;
  if (given.type === 'json_object') return { type: 'json_object' };
  const { name, schema: wanted, strict } = given.json_schema;
  return { type: 'json_schema', name, schema: wanted, ...(typeof strict === 'boolean' && { strict }) };
}

/** Level by level, so that no depth is too deep to be found out. */
function isDeeperThan(value: unknown, most: number): boolean {
  let level = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > most) return true;
    level = level.flatMap((each) => (isNested(each) ? Object.values(each) : [])).filter(isNested);
  }
  return false;
}

function isNested(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
