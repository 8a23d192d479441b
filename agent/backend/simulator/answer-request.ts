/** What a request for an answer says in every dialect. */
import type { ModelMessage } from '../backend.ts';

export interface AnswerRequest {
  messages: ModelMessage[];
  stream: boolean;
  /** -1: no limit. */
  maxTokens: number;
  /** Undefined: the simulator's own. */
  seed: number | undefined;
  temperature: number;
  /** The beginning of the answer that is repeated in it; empty: none. */
  echo: string;
  /** JSON Schema that the answer is to fit. */
  schema?: Record<string, unknown> | undefined;
  /** How the server was asked for that, as it was given. */
  format?: unknown;
}
