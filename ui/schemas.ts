/** What a request may contain: one schema a place, unknown fields refused. Lengths are UTF-16 code units. */
import { z } from 'zod';
import { benchmarkRequestSchema } from '../bench/request.ts';
import { swarmRequestSchema } from '../swarm/request.ts';

/** SQLite and UTF-8 have no half surrogate pairs: one would be stored as another character than was sent. */
const LONE_SURROGATE = /\p{Cs}/u;
const CONTROL = /\p{Cc}/u;

function text(maximum: number): z.ZodString {
  return z
    .string('a text is needed')
    .min(1, 'must not be empty')
    .max(maximum, `at most ${maximum} characters`)
    .refine((value) => !LONE_SURROGATE.test(value), 'contains half a surrogate pair');
}

function line(maximum: number): z.ZodString {
  return text(maximum).refine((value) => !CONTROL.test(value), 'must not contain control characters');
}

const content = text(1_000_000).describe('the message');
/** A message of a conversation that its caller holds. */
export const completionText = text(1_000_000);
/** A text at which a model ends its answer. */
export const stopText = text(1000);
const chat = line(100).describe('name of the chat; default: `main`');
const name = line(100);

const seconds = z
  .string()
  .regex(/^\d{1,2}(\.\d{1,3})?$/, 'seconds from 0 to 60')
  .transform(Number)
  .refine((value) => value <= 60, 'seconds from 0 to 60');

/** A cursor: the seq of the last event that was seen. */
export const cursor = z
  .string()
  .regex(/^\d{1,15}$/, 'a whole number, as in the id of an event')
  .transform(Number);

export const agentPath = z.strictObject({ agent: name });
export const idPath = z.strictObject({ id: name });
/** A policy that was never loaded is called by its path. */
export const policyPath = z.strictObject({ name: line(1000) });
export const noQuery = z.strictObject({});
/** For writes that need no body; an empty object does no harm. */
export const noBody = z.strictObject({}).nullish();

export const messageBody = z.strictObject({
  content,
  chat: chat.optional(),
  key: line(200).optional().describe('unique per agent: sending it again joins the same run'),
});
export const swarmBody = swarmRequestSchema.safeExtend({
  key: line(200).optional().describe('sending it again joins the same swarm'),
});
export const benchmarkBody = benchmarkRequestSchema.safeExtend({
  key: line(200).optional().describe('sending it again joins the same benchmark'),
});
export const interjectBody = z.strictObject({ content, chat: chat.optional() });
export const stopBody = z.strictObject({ chat: chat.optional() }).nullish();
export const approvalBody = z.discriminatedUnion('decision', [
  z.strictObject({ decision: z.literal('approve') }),
  z.strictObject({ decision: z.literal('edit'), content }),
  z.strictObject({ decision: z.literal('refuse'), reason: text(10_000).optional() }),
]);
export const labelBody = z.strictObject({
  label: z.enum(['good', 'bad'], 'use "good" or "bad"'),
  note: text(1000).optional().describe('why, for people'),
});
export const sessionBody = z.strictObject({
  token: z.string('a text is needed').min(1, 'must not be empty').max(1000),
});

export const runQuery = z.strictObject({ wait: seconds.optional().describe('seconds to wait for the end of the run') });
export const chatQuery = z.strictObject({ chat: chat.optional() });
export const eventsQuery = z.strictObject({
  after: cursor.optional(),
  agent: name.optional(),
  chat: chat.optional(),
  run: name.optional(),
  swarm: name.optional(),
  benchmark: name.optional(),
});
