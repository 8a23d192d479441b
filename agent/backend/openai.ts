/** Any server that speaks OpenAI's chat completions: llama-server, the simulator, and their like. */
import type { Backend, BackendDefinition } from './backend.ts';
import { startModelCall } from './model-call.ts';
import { probeServer } from './probe.ts';
import { ServerAddress } from './server-address.ts';
import { TemplateProbe } from './template-abilities.ts';

/**
 * A backend for this definition. The API key is read from the environment here, once. Every iteration of what `stream` returns
 * is one model call on a connection of its own.
 * @throws TypeError the URL of the definition is not one
 */
export function createOpenAIBackend(
  definition: BackendDefinition,
  environment: NodeJS.ProcessEnv = process.env,
): Backend {
  const address = new ServerAddress(definition, environment);
  const template = new TemplateProbe(address);
  return {
    definition,
    stream: (request, signal, listener) => ({
      [Symbol.asyncIterator]: () => startModelCall(address, request, signal, listener),
    }),
    probe: (signal) => probeServer(address, template, signal),
  };
}
