/**
 * What a stack consists of, as `agents.config.ts` says it. Serialisable: init reads it, the supervisor and the agents use it.
 * The schema is the one place for fields, defaults and limits.
 */
import { z } from 'zod';
import { MAILBOX_LIMITS } from './mailbox/limits.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'use lower-case letters, digits, - and _ (at most 40)');

/** The name of a built-in policy, or the path of a file; with options for it, and a name of its own in this place. */
const policyReference = z.union(
  [
    z.string().min(1),
    z.strictObject({
      use: z.string().min(1).describe('name of a built-in policy, or path of a file'),
      name: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'use lower-case letters, digits and - (at most 40)')
        .optional()
        .describe('what it is called in interventions; default: its own name'),
      options: z.record(z.string(), z.unknown()).optional().describe('as the policy declares them'),
    }),
  ],
  'must be a name, a path, or { use, name, options }',
);

export const agentSchema = z.strictObject({
  name,
  system: z.string().max(100_000).default('').describe('system prompt'),
  backend: name.optional().describe('name of a backend or of a pool; default: the first backend'),
  fallback: z
    .array(name)
    .optional()
    .describe('backends or pools to use instead while its own is down, if they have the model'),
  model: z.string().min(1).optional().describe('default: what the backend serves'),
  temperature: z.number().min(0).max(5).optional(),
  topP: z.number().gt(0).max(1).optional(),
  topK: z.int().min(0).optional(),
  repeatPenalty: z.number().min(0).max(5).optional(),
  maxTokens: z.int().positive().optional(),
  seed: z.int().min(0).optional(),
  stop: z.array(z.string().min(1)).max(16).optional().describe('texts at which the model stops writing'),
  presencePenalty: z.number().min(-2).max(2).optional(),
  frequencyPenalty: z.number().min(-2).max(2).optional(),
  context: z
    .int()
    .positive()
    .optional()
    .describe(
      'context in tokens that conversations are shortened to, and for Ollama num_ctx; default: what the server says',
    ),
  numGpu: z.int().min(-1).optional().describe('Ollama: layers on the GPU; -1: automatic'),
  keepAlive: z
    .string()
    .regex(/^-?\d+(ms|s|m|h)?$/)
    .optional()
    .describe('Ollama: how long the model stays loaded, like 5m'),
  concurrency: z
    .int()
    .positive()
    .max(1000)
    .optional()
    .describe('open runs at a time; default: the slots of the backend, or of all members of the pool'),
  weight: z
    .number()
    .positive()
    .max(1000)
    .optional()
    .describe('share of a model server when several agents wait for it: 3 gets three times the time of 1; default: 1'),
  priority: z
    .enum(['high', 'normal', 'low'])
    .optional()
    .describe(
      'whose runs go first when a model server is busy; a lower one still gets every ninth slot; default: normal',
    ),
  resume: z
    .enum(['regenerate', 'continue'])
    .optional()
    .describe(
      'after a cut: answer anew (default), or go on where the answer was cut, where the model server can: one seamless answer',
    ),
  silenceSeconds: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe('a model server from which nothing comes for so long counts as failed (backend_timeout); default: 600'),
  approvalSeconds: z
    .number()
    .positive()
    .optional()
    .describe('how long a paused run waits for a person before it expires; default: for ever'),
  contacts: z
    .union([z.literal('all'), z.array(name).max(200)], 'must be "all" or a list of agents')
    .optional()
    .describe('agents that it may write to: names, or `all`; default: none'),
  policies: z.array(policyReference).optional().describe('default: the policies of the stack'),
});

export const backendSchema = z.strictObject({
  name,
  kind: z.enum(['openai', 'ollama']).default('openai').describe('how it is spoken to; default: openai'),
  url: z.url({ protocol: /^https?$/ }).describe('base address without /v1 or /api, or ollama://HOST:PORT'),
  model: z.string().min(1).optional(),
  apiKeyVariable: z.string().min(1).optional().describe('environment variable that holds the API key'),
  slots: z
    .int()
    .positive()
    .max(10_000)
    .optional()
    .describe('requests in flight at most; default: what the server says, else 4; Ollama: 1'),
  gpuGroup: name.optional().describe('backends on one GPU: a limit over all of them, see gpuGroups'),
});

export const mailboxSchema = z.strictObject({
  hops: z.int().min(1).max(100).default(MAILBOX_LIMITS.hops).describe('letters in a row that may follow a message'),
  letters: z
    .int()
    .min(1)
    .max(10_000)
    .default(MAILBOX_LIMITS.letters)
    .describe('letters that one message of a user may bring about'),
});

export const configurationSchema = z.strictObject({
  agents: z.array(agentSchema).min(1).max(200).optional(),
  backends: z.array(backendSchema).min(1).optional(),
  gpuGroups: z
    .record(name, z.int().positive())
    .optional()
    .describe('requests in flight at most over all backends of a group; default: 1'),
  pools: z
    .record(name, z.array(name).min(1, 'a pool needs a member: name a backend in it'))
    .optional()
    .describe('backends under one name: a turn goes to the one with most room, a chat stays where it was'),
  mailbox: mailboxSchema.optional(),
  policies: z.array(policyReference).optional(),
});

/** What a person writes; `defineConfig` takes it. */
export type Configuration = z.input<typeof configurationSchema>;
export type AgentDefinition = z.output<typeof agentSchema>;
export type BackendConfiguration = z.output<typeof backendSchema>;
export type PolicyReference = z.output<typeof policyReference>;
