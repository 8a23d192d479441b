/** Where a model server is and with which headers it is spoken to. */
import type { BackendDefinition } from './backend.ts';

/** What people copy along with a base address. */
const NOT_BASE: Record<BackendDefinition['kind'], RegExp> = { openai: /\/v1$/, ollama: /\/(v1|api)$/ };

export class ServerAddress {
  readonly apiKeyVariable: string | undefined;
  readonly apiKey: string | undefined;
  readonly #base: string;

  /** @throws TypeError the URL of the definition is not one */
  constructor({ url, kind, apiKeyVariable }: BackendDefinition, environment: NodeJS.ProcessEnv) {
    this.#base = new URL(url).href.replace(/\/+$/, '').replace(NOT_BASE[kind], '');
    this.apiKeyVariable = apiKeyVariable;
    this.apiKey = apiKeyVariable === undefined ? undefined : environment[apiKeyVariable]?.trim();
  }

  /** The address of a path that begins with `/`. */
  url(path: string): URL {
    return new URL(this.#base + path);
  }

  headers(): Record<string, string> {
    return this.apiKey ? { authorization: `Bearer ${this.apiKey}` } : {};
  }
}
