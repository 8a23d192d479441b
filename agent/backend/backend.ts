/**
 * A model server seen through one interface. Every backend streams the same parts and fails with the same errors,
 * so that nothing outside this folder knows which server answers.
 */

/** One entry of a transcript as a model is shown it. */
export interface ModelMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

/** Sampling options; what is absent is left to the server. */
interface SamplingOptions {
  temperature?: number;
  topP?: number;
  /** Tokens. */
  maxTokens?: number;
  seed?: number;
}

/** One model call: the whole transcript and how to sample. */
export interface ModelRequest {
  model: string;
  messages: readonly ModelMessage[];
  options: SamplingOptions;
}

/** Tokens of one model call as the server counted them. */
export interface Usage {
  promptTokens: number;
  completionTokens: number;
  /** Prompt tokens that came from the server's cache. */
  cachedTokens: number;
}

/** Why a model stopped by itself. */
export type FinishReason = 'stop' | 'length';

/**
 * What a backend streams. Texts are never empty and never end in half a surrogate pair.
 * `finish` comes exactly once and last; a stream that ends without it has failed.
 */
export type StreamPart =
  | { type: 'text-delta'; text: string }
  | { type: 'reasoning-delta'; text: string }
  | { type: 'finish'; reason: FinishReason; usage: Usage | undefined };

/** What a backend says of itself when asked. */
export interface BackendStatus {
  /** Which server was recognised: llama-server by `/props`, else any OpenAI-compatible one. */
  server: 'llama-server' | 'simulator' | 'openai-compatible';
  /** It accepts requests now. */
  ready: boolean;
  /** Requests it works on at a time; undefined when it does not say. */
  slots: number | undefined;
  /** Context of one slot in tokens; undefined when it does not say. */
  contextTokens: number | undefined;
  /** Models it names, first one first. */
  models: string[];
  /** Why it is not ready, for people. */
  detail: string | undefined;
}

/** Where a backend is and how it is spoken to. Serialisable; the key itself never stands here. */
export interface BackendDefinition {
  name: string;
  kind: 'openai';
  /** Base address without `/v1`, for example `http://127.0.0.1:8080`. */
  url: string;
  /** Name of the environment variable that holds the API key. */
  apiKeyVariable?: string | undefined;
}

/** A model server. */
export interface Backend {
  readonly definition: BackendDefinition;
  /**
   * Streams one answer. Aborting the signal closes the connection within the same turn of the event loop and ends the iteration
   * by throwing the signal's reason.
   * @throws BackendError
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<StreamPart>;
  /** Asks the server what it is. Never throws: an unreachable server is `ready: false` with a detail. */
  probe(signal: AbortSignal): Promise<BackendStatus>;
}
