/** What Ollama says of its models in `/api/tags` (there) and `/api/ps` (loaded), read without trust. Pure. */
import { countOf, fieldsOf, parseJson, textOf } from './json.ts';

export interface OllamaModel {
  name: string;
  /** Milliseconds since 1970; 0 when it is not said. */
  modifiedAt: number;
  /** It answers; others only turn text into vectors. */
  chats: boolean;
  /** It runs on this server, not at the maker's. */
  local: boolean;
  /** Context in tokens that it is loaded with; undefined when it is not loaded, or the server does not say. */
  contextTokens: number | undefined;
}

const EMBEDDING_FAMILY = /bert/i;
const EMBEDDING_NAME = /embed|minilm|(^|\/)(bge|gte|e5)-/i;

/** The models of a list; none for anything else. */
export function readModels(body: string): OllamaModel[] {
  const { models } = fieldsOf(parseJson(body));
  const read = Array.isArray(models) ? models.map((model) => readModel(fieldsOf(model))) : [];
  return read.filter(({ name }) => name !== '');
}

/** The model of this name, with or without its tag: Ollama means `latest` when there is none. */
export function findModel(models: readonly OllamaModel[], name: string): OllamaModel | undefined {
  return models.find((model) => withTag(model.name) === withTag(name));
}

/** Names, the one to use first: those that chat, of them those that run here, of them what is loaded, of them the newest. */
export function inOrderOfUse(there: readonly OllamaModel[], loaded: readonly OllamaModel[]): string[] {
  const rank = (model: OllamaModel): number =>
    (model.chats ? 0 : 4) + (model.local ? 0 : 2) + (findModel(loaded, model.name) === undefined ? 1 : 0);
  const ordered = [...there].sort((one, other) => rank(one) - rank(other) || other.modifiedAt - one.modifiedAt);
  return ordered.map(({ name }) => name);
}

function readModel(fields: Record<string, unknown>): OllamaModel {
  const name = textOf(fields.name) || textOf(fields.model);
  const { family, families } = fieldsOf(fields.details);
  const all = [family, ...(Array.isArray(families) ? families : [])].map(textOf);
  return {
    name,
    modifiedAt: Date.parse(textOf(fields.modified_at)) || 0,
    chats: chats(fields.capabilities) ?? !(EMBEDDING_NAME.test(name) || all.some((one) => EMBEDDING_FAMILY.test(one))),
    local: textOf(fields.remote_host) === '',
    contextTokens: countOf(fields.context_length) || undefined,
  };
}

function chats(capabilities: unknown): boolean | undefined {
  return Array.isArray(capabilities) && capabilities.length > 0 ? capabilities.includes('completion') : undefined;
}

function withTag(name: string): string {
  return /:[^/]*$/.test(name) ? name : `${name}:latest`;
}
