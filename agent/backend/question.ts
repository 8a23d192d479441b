/** One short question to a server, answered within two seconds or not at all. Never throws: a failure is part of the answer. */
import type { IncomingMessage } from 'node:http';
import { errorOfSocket } from './error-mapping.ts';
import { openRequest, type RequestToSend, readBody } from './open-request.ts';
import type { ServerAddress } from './server-address.ts';

const ANSWER_MS = 2000;
const BODY_BYTES = 4 * 1024 * 1024;

export interface Answer {
  /** HTTP status; 0 when there was no answer. */
  status: number;
  contentType: string;
  /** What the server calls itself in its `Server` header. */
  server: string;
  body: string;
  /** Why there was no answer, for people. */
  failure: string | undefined;
}

/** GETs a path that begins with `/`; with a `body` (JSON) it POSTs. */
export async function ask(address: ServerAddress, path: string, signal: AbortSignal, body?: string): Promise<Answer> {
  const url = address.url(path);
  try {
    return await exchange({ url, headers: address.headers(), ...(body !== undefined && { body }) }, signal);
  } catch (error) {
    return { status: 0, contentType: '', server: '', body: '', failure: errorOfSocket(error as Error, url).message };
  }
}

function exchange(question: RequestToSend, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) throw new Error('the question was withdrawn');
    const request = openRequest(question);
    const withdraw = () => request.destroy(new Error('the question was withdrawn'));
    const giveUp = () => request.destroy(new Error(`no answer from ${question.url.pathname} within ${ANSWER_MS} ms`));
    const timer = setTimeout(giveUp, ANSWER_MS);
    signal.addEventListener('abort', withdraw, { once: true });
    request.on('error', reject);
    request.once('response', (response) => void readAnswer(response).then(resolve, reject));
    request.once('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', withdraw);
    });
  });
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const body = await readBody(response, BODY_BYTES);
  if (!response.complete) throw new Error('the answer broke off');
  const { server = '', 'content-type': contentType = '' } = response.headers;
  return { status: response.statusCode ?? 0, contentType, server: String(server), body, failure: undefined };
}
