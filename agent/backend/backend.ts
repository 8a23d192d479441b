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
  topK?: number;
  repeatPenalty?: number;
  /** Tokens. */
  maxTokens?: number;
  seed?: number;
  /** Texts at which the model stops writing; they are not part of the answer. */
  stop?: string[];
  presencePenalty?: number;
  frequencyPenalty?: number;
  /** Tokens of context to load the model with; Ollama's `num_ctx`. */
  context?: number;
  /** Layers on the GPU, -1: automatic; Ollama's `num_gpu`. */
  numGpu?: number;
  /** How long the model stays loaded afterwards, as Ollama reads it: `5m`, or seconds: `300`; `0` unloads, `-1`: for good. */
  keepAlive?: string;
}

/**
 * What the answer is to be: any JSON object, or JSON that fits a schema. A server that does not know such a thing ignores it or refuses
 * the request.
 */
export interface AnswerFormat {
  type: 'json_object' | 'json_schema';
  /** Of a schema: what it is called, for servers that want a name. */
  name?: string | undefined;
  /** JSON Schema. */
  schema?: Readonly<Record<string, unknown>> | undefined;
  /** Whether the answer must fit exactly; absent: as the server has it. */
  strict?: boolean | undefined;
}

/** One model call: the whole transcript and how to sample. */
export interface ModelRequest {
  model: string;
  messages: readonly ModelMessage[];
  options: SamplingOptions;
  /** Absent: whatever the model writes. */
  format?: AnswerFormat | undefined;
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

/** What a server measured of one call by itself; durations in milliseconds. What it does not say is absent. */
export interface ServerFigures {
  loadMs?: number;
  /** Reading the prompt. */
  promptEvalMs?: number;
  /** Writing the answer. */
  evalMs?: number;
  /** From its arrival at the server to its end, the wait for a slot included. */
  totalMs?: number;
  /** Tokens of the prompt that were read now, not taken from a cache, where the server tells these apart. */
  promptTokens?: number;
  /** Tokens of the answer. */
  answerTokens?: number;
  /** As the server writes it, for example `stop`, `length`, `load`. */
  doneReason?: string;
}

/**
 * What a backend streams. Texts are never empty and never end in half a surrogate pair.
 * `finish` comes exactly once and last; a stream that ends without it has failed.
 */
export type StreamPart =
  | { type: 'text-delta'; text: string }
  | { type: 'reasoning-delta'; text: string }
  | { type: 'finish'; reason: FinishReason; usage: Usage | undefined };

/** Something a server did silently and people should know. */
export interface BackendNotice {
  code: 'prompt_truncated';
  /** For people. */
  text: string;
}

/** Who follows a model call beside its parts. */
export interface CallListener {
  /** The request is on its way: connecting has begun. */
  onSent?(): void;
  /** The server has taken the request: its headers came. */
  onAccepted?(): void;
  /** Bytes of the answer as they are handed to its parser. */
  onRead?(bytes: number): void;
  /** The answer is whole: its last line or event has been read, and what the server measured, if it told. */
  onWhole?(figures: ServerFigures | undefined): void;
  onNotice?(notice: BackendNotice): void;
}

/** What a server's chat template takes, as it was tried. */
export interface TemplateAbilities {
  /** A system message at the beginning. */
  systemRole: boolean;
  /** Two user messages one after the other. */
  consecutiveUsers: boolean;
  /** A trailing assistant message is continued. */
  continuesAnswer: boolean;
}

/** What a backend says of itself when asked. */
export interface BackendStatus {
  /** Which server was recognised: llama-server by `/props`, else any OpenAI-compatible one. */
  server: 'llama-server' | 'simulator' | 'ollama' | 'openai-compatible';
  /** It accepts requests now. */
  ready: boolean;
  /** Requests it works on at a time; undefined when it does not say. */
  slots: number | undefined;
  /** Context of one slot in tokens; undefined when it does not say. */
  contextTokens: number | undefined;
  /** Models it names, first one first. */
  models: string[];
  /** Undefined when it was not found out. */
  abilities?: TemplateAbilities | undefined;
  /** Undefined when it does not say. */
  version?: string | undefined;
  /** Why it is not ready, for people. */
  detail: string | undefined;
}

/** Where a backend is and how it is spoken to. Serialisable; the key itself never stands here. */
export interface BackendDefinition {
  name: string;
  kind: 'openai' | 'ollama';
  /** Base address without `/v1` or `/api`, for example `http://127.0.0.1:8080`. */
  url: string;
  /** Name of the environment variable that holds the API key. */
  apiKeyVariable?: string | undefined;
  /** What is read at once is handed on in pieces of at most this many bytes; absent: as it comes. For measurements. */
  readBytes?: number | undefined;
}

/** A model server. */
export interface Backend {
  readonly definition: BackendDefinition;
  /**
   * Streams one answer. Aborting the signal closes the connection within the same turn of the event loop and ends the iteration
   * by throwing the signal's reason.
   * @throws BackendError
   */
  stream(request: ModelRequest, signal: AbortSignal, listener?: CallListener): AsyncIterable<StreamPart>;
  /** Asks the server what it is. Never throws: an unreachable server is `ready: false` with a detail. */
  probe(signal: AbortSignal): Promise<BackendStatus>;
}
