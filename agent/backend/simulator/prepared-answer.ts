/** The tokens that a request gets, after everything that limits them. Pure. */
import type { AnswerPlan } from './answer.ts';
import type { AnswerRequest } from './answer-request.ts';
import type { AnswerToken } from './answer-writer.ts';
import { DEFAULT_AFTER_TOKENS, type Fault } from './faults.ts';
import { tokenize } from './tokens.ts';

export interface PreparedAnswer {
  tokens: readonly AnswerToken[];
  finishReason: 'stop' | 'length';
  /** What happens after the tokens; undefined: a good end. */
  fault: Fault | undefined;
}

/** `room`: tokens that are left of the context. */
export function prepareAnswer(plan: AnswerPlan, request: AnswerRequest, room: number): PreparedAnswer {
  const all = answerTokens(plan, request.echo);
  const limit = Math.min(limitOf(request.maxTokens), room);
  const finishReason = all.length >= limit ? 'length' : 'stop';
  const beforeFault = plan.fault === undefined ? limit : (plan.fault.afterTokens ?? DEFAULT_AFTER_TOKENS);
  return { tokens: all.slice(0, Math.min(limit, beforeFault)), finishReason, fault: plan.fault };
}

function answerTokens({ reasoning, text }: AnswerPlan, echo: string): AnswerToken[] {
  const thought = tokenize(reasoning).map((token): AnswerToken => ({ channel: 'reasoning', text: token }));
  const said = tokenize(text).map((token): AnswerToken => ({ channel: 'text', text: token }));
  if (said[0] !== undefined) said[0].text = echo + said[0].text;
  return [...thought, ...said];
}

/** Even 0 gives one token. */
function limitOf(maxTokens: number): number {
  return maxTokens === -1 ? Number.POSITIVE_INFINITY : Math.max(1, maxTokens);
}
