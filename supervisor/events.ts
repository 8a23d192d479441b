/**
 * Every event a reader can see, one table. A recorded event has a `seq`: its key in the store, its SSE id and the cursor to
 * resume from are this one number. `held`, `degraded` and `resync` describe the stream itself and are never recorded.
 * Offsets and lengths are UTF-16 code units; times are milliseconds since 1970.
 */
import { z } from 'zod';

const turn = z.int().positive().describe('number of the turn in its run, from 1');

const RUN_STATUSES = ['answered', 'failed', 'stopped', 'blocked', 'expired'] as const;

/** What became of a run that waited for a person. */
const APPROVAL_DECISIONS = ['approved', 'edited', 'refused', 'expired', 'stopped'] as const;

/** What is done about a model server, or by it, and which letters of an answer are not sent: what would otherwise go unsaid. */
const NOTICES = [
  'context_shortened',
  'prompt_truncated',
  'roles_mapped',
  'backend_busy',
  'backend_fallback',
  'resume_regenerates',
  'letter_no_contact',
  'letter_hop_limit',
  'letter_limit',
  'letter_inbox_full',
] as const;

export const EVENTS = {
  'message-received': z.object({
    content: z.string(),
    key: z.string().optional(),
    from: z.string().optional().describe('the agent that wrote it; absent: no agent did'),
  }),
  'run-start': z.object({ queue_ms: z.int() }),
  'turn-start': z.object({
    turn,
    backend: z.string().optional().describe('the model server that is asked; absent in what earlier versions recorded'),
    continues: z
      .int()
      .optional()
      .describe(
        'the answer goes on: it begins with so many characters, all that was shown of the turn before; its reasoning stays, too',
      ),
  }),
  'text-delta': z.object({ turn, offset: z.int(), text: z.string() }),
  'reasoning-delta': z.object({ turn, offset: z.int(), text: z.string() }),
  intervention: z.object({
    policy: z.string().describe('name of the policy, or `person`'),
    action: z.enum(['interject', 'cut', 'redact', 'block', 'pause', 'terminate']),
    reason: z.string().describe('the correction or the reason'),
    turn: z.int().describe('0: the message itself'),
    offset: z.int(),
  }),
  review: z.object({
    turn,
    policy: z.string(),
    when: z.enum(['before', 'after']).describe('`before`: the answer is withheld until then'),
    state: z
      .enum(['started', 'passed', 'objected', 'failed'])
      .describe('`failed`: also when it did not decide in time'),
  }),
  'turn-cut': z.object({ turn, text: z.string().describe('all that was shown of the turn'), reason: z.string() }),
  'turn-end': z.object({ turn, text: z.string().describe('the whole answer'), reason: z.string() }),
  'letter-sent': z.object({
    to: z.string().describe('name of the agent'),
    to_run: z.string().describe('the run that it opened'),
  }),
  'run-paused': z.object({
    approval: z.int(),
    policy: z.string(),
    reason: z.string(),
    turn: z.int().describe('0: the message itself'),
  }),
  'run-resumed': z.object({ approval: z.int(), decision: z.enum(APPROVAL_DECISIONS) }),
  'run-end': z.object({ status: z.enum(RUN_STATUSES), reason: z.string().optional() }),
  'swarm-start': z.object({ mode: z.string(), task: z.string() }),
  'swarm-step': z.object({
    step: z.string().describe('its place in the swarm'),
    name: z.string().describe('the agent, as the swarm calls it'),
    state: z.enum(['started', 'ended']),
    run: z.string().optional().describe('its run; absent: it could not be asked'),
    error: z.string().optional().describe('why it failed'),
  }),
  'swarm-end': z.object({ state: z.enum(['finished', 'failed', 'stopped']), error: z.string().optional() }),
  'benchmark-start': z.object({ collector: z.string(), insight: z.string(), runs: z.int() }),
  'benchmark-progress': z.object({
    done: z.int().describe('runs that are written'),
    runs: z.int().describe('of so many'),
    what: z.string().optional().describe('what was measured, for people'),
    ms: z.number().optional().describe('what that took'),
    remaining_ms: z.number().optional(),
    note: z.string().optional().describe('a warning for people'),
  }),
  'benchmark-end': z.object({ state: z.enum(['finished', 'failed', 'stopped']), error: z.string().optional() }),
  'agent-ready': z.object({ incarnation: z.string() }),
  'agent-exit': z.object({ incarnation: z.string(), reason: z.string(), restarting: z.boolean() }),
  'backend-up': z.object({ backend: z.string() }),
  'backend-down': z.object({ backend: z.string(), reason: z.string() }),
  policy: z.object({
    policy: z.string(),
    version: z.string(),
    state: z.enum(['loaded', 'not-loaded', 'quarantined', 'released']),
    reason: z.string().optional(),
  }),
  notice: z.object({
    code: z.enum(NOTICES),
    text: z.string().describe('for people'),
    turn: turn.optional(),
    backend: z.string().optional(),
  }),
  held: z.object({ turn, characters: z.int() }),
  degraded: z.object({ reason: z.string() }),
  resync: z.object({ seq: z.int().describe('load the history, then go on from here') }),
} as const;

export type EventType = keyof typeof EVENTS;
export type EventData<T extends EventType> = z.infer<(typeof EVENTS)[T]>;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** What an event is about; absent fields: the whole stack. */
export interface EventScope {
  agent?: string;
  /** Name of the chat, unique for its agent. */
  chat?: string;
  run?: string;
  swarm?: string;
  benchmark?: string;
}

/** An event as it is stored and sent: `data` is the JSON text readers get, `type`, `seq` and scope included. */
export interface StoredEvent extends EventScope {
  /** Undefined for events that are not recorded. */
  seq: number | undefined;
  type: EventType;
  data: string;
}
