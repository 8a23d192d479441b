/**
 * What a stack consists of, as `agents.config.ts` says it. Serialisable: init reads it, the supervisor and the agents use it.
 * The schema is the one place for fields, defaults and limits.
 */
import { z } from 'zod';

const name = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'use lower-case letters, digits, - and _ (at most 40)');

/** The name of a built-in policy, or the path of a file. */
const policyReference = z.string().min(1);

export const agentSchema = z.strictObject({
  name,
  system: z.string().max(100_000).default('').describe('system prompt'),
  backend: name.optional().describe('name of a backend; default: the first'),
  model: z.string().min(1).optional().describe('default: what the backend serves'),
  temperature: z.number().min(0).max(5).optional(),
  topP: z.number().gt(0).max(1).optional(),
  maxTokens: z.int().positive().optional(),
  seed: z.int().min(0).optional(),
  context: z.int().positive().optional().describe('context in tokens; not used yet'),
  concurrency: z
    .int()
    .positive()
    .max(1000)
    .optional()
    .describe('open runs at a time; default: the slots of the backend'),
  policies: z.array(policyReference).optional().describe('default: the policies of the stack'),
});

export const backendSchema = z.strictObject({
  name,
  kind: z.literal('openai').default('openai'),
  url: z.url({ protocol: /^https?$/ }).describe('base address without /v1'),
  model: z.string().min(1).optional(),
  apiKeyVariable: z.string().min(1).optional().describe('environment variable that holds the API key'),
  slots: z
    .int()
    .positive()
    .max(10_000)
    .optional()
    .describe('requests in flight at most; default: what the server says, else 4'),
});

export const configurationSchema = z.strictObject({
  agents: z.array(agentSchema).min(1).max(200).optional(),
  backends: z.array(backendSchema).min(1).optional(),
  policies: z.array(policyReference).optional(),
});

/** What a person writes; `defineConfig` takes it. */
export type Configuration = z.input<typeof configurationSchema>;
export type AgentDefinition = z.output<typeof agentSchema>;
export type BackendConfiguration = z.output<typeof backendSchema>;
export type PolicyReference = z.output<typeof policyReference>;
