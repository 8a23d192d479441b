/** `POST /v1/chat/completions`: from a body to a running completion, or to a refusal; and `POST /apply-template`. */
import type { ServerResponse } from 'node:http';
import { planAnswer } from './answer.ts';
import { type ChatRequest, readChatRequest, readTemplateRequest } from './chat-request.ts';
import { renderPrompt } from './chat-template.ts';
import { Completion } from './completion.ts';
import { prepareAnswer } from './prepared-answer.ts';
import { Refusal, sendLoading } from './replies.ts';
import type { Simulation } from './simulation.ts';
import { promptTokens } from './tokens.ts';

/**
 * Answers a chat request.
 * @throws Refusal
 */
export function completeChat(simulation: Simulation, body: string, response: ServerResponse): void {
  const request = readChatRequest(body);
  const prompt = promptTokens(renderPrompt(simulation.settings.template, request.messages));
  const room = simulation.contextTokens - prompt.length;
  if (room <= 0) throw contextOverflow(prompt.length, simulation.contextTokens);
  const plan = planAnswer(request.messages, request.seed ?? simulation.seed);
  plan.fault ??= simulation.takeFault();
  if (plan.fault?.kind === '503') refuse(simulation, request, response);
  else new Completion(simulation, request, prompt, prepareAnswer(plan, request, room), response).start();
}

/**
 * What `POST /apply-template` answers: the prompt that a chat request with these messages has.
 * @throws Refusal
 */
export function applyTemplate({ settings }: Simulation, body: string): object {
  const { messages, generationPrompt } = readTemplateRequest(body);
  return { prompt: renderPrompt(settings.template, messages, generationPrompt) };
}

function refuse(simulation: Simulation, { messages }: ChatRequest, response: ServerResponse): void {
  const entry = simulation.log.open(messages);
  entry.outcome = 'failed';
  entry.endedAt = entry.started;
  sendLoading(response);
}

function contextOverflow(tokens: number, context: number): Refusal {
  const message = `request (${tokens} tokens) exceeds the available context size (${context} tokens), try increasing it`;
  return new Refusal(400, 'exceed_context_size_error', message, { n_prompt_tokens: tokens, n_ctx: context });
}
