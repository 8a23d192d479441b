/** What a simulator says of its models as Ollama does: `/api/tags`, `/api/ps`, `/api/show`, `/api/version`. */
import { createHash } from 'node:crypto';
import { templateSource } from '../chat-template.ts';
import type { Simulation } from '../simulation.ts';
import { MODEL_CONTEXT_TOKENS } from './answers.ts';
import { findModel, withTag } from './model-names.ts';

/** The version whose behaviour this is; newer ones cut a prompt further. */
const VERSION = '0.12.6';
const MODEL_BYTES = 2_019_393_189;
const BYTES_PER_CONTEXT_TOKEN = 114_688;
const PARAMETERS = 3_212_749_888;
const CAPABILITIES = ['completion', 'thinking'];

const DETAILS = {
  parent_model: '',
  format: 'gguf',
  family: 'llama',
  families: ['llama'],
  parameter_size: '3.2B',
  quantization_level: 'Q4_K_M',
};

/** `simulator: true` is ours, as in `/props`. */
export function describeVersion(): object {
  return { version: VERSION, simulator: true };
}

export function describeTags({ settings, startedAt }: Simulation): object {
  const models = settings.models.map(withTag).map((name) => ({
    name,
    model: name,
    modified_at: new Date(startedAt).toISOString(),
    size: MODEL_BYTES,
    digest: digestOf(name),
    details: DETAILS,
  }));
  return { models };
}

/** The models that are loaded. */
export function describeProcesses({ memory }: Simulation): object {
  const models = memory.loaded.map(({ name, contextTokens, gpuLayers, expiresAt }) => {
    const size = MODEL_BYTES + contextTokens * BYTES_PER_CONTEXT_TOKEN;
    return {
      name,
      model: name,
      size,
      digest: digestOf(name),
      details: DETAILS,
      expires_at: new Date(expiresAt).toISOString(),
      size_vram: gpuLayers === 0 ? 0 : size,
      context_length: contextTokens,
    };
  });
  return { models };
}

/** @throws Refusal no such model */
export function describeModel({ settings, startedAt }: Simulation, wanted: string): object {
  findModel(settings.models, wanted);
  return {
    template: templateSource('any'),
    details: DETAILS,
    model_info: {
      'general.architecture': 'llama',
      'general.basename': wanted,
      'general.parameter_count': PARAMETERS,
      'llama.context_length': Math.max(MODEL_CONTEXT_TOKENS, settings.contextTokens),
      'llama.embedding_length': 3072,
    },
    capabilities: CAPABILITIES,
    modified_at: new Date(startedAt).toISOString(),
  };
}

function digestOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}
