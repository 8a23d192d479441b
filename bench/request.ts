/**
 * What one asks of a benchmark inside a stack: the schema for a route and a command line. Model servers are named as the configuration
 * names them; no address and no path comes in. What would change a server under the feet of its other users, or keep a slot of it
 * without using it, is refused by its name.
 */
import { z } from 'zod';
import { DESIGNS, PRESETS, RUNTIMES, SCENARIOS, WORKLOADS } from './choices.ts';
import { runsOf, settingsFrom } from './run/given-settings.ts';
import type { RunSettings } from './run/settings.ts';

const LARGEST_COUNT = 1_000_000;

const NOT_HERE: Readonly<Record<string, string>> = {
  unload_between: 'others use these servers too: nothing is unloaded',
  stagger_ms: 'a slot would be kept from others meanwhile',
  max_concurrent: 'a slot would be kept from others meanwhile',
  corpus: 'no path is taken over HTTP; the corpus is the one that is made',
  output_dir: 'no path is taken over HTTP; the files go into the data folder',
  collector_ollama_url: 'no address is taken over HTTP; name a backend of the configuration',
  insight_ollama_url: 'no address is taken over HTTP; name a backend of the configuration',
};

const backend = z
  .string('the name of a backend is needed')
  .regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'use the name of a backend of the configuration');

const options = z.strictObject({
  num_gpu: z.int().min(-1).max(LARGEST_COUNT).optional().describe('layers on the GPU; -1: automatic'),
  num_ctx: z.int().min(16).max(10_000_000).optional().describe('tokens of context'),
  temperature: z.number().min(0).max(100).optional(),
  top_p: z.number().min(0).max(1).optional(),
  top_k: z.int().min(0).max(LARGEST_COUNT).optional(),
  repeat_penalty: z.number().min(0).max(100).optional(),
});

export const benchmarkRequestSchema = z.strictObject(
  {
    backends: z
      .strictObject({ collector: backend, insight: backend })
      .describe('model servers of agent A and agent B, by name'),
    scenario: z.enum(SCENARIOS).optional().describe('which agent gets which options; default: baseline_vs_chimera'),
    preset: z.enum(PRESETS).optional().describe("the documents' configurations; what is given beside it goes first"),
    model: z
      .string()
      .min(1)
      .max(200)
      .refine((value) => !/[\p{Cc}\p{Cs}]/u.test(value), 'must not contain control characters')
      .optional()
      .describe("model that both agents ask for; default: what the collector's backend serves"),
    runs: z.int().min(1).max(10_000).optional().describe('default: 3; of a preset: 5'),
    chimera: options.optional().describe('options of the chimera agents'),
    chimera2: options.optional().describe('options of agent B of chimera_hetero'),
    workload: z.enum(WORKLOADS).optional().describe('default: v2'),
    num_predict: z.int().min(-1).max(LARGEST_COUNT).optional().describe('most tokens of an answer; -1: any number'),
    seed: z
      .int()
      .min(-1)
      .max(2 ** 31 - 1)
      .optional()
      .describe("seed of every call; -1: the server's choice"),
    runtime: z.enum(RUNTIMES).optional().describe('where the two agents run; default: process'),
    design: z.enum(DESIGNS).optional().describe('default: sound'),
    warmup: z.int().min(0).max(100).optional().describe('warm-ups that are not counted; default: 1, of legacy: 0'),
    timeout_s: z
      .number()
      .min(0.1)
      .max(86_400)
      .optional()
      .describe('seconds after which a call is invalid; default: 300'),
  },
  {
    error: ({ code, keys }) =>
      code === 'unrecognized_keys' && Array.isArray(keys) && refused(keys) !== '' ? refused(keys) : undefined,
  },
);

export type BenchmarkRequest = z.infer<typeof benchmarkRequestSchema>;

function refused(names: readonly unknown[]): string {
  const why = names.flatMap((name) => {
    const reason = Object.hasOwn(NOT_HERE, String(name)) ? NOT_HERE[String(name)] : undefined;
    return reason === undefined ? [] : [`${name}: ${reason}`];
  });
  return why.length === 0 ? '' : `${why.join('; ')}; leave out ${names.join(', ')}`;
}

/** How many runs it asks for. */
export function plannedRuns({ preset, runs }: BenchmarkRequest): number {
  return runsOf({ preset, runs });
}

/** `model`: where the request names none. */
export function benchmarkSettings({ backends: _, ...request }: BenchmarkRequest, model: string): RunSettings {
  return settingsFrom({
    ...request,
    preset: request.preset,
    model: request.model ?? model,
    corpus: null,
    workload: request.workload ?? 'v2',
    runtime: request.runtime ?? 'process',
    design: request.design ?? 'sound',
    max_concurrent: null,
    stagger_ms: 0,
    unload_between: false,
    timeout_s: request.timeout_s ?? 300,
  });
}
