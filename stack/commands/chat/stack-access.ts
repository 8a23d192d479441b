/** A running stack as the chat sees it: where it answers, with which token, and whether it is still there. */

import { type DataFolder, dataFolder } from '../../data-folder.ts';
import { isLocked } from '../../lock.ts';
import { readPidFile } from '../../pid-file.ts';
import { readToken } from '../../token.ts';

/** An error that the stack answered with. */
export class StackError extends Error {
  override readonly name = 'StackError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

const ANSWERS_WITHIN_MS = 5000;

export class StackAccess {
  readonly #data: DataFolder;
  readonly #token: string | undefined;
  #url = '';

  /** `token`: undefined: the one in the data folder. */
  constructor(folder: string, token: string | undefined) {
    this.#data = dataFolder(folder);
    this.#token = token;
  }

  get folder(): string {
    return this.#data.folder;
  }

  /** Where the gateway answers now, without the token; a stack that was started anew may have another address. */
  get url(): string {
    this.#url = readPidFile(this.#data.pidFile)?.url || this.#url;
    return this.#url;
  }

  /** Whether a stack runs with this data folder. */
  isRunning(): boolean {
    return isLocked(this.#data.lock);
  }

  /** One request with the token. @throws the failure of fetch when the gateway does not answer */
  fetch(path: string, init: RequestInit & { headers?: Record<string, string> } = {}): Promise<Response> {
    const token = this.#token ?? readToken(this.#data.token);
    const headers = { ...init.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    return fetch(`${this.url}${path}`, { ...init, headers });
  }

  /** The JSON of a reply. @throws StackError, or the failure of fetch */
  async ask<T>(path: string, body?: object): Promise<T> {
    const post = body && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const response = await this.fetch(path, { ...post, signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) });
    if (!response.ok) throw await errorOf(response);
    return (await response.json()) as T;
  }
}

/** The error in a reply. */
export async function errorOf(response: Response): Promise<StackError> {
  const body = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string } };
  const { code = 'unknown', message = `the stack answered ${response.status}` } = body.error ?? {};
  return new StackError(response.status, code, message);
}
