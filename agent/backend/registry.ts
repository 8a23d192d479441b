/** From a definition to the backend that speaks to it: the one place that knows every kind. */
import type { Backend, BackendDefinition } from './backend.ts';
import { createOllamaBackend } from './ollama.ts';
import { createOpenAIBackend } from './openai.ts';

type CreateBackend = (definition: BackendDefinition, environment?: NodeJS.ProcessEnv) => Backend;

const KINDS: Record<BackendDefinition['kind'], CreateBackend> = {
  openai: createOpenAIBackend,
  ollama: createOllamaBackend,
};

/**
 * The backend of a definition.
 * @throws TypeError the URL of the definition is not one
 */
export function createBackend(definition: BackendDefinition, environment: NodeJS.ProcessEnv = process.env): Backend {
  return KINDS[definition.kind](definition, environment);
}
