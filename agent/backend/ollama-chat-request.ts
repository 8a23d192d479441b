/** The body of Ollama's `POST /api/chat`. Pure; only fields named here reach a server. */
import type { ModelRequest } from './backend.ts';

/**
 * The body as JSON; options that are absent are left to the server and the model. `truncate` and `shift` ask servers that know
 * them (0.12.6 and later) not to cut a long conversation silently, neither before the answer nor in the middle of it: the first
 * becomes an error, the second an answer that ends with `length`. Older ones ignore both.
 */
export function ollamaChatBody({ model, messages, options, format }: ModelRequest): string {
  return JSON.stringify({
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    stream: true,
    truncate: false,
    shift: false,
    format: format?.type === 'json_object' ? 'json' : format?.schema,
    keep_alive: keepAliveOf(options.keepAlive),
    options: {
      temperature: options.temperature,
      top_p: options.topP,
      top_k: options.topK,
      repeat_penalty: options.repeatPenalty,
      seed: options.seed,
      stop: options.stop,
      presence_penalty: options.presencePenalty,
      frequency_penalty: options.frequencyPenalty,
      num_predict: options.maxTokens,
      num_ctx: options.context,
      num_gpu: options.numGpu,
    },
  });
}

/** Ollama reads a number as seconds and a text only with a unit. */
function keepAliveOf(keepAlive: string | undefined): string | number | undefined {
  return keepAlive !== undefined && /^-?\d+$/.test(keepAlive) ? Number(keepAlive) : keepAlive;
}
