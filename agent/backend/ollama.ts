/** Ollama, spoken to through its own interface (`/api/chat`): the only one that says what it really did with a prompt. */
import type { Backend, BackendDefinition } from './backend.ts';

/**
 * A backend for the server of the definition.
 * @throws TypeError the URL of the definition is not one
 */
export function createOllamaBackend(_definition: BackendDefinition, _environment?: NodeJS.ProcessEnv): Backend {
  throw new Error('not built yet');
}
