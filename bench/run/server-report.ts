/** What the servers say of themselves, as it stands in the files, and what of it a reader must know. Pure. */
import type { ServerFacts } from '../model-servers/look.ts';
import type { MetricsFile } from '../results/metrics-file.ts';
import { type ChimeraOptions, definedOnly } from '../scenarios.ts';

type ServerReport = MetricsFile['servers'][number];

/** The servers, each once; `agents`: names, which take turns at the two. */
export function serverReports(servers: readonly [ServerFacts, ServerFacts], agents: readonly string[]): ServerReport[] {
  const [first, second] = servers;
  if (first.url === second.url) return [serverReport(second, agents)];
  const ofPlace = (place: number): string[] => agents.filter((_, index) => index % 2 === place);
  return [serverReport(first, ofPlace(0)), serverReport(second, ofPlace(1))];
}

/** `agents`: names of those that ask it. */
function serverReport(facts: ServerFacts, agents: readonly string[]): ServerReport {
  return definedOnly({
    base_url: facts.url,
    agents: [...agents],
    kind: facts.kind,
    version: facts.version,
    model: facts.model,
    effective_context: facts.context,
    gpu_layers: gpuLayers(facts),
    memory_bytes: facts.memoryBytes,
    slots: facts.slots,
    simulated: facts.simulated,
    settings: definedOnly({
      has_model: facts.hasModel,
      model_layers: facts.layers,
      gpu_memory_bytes: facts.gpuMemoryBytes,
    }),
  }) as ServerReport;
}

/** Known only when the model is on the GPU with all its layers, or with none. */
function gpuLayers({ layers, memoryBytes, gpuMemoryBytes }: ServerFacts): number | undefined {
  if (gpuMemoryBytes === 0) return 0;
  return memoryBytes !== undefined && memoryBytes === gpuMemoryBytes ? layers : undefined;
}

/** A server that has one model answers with it, whatever is asked for; for people. */
export function otherModel(label: string, asked: string, { kind, model, url }: ServerFacts): string[] {
  if (kind !== 'llama-server' || model === undefined || model === asked) return [];
  return [`${label}: ${asked} was asked for; ${url} has ${model} loaded, and answers with that`];
}

/** What an agent asked of a server that runs something else; for people. */
export function physicalWarnings(label: string, options: ChimeraOptions, facts: ServerFacts): string[] {
  const { num_gpu, num_ctx } = options;
  const warnings: string[] = [];
  if (facts.kind !== 'ollama' && (num_gpu !== undefined || num_ctx !== undefined)) {
    warnings.push(
      `${label}: ${facts.url} takes num_gpu and num_ctx when it starts, not from a request: they do nothing`,
    );
  }
  if (facts.kind !== 'ollama') return warnings;
  if (num_gpu !== undefined && facts.layers !== undefined && num_gpu > facts.layers) {
    warnings.push(
      `${label}: num_gpu ${num_gpu} is more than the ${facts.layers} layers of ${facts.model}: all are on the GPU, as with any larger number`,
    );
  }
  if (num_ctx !== undefined && facts.context !== undefined && facts.context !== num_ctx) {
    warnings.push(`${label}: num_ctx ${num_ctx} was asked for, ${facts.url} runs with ${facts.context}`);
  }
  return warnings;
}
