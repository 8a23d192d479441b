/**
 * Asks a model server what it is and what it really runs: version, model, context, layers, memory. What it does not tell stays absent.
 * Nothing here throws: a server that does not answer is one that is down.
 */
import type { BackendDefinition } from '../../agent/backend/backend.ts';
import { countOf, fieldsOf, figureOf, parseJson, textOf } from '../../agent/backend/json.ts';
import { findModel, readModels } from '../../agent/backend/ollama-models.ts';
import { type Answer, ask } from '../../agent/backend/question.ts';
import { ServerAddress } from '../../agent/backend/server-address.ts';

/** What a server told. */
export interface ServerFacts {
  url: string;
  /** How it is spoken to. */
  protocol: BackendDefinition['kind'];
  kind: 'ollama' | 'llama-server' | 'openai-compatible';
  simulated: boolean;
  version?: string;
  model?: string;
  /** Ollama: whether it has the model. */
  hasModel?: boolean;
  /** Tokens of context that the model is loaded with. */
  context?: number;
  /** Ollama: the model sees images, and is given a context of 2048 tokens at least. */
  isVision?: boolean;
  /** Layers that the model has. */
  layers?: number;
  /** Bytes of the loaded model, and how many of them are on the GPU. */
  memoryBytes?: number;
  gpuMemoryBytes?: number;
  slots?: number;
}

/** What answers at a base address; undefined: nothing that could be a model server. */
export async function lookAtServer(url: string, model: string, signal: AbortSignal): Promise<ServerFacts | undefined> {
  const asking = askAt(url, signal);
  const version = await asking('/api/version');
  if (version.status === 0) return undefined;
  const said = fieldsOf(parseJson(version.body));
  if (version.status === 200 && textOf(said.version) !== '') return lookAtOllama(url, model, said, asking);
  const props = await asking('/props');
  const fields = fieldsOf(parseJson(props.body));
  if (props.status === 200 && countOf(fields.total_slots) !== undefined) return llamaFacts(url, fields);
  const models = await asking('/v1/models');
  if (models.status !== 200) return undefined;
  return { url, protocol: 'openai', kind: 'openai-compatible', simulated: false, model };
}

type Asking = (path: string, body?: string) => Promise<Answer>;

function askAt(url: string, signal: AbortSignal): Asking {
  const address = new ServerAddress({ name: 'looked-at', kind: 'ollama', url }, process.env);
  return (path, body) => ask(address, path, signal, body);
}

async function lookAtOllama(
  url: string,
  model: string,
  { version, simulator }: Record<string, unknown>,
  asking: Asking,
): Promise<ServerFacts> {
  const [tags, running, show] = await Promise.all([
    asking('/api/tags'),
    asking('/api/ps'),
    asking('/api/show', JSON.stringify({ model })),
  ]);
  const loaded = loadedModel(running.body, model);
  const described = fieldsOf(parseJson(show.body));
  const layers = layersOf(described);
  return {
    ...{ url, protocol: 'ollama', kind: 'ollama', simulated: simulator === true, model, version: textOf(version) },
    hasModel: findModel(readModels(tags.body), model) !== undefined,
    ...(layers !== undefined && { layers }),
    ...(Array.isArray(described.capabilities) && described.capabilities.includes('vision') && { isVision: true }),
    ...loaded,
  };
}

function loadedModel(body: string, model: string): Pick<ServerFacts, 'context' | 'memoryBytes' | 'gpuMemoryBytes'> {
  const { models } = fieldsOf(parseJson(body));
  const names = findModel(readModels(body), model)?.name;
  const found = (Array.isArray(models) ? models : []).map(fieldsOf).find(({ name }) => name === names);
  if (found === undefined) return {};
  const [context, size, gpu] = [found.context_length, found.size, found.size_vram].map(countOf);
  return {
    ...(context && { context }),
    ...(size && { memoryBytes: size }),
    ...(gpu !== undefined && { gpuMemoryBytes: gpu }),
  };
}

/** `<architecture>.block_count` of `/api/show`. */
function layersOf(described: Record<string, unknown>): number | undefined {
  const info = fieldsOf(described.model_info);
  const key = Object.keys(info).find((name) => name.endsWith('.block_count'));
  return key === undefined ? undefined : countOf(info[key]);
}

function llamaFacts(url: string, props: Record<string, unknown>): ServerFacts {
  const context = figureOf(fieldsOf(props.default_generation_settings).n_ctx);
  const slots = countOf(props.total_slots);
  return {
    ...{ url, protocol: 'openai', kind: 'llama-server', simulated: props.simulator === true },
    ...(textOf(props.model_alias) && { model: textOf(props.model_alias) }),
    ...(textOf(props.build_info) && { version: textOf(props.build_info) }),
    ...(context !== undefined && { context }),
    ...(slots !== undefined && { slots }),
  };
}
