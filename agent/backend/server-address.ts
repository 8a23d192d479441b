/** Where a model server is and with which headers it is spoken to. */
import type { BackendDefinition } from './backend.ts';

export class ServerAddress {
  readonly apiKeyVariable: string | undefined;
  readonly apiKey: string | undefined;
  readonly #base: string;

  /** @throws TypeError the URL of the definition is not one */
  constructor({ url, apiKeyVariable }: BackendDefinition, environment: NodeJS.ProcessEnv) {
    this.#base = new URL(url).href.replace(/\/+$/, '').replace(/\/v1$/, '');
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
