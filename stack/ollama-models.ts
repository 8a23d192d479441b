/** The models of an Ollama as `/api/tags` and `/api/ps` list them, and which of them to talk to when nobody said. */
import { fieldsOf, parseJson, textOf } from '../agent/backend/json.ts';

export interface OllamaModel {
  name: string;
  /** Milliseconds since 1970; the time of an unknown date is before all others. */
  modified: number;
  /** It makes vectors, it does not chat. */
  isEmbedding: boolean;
  /** It runs at ollama.com, beyond this machine. */
  isRemote: boolean;
}

/** The models of a reply to `/api/tags` or `/api/ps`; undefined when it is none. */
export function readOllamaModels(body: string): OllamaModel[] | undefined {
  const { models } = fieldsOf(parseJson(body));
  return Array.isArray(models) ? models.map(readModel).filter(({ name }) => name !== '') : undefined;
}

function readModel(value: unknown): OllamaModel {
  const { name, model, modified_at, details, capabilities, remote_host, remote_model } = fieldsOf(value);
  const called = textOf(name) || textOf(model);
  const modified = Date.parse(textOf(modified_at));
  return {
    name: called,
    modified: Number.isNaN(modified) ? Number.NEGATIVE_INFINITY : modified,
    isEmbedding: isEmbedding(called, fieldsOf(details), capabilities),
    isRemote: textOf(remote_host) !== '' || textOf(remote_model) !== '',
  };
}

/** Most servers do not list what a model can do; then name and family tell. */
function isEmbedding(name: string, { family, families }: Record<string, unknown>, capabilities: unknown): boolean {
  if (Array.isArray(capabilities) && capabilities.length > 0) return !capabilities.includes('completion');
  const kin = [family, ...(Array.isArray(families) ? families : [])].map(textOf);
  return /embed|minilm|(^|\/)bge-/i.test(name) || kin.some((one) => /bert/i.test(one));
}

/**
 * The model to talk to: one that is loaded already, else the one that was changed last. Embedding models are left out, and models that
 * run elsewhere, since nobody asked for text to leave this machine. Undefined: there is none.
 */
export function chooseOllamaModel(models: readonly OllamaModel[], loaded: readonly OllamaModel[]): string | undefined {
  const usable = models.filter(({ isEmbedding, isRemote }) => !isEmbedding && !isRemote);
  const warm = loaded.find(({ name }) => usable.some((model) => model.name === name));
  const [latest] = [...usable].sort((one, other) => other.modified - one.modified || 0);
  return (warm ?? latest)?.name;
}

/** Whether a model is there, by a name that may leave out `:latest`. */
export function hasOllamaModel(models: readonly OllamaModel[], wanted: string): boolean {
  const name = fullName(wanted);
  return models.some((model) => fullName(model.name) === name);
}

function fullName(name: string): string {
  const isTagged = /:[^/]*$/.test(name);
  return (isTagged ? name : `${name}:latest`).toLowerCase();
}
