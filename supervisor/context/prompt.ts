/** What a turn sends to the model, and what was done to the conversation for it. */
import type { ModelMessage } from '../../agent/backend/backend.ts';
import type { ModelServer } from './learned.ts';

export interface Prompt extends ModelServer {
  messages: readonly ModelMessage[];
  /** Tokens by `roughTokens`. */
  rough: number;
  /** Earlier runs that are in it. */
  kept: number;
  /** Messages of earlier runs that are not in it, and their tokens, about. */
  leftOut: { messages: number; tokens: number };
  /** Tokens of context that it was made for; undefined when that is only known from a refusal. */
  context: number | undefined;
  /** Its last message is the beginning of the answer, to go on with. */
  goesOn: boolean;
  /** Messages were merged because the template does not take their roles. */
  isMapped: boolean;
}
