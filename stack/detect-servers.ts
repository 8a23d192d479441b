/**
 * Looks whether a model server of a certain kind answers at an address, and what it says of itself. Every look takes a few questions at
 * most and ends with its signal; none throws.
 */
import { countOf, fieldsOf, parseJson, textOf } from '../agent/backend/json.ts';
import { findModel, inOrderOfUse, type OllamaModel, readModels } from '../agent/backend/ollama-models.ts';
import { type Answer, ask } from '../agent/backend/question.ts';
import { ServerAddress } from '../agent/backend/server-address.ts';
import type { PlannedBackend, SeenServer } from './plan-backends.ts';

/** What a look saw; undefined: no such server answers there. */
export interface Seen extends SeenServer {
  kind: PlannedBackend['kind'];
  /** What is missing before it can be used, with what to do. */
  lacks?: string;
}

/** A place to look at. */
export interface Place {
  url: string;
  /** Environment variable that holds the API key. */
  apiKeyVariable?: string | undefined;
  environment: NodeJS.ProcessEnv;
}

/** llama-server, or the simulator, which speaks as it does. While it loads its model it says no more than what it is. */
export async function lookForLlamaServer(place: Place, signal: AbortSignal): Promise<Seen | undefined> {
  const [health, props] = await askAll(place, ['/health', '/props'], signal);
  if (health?.status === 503 && isLlama(health)) return { kind: 'openai', server: 'llama-server' };
  if (health?.status !== 200 || props === undefined) return undefined;
  if (props.status === 401 && isLlama(props))
    return { kind: 'openai', server: 'llama-server', lacks: keyProblem(place) };
  const { total_slots, model_alias, simulator } = fieldsOf(parseJson(props.body));
  const slots = countOf(total_slots);
  if (props.status !== 200 || slots === undefined) return undefined;
  const model = textOf(model_alias);
  const server = simulator === true ? 'simulator' : 'llama-server';
  return { kind: 'openai', server, slots, ...(model !== '' && { model }) };
}

function keyProblem({ apiKeyVariable }: Place): string {
  return apiKeyVariable === undefined
    ? 'wants an API key: name its variable as apiKeyVariable of a backend in agents.config.ts'
    : `wants another API key than the one in ${apiKeyVariable}`;
}

/** Ollama. `wanted`: the model to use; undefined: one is chosen. */
export async function lookForOllama(
  place: Place,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Seen | undefined> {
  const [tags, running] = await askAll(place, ['/api/tags', '/api/ps'], signal);
  if (tags?.status !== 200 || !Array.isArray(fieldsOf(parseJson(tags.body)).models)) return undefined;
  const models = readModels(tags.body);
  const model = wanted ?? chooseModel(models, readModels(running?.body ?? ''));
  const lacks = whatOllamaLacks(models, model);
  return {
    kind: 'ollama',
    server: 'ollama',
    ...(model !== undefined && { model }),
    ...(lacks !== undefined && { lacks }),
  };
}

/** Models that run elsewhere are left out: nobody asked for text to leave this machine. */
function chooseModel(models: readonly OllamaModel[], loaded: readonly OllamaModel[]): string | undefined {
  const [first] = inOrderOfUse(
    models.filter(({ chats, local }) => chats && local),
    loaded,
  );
  return first;
}

function whatOllamaLacks(models: readonly OllamaModel[], model: string | undefined): string | undefined {
  if (model === undefined) return 'has no model to chat with: ollama pull gemma3';
  return findModel(models, model) !== undefined ? undefined : `has no model ${model}: ollama pull ${model}`;
}

/** Any server that may speak as OpenAI's does: llama-server and Ollama are told from the rest. */
export async function lookForAnyServer(
  place: Place,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Seen | undefined> {
  const [llama, ollama, [models]] = await Promise.all([
    lookForLlamaServer(place, signal),
    lookForOllama(place, wanted, signal),
    askAll(place, ['/v1/models'], signal),
  ]);
  const recognised = llama ?? ollama;
  if (recognised !== undefined) return recognised;
  if (models === undefined || models.status === 0) return undefined;
  const { data } = fieldsOf(parseJson(models.body));
  const model = textOf(fieldsOf(Array.isArray(data) ? data[0] : undefined).id);
  return { kind: 'openai', server: 'openai-compatible', ...(model !== '' && { model }) };
}

function askAll({ url, apiKeyVariable, environment }: Place, paths: string[], signal: AbortSignal): Promise<Answer[]> {
  const address = new ServerAddress({ name: 'place', kind: 'openai', url, apiKeyVariable }, environment);
  return Promise.all(paths.map((path) => ask(address, path, signal)));
}

function isLlama({ server }: Answer): boolean {
  return server.startsWith('llama.cpp');
}
