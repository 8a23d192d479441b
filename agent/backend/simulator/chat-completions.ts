/** `POST /v1/chat/completions`: from a body to a running completion, or to a refusal; and `POST /apply-template`. */
import type { ServerResponse } from 'node:http';
import type { AnswerWriter } from './answer-writer.ts';
import { type ChatRequest, readChatRequest, readTemplateRequest } from './chat-request.ts';
import { renderPrompt } from './chat-template.ts';
import { Completion, planCompletion } from './completion.ts';
import { StreamWriter, WholeWriter } from './completion-writers.ts';
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
  const { contextTokens, template } = simulation.settings;
  const prompt = promptTokens(renderPrompt(template, request.messages));
  const room = contextTokens - prompt.length;
  if (room <= 0) throw contextOverflow(prompt.length, contextTokens);
  const plan = planCompletion(simulation, request);
  if (plan.fault?.kind === '503') {
    simulation.log.refuse(request);
    return sendLoading(response);
  }
  const entry = simulation.log.open(request);
  const writer = writerFor(simulation, request, entry.id, response);
  const answer = prepareAnswer(plan, request, room);
  new Completion(simulation, { request, prompt, answer, entry, response, writer, missesClient: 'in-streams' }).start();
}

/**
 * What `POST /apply-template` answers: the prompt that a chat request with these messages has.
 * @throws Refusal
 */
export function applyTemplate({ settings }: Simulation, body: string): object {
  const { messages, generationPrompt } = readTemplateRequest(body);
  return { prompt: renderPrompt(settings.template, messages, generationPrompt) };
}

function writerFor(simulation: Simulation, request: ChatRequest, id: number, response: ServerResponse): AnswerWriter {
  const created = Math.floor(Date.now() / 1000);
  const identity = { id: simulation.completionId(id), created, model: simulation.alias };
  return request.stream
    ? new StreamWriter(response, identity, request.includeUsage)
    : new WholeWriter(response, identity);
}

/** The refusal of a prompt that is too long. */
function contextOverflow(tokens: number, context: number): Refusal {
  const message = `request (${tokens} tokens) exceeds the available context size (${context} tokens), try increasing it`;
  return new Refusal(400, 'exceed_context_size_error', message, { n_prompt_tokens: tokens, n_ctx: context });
}
