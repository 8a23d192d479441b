/** The body of `POST /v1/chat/completions`. Pure; only fields named here reach a server. */
import type { AnswerFormat, ModelMessage, ModelRequest } from './backend.ts';

/** The body as JSON; options that are absent are left to the server. `top_k` and `repeat_penalty` are llama-server's additions. */
export function chatCompletionBody({ model, messages, options, format }: ModelRequest): string {
  return JSON.stringify({
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    stream: true,
    stream_options: { include_usage: true },
    temperature: options.temperature,
    top_p: options.topP,
    top_k: options.topK,
    repeat_penalty: options.repeatPenalty,
    max_tokens: options.maxTokens,
    seed: options.seed,
    stop: options.stop,
    presence_penalty: options.presencePenalty,
    frequency_penalty: options.frequencyPenalty,
    response_format: format && responseFormat(format),
    ...continuation(messages),
  });
}

/** Said explicitly, because llama-server repeats the given beginning in its answer when it has to guess. */
export function continuation(messages: readonly ModelMessage[]): object {
  return messages.at(-1)?.role === 'assistant' ? { continue_final_message: true, add_generation_prompt: false } : {};
}

function responseFormat({ type, name = 'answer', schema, strict }: AnswerFormat): object {
  return type === 'json_object' ? { type } : { type, json_schema: { name, strict, schema } };
}
