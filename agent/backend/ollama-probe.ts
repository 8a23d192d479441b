/** Asks an Ollama what it is: `/api/version`, `/api/tags`, `/api/ps`. Never throws. */
import type { BackendStatus } from './backend.ts';
import { errorOfReply } from './error-mapping.ts';
import { fieldsOf, parseJson, textOf } from './json.ts';
import { findModel, inOrderOfUse, readModels } from './ollama-models.ts';
import { type Answer, ask } from './question.ts';
import type { ServerAddress } from './server-address.ts';
import { shorten } from './whole-characters.ts';

const NOTHING_KNOWN: BackendStatus = {
  server: 'ollama',
  ready: false,
  slots: undefined,
  contextTokens: undefined,
  models: [],
  detail: undefined,
};

/**
 * What the server is, and whether it takes requests now. The context is that of the first model, if that is loaded. How many
 * requests it works on at a time it does not say (`OLLAMA_NUM_PARALLEL`): 1, its default.
 */
export async function probeOllama(address: ServerAddress, signal: AbortSignal): Promise<BackendStatus> {
  const version = await ask(address, '/api/version', signal);
  const says = textOf(fieldsOf(parseJson(version.body)).version);
  if (version.status !== 200 || says === '') return notReady(address, version);
  const [tags, running] = await Promise.all([ask(address, '/api/tags', signal), ask(address, '/api/ps', signal)]);
  if (tags.status !== 200) return { ...notReady(address, tags), version: says };
  const loaded = readModels(running.body);
  const models = inOrderOfUse(readModels(tags.body), loaded);
  const [first] = models;
  return {
    ...NOTHING_KNOWN,
    ready: first !== undefined,
    slots: 1,
    contextTokens: first === undefined ? undefined : findModel(loaded, first)?.contextTokens,
    models,
    version: says,
    detail: first === undefined ? 'no model is there; get one with: ollama pull gemma3' : undefined,
  };
}

/** The context that a model is loaded with, in tokens; undefined when it is not loaded or the server does not say. */
export async function askLoadedContext(
  address: ServerAddress,
  model: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { status, body } = await ask(address, '/api/ps', signal);
  return status === 200 ? findModel(readModels(body), model)?.contextTokens : undefined;
}

function notReady({ apiKeyVariable, apiKey }: ServerAddress, answer: Answer): BackendStatus {
  if (answer.status === 200) return { ...NOTHING_KNOWN, detail: `this is not an Ollama: ${shorten(answer.body, 80)}` };
  const detail = answer.failure ?? errorOfReply({ ...answer, apiKeyVariable, apiKey, advise }).message;
  return { ...NOTHING_KNOWN, detail };
}

function advise(status: number): string | undefined {
  return status === 404 ? 'this is not an Ollama' : undefined;
}
