/** `/api/chat` and `/api/generate`: loads the model, then answers. */
import type { ServerResponse } from 'node:http';
import { Completion, planCompletion } from '../completion.ts';
import { prepareAnswer } from '../prepared-answer.ts';
import { Refusal } from '../replies.ts';
import type { Simulation } from '../simulation.ts';
import { type LineIdentity, withoutAnswer } from './bodies.ts';
import { cutToContext, type FittingPrompt, tokensOf } from './context-cut.ts';
import { findModel } from './model-names.ts';
import { sendOllama } from './replies.ts';
import type { OllamaRequest } from './requests.ts';
import { LineWriter, WholeLineWriter } from './writers.ts';

/** What the simulated model was trained with: a larger `num_ctx` is brought down to it. */
export const MODEL_CONTEXT_TOKENS = 131_072;
const LEAST_CONTEXT_TOKENS = 4;
const KEEP_ALIVE_MS = 5 * 60_000;

/** A request and what is known of it when it comes. */
interface Arrival {
  request: OllamaRequest;
  identity: LineIdentity;
  /** The model that is meant, with its tag. */
  model: string;
  contextTokens: number;
  response: ServerResponse;
  /** Monotonic milliseconds. */
  arrivedAt: number;
}

/**
 * Answers a request; without messages it only loads the model, or unloads it.
 * @throws Refusal
 */
export async function answerOllama(
  simulation: Simulation,
  request: OllamaRequest,
  api: LineIdentity['api'],
  response: ServerResponse,
): Promise<void> {
  const model = findModel(simulation.settings.models, request.model);
  const contextTokens = contextOf(simulation, request);
  const identity = { model: request.model, api };
  const arrival = { request, identity, model, contextTokens, response, arrivedAt: performance.now() };
  if (request.messages.length > 0) return complete(simulation, arrival);
  if (request.keepAliveMs === 0) simulation.memory.unload(model);
  else (await takeModel(simulation, arrival))();
  sendOllama(response, 200, withoutAnswer(identity, request.keepAliveMs === 0 ? 'unload' : 'load'));
}

async function complete(simulation: Simulation, arrival: Arrival): Promise<void> {
  const { response, identity, arrivedAt } = arrival;
  const { request, prompt, answer } = prepare(simulation, arrival);
  const entry = simulation.log.open(arrival.request);
  const times = { arrivedAt, loadMs: 0 };
  const writer = new (request.stream ? LineWriter : WholeLineWriter)(response, identity, times);
  const task = { request, prompt, answer, entry, response, writer, missesClient: 'always' as const };
  const completion = new Completion(simulation, task);
  const giveBack = await takeModel(simulation, arrival);
  times.loadMs = performance.now() - arrivedAt;
  if (response.destroyed) return giveBack();
  response.once('close', giveBack);
  completion.start();
}

/**
 * The request as far as it fits, and the answer to that.
 * @throws Refusal
 */
function prepare(simulation: Simulation, { request: asked, contextTokens }: Arrival) {
  const { messages, tokens: prompt } = fittingPrompt(asked, contextTokens);
  const request = { ...asked, messages };
  if (isQueueFull(simulation)) throw busy(simulation, asked);
  const plan = planCompletion(simulation, request);
  if (plan.fault?.kind === '503') throw busy(simulation, asked);
  const room = request.shift ? Number.POSITIVE_INFINITY : contextTokens - prompt.length;
  const answer = prepareAnswer({ ...plan, reasoning: request.think ? plan.reasoning : '' }, request, room);
  return { request, prompt, answer };
}

/** The refusal of a request that comes on top of too many; it is logged. */
function busy({ log }: Simulation, request: OllamaRequest): Refusal {
  log.refuse(request);
  return new Refusal(503, 'unavailable_error', 'server busy, please try again.  maximum pending requests exceeded');
}

function takeModel({ memory, settings }: Simulation, { request, model, contextTokens }: Arrival): Promise<() => void> {
  const { gpuLayers, keepAliveMs = KEEP_ALIVE_MS } = request;
  return memory.take(model, { contextTokens, gpuLayers, keepAliveMs, loadMs: settings.loadMs });
}

/** @throws Refusal too long, and it is not to be cut */
function fittingPrompt({ messages, truncate }: OllamaRequest, contextTokens: number): FittingPrompt {
  if (truncate || tokensOf(messages).length <= contextTokens) return cutToContext(messages, contextTokens);
  throw new Refusal(400, 'invalid_request_error', 'the input length exceeds the context length');
}

function contextOf({ settings }: Simulation, { contextTokens }: OllamaRequest): number {
  const largest = Math.max(MODEL_CONTEXT_TOKENS, settings.contextTokens);
  return Math.max(LEAST_CONTEXT_TOKENS, Math.min(contextTokens ?? settings.contextTokens, largest));
}

function isQueueFull({ slots, settings }: Simulation): boolean {
  return slots.busy >= settings.slots && slots.waiting >= settings.queueLimit;
}
