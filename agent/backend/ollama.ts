/**
 * Ollama, spoken to through its own interface (`/api/chat`): the only one that takes its options and says what it did with a
 * prompt.
 */
import type { Backend, BackendDefinition, CallListener, ModelRequest } from './backend.ts';
import { type Cut, countCharacters, findCut, mayBeCut, type PromptCount, roughTokens } from './cut-prompt.ts';
import { type CallPlan, type FinishPart, startModelCall } from './model-call.ts';
import { ollamaChatBody } from './ollama-chat-request.ts';
import { OllamaChatStream } from './ollama-chat-stream.ts';
import { askLoadedContext, probeOllama } from './ollama-probe.ts';
import { ServerAddress } from './server-address.ts';

/**
 * A backend for this definition. The API key, where a proxy wants one, is read from the environment here, once. Every iteration
 * of what `stream` returns is one model call on a connection of its own; after a long prompt a second, short one asks for the
 * context that the model has, and the listener hears of a prompt that was cut before the finish comes.
 * @throws TypeError the URL of the definition is not one
 */
export function createOllamaBackend(
  definition: BackendDefinition,
  environment: NodeJS.ProcessEnv = process.env,
): Backend {
  const address = new ServerAddress(definition, environment);
  return {
    definition,
    stream: (request, signal, listener = {}) => ({
      [Symbol.asyncIterator]: () =>
        startModelCall(
          address,
          {
            ...planOf(request, definition),
            beforeFinish: (finish) => lookForCut({ address, request, signal, listener }, finish),
          },
          signal,
          listener,
        ),
    }),
    probe: (signal) => probeOllama(address, signal),
  };
}

function planOf(request: ModelRequest, { readBytes }: BackendDefinition): CallPlan {
  return {
    path: '/api/chat',
    body: ollamaChatBody(request),
    // A conversation without messages is answered with one object, which is also one line.
    contentTypes: ['application/x-ndjson', 'application/ndjson', 'application/json'],
    createStream: (emit) => new OllamaChatStream(emit),
    readBytes,
    advise: (status, said) => (status === 404 ? whatIsMissing(request.model, said) : undefined),
  };
}

function whatIsMissing(model: string, said: string): string {
  return /\bmodel\b/i.test(said) ? `get it with: ollama pull ${model}` : 'this is not an Ollama';
}

interface AskedCall {
  address: ServerAddress;
  request: ModelRequest;
  signal: AbortSignal;
  listener: CallListener;
}

function lookForCut(call: AskedCall, { usage }: FinishPart): Promise<void> | undefined {
  const count = {
    characters: countCharacters(call.request.messages),
    tokens: usage?.promptTokens,
    answerTokens: usage?.completionTokens ?? 0,
  };
  return mayBeCut(count, call.request.options.context) ? tellIfCut(call, count) : undefined;
}

async function tellIfCut({ address, request, signal, listener }: AskedCall, count: PromptCount): Promise<void> {
  const context = (await askLoadedContext(address, request.model, signal)) ?? request.options.context;
  const cut = findCut(count, context);
  if (signal.aborted || cut === undefined) return;
  listener.onNotice?.({ code: 'prompt_truncated', text: describeCut(cut, request.model, count, context) });
}

function describeCut(
  cut: Cut,
  model: string,
  { characters, tokens }: PromptCount,
  context: number | undefined,
): string {
  const size = context === undefined ? '' : ` (${context} tokens)`;
  const read = `Ollama read ${tokens ?? 'only a part'} of about ${roughTokens(characters)} tokens: the conversation is`;
  const happened = {
    before: `${read} longer than the context of ${model}${size}, and the oldest part was left out.`,
    during: `Conversation and answer are longer than the context of ${model}${size}: Ollama dropped the oldest part while it answered.`,
  };
  return `${happened[cut]} For a larger one set "context" for the agent.`;
}
