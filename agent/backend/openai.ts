/** Any server that speaks OpenAI's chat completions: llama-server, the simulator, and their like. */
import type { Backend, BackendDefinition, ModelRequest } from './backend.ts';
import { chatCompletionBody } from './chat-completion-request.ts';
import { ChatCompletionStream } from './chat-completion-stream.ts';
import { type CallPlan, startModelCall } from './model-call.ts';
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
      [Symbol.asyncIterator]: () => startModelCall(address, planOf(request, definition), signal, listener),
    }),
    probe: (signal) => probeServer(address, template, signal),
  };
}

function planOf(request: ModelRequest, { readBytes }: BackendDefinition): CallPlan {
  return {
    path: '/v1/chat/completions',
    body: chatCompletionBody(request),
    contentTypes: ['text/event-stream'],
    readBytes,
    createStream: (emit) => new ChatCompletionStream(emit),
  };
}
