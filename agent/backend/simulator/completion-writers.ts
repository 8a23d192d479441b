/** A chat completion on its way to the client: as a stream of events, or whole at its end. */
import type { ServerResponse } from 'node:http';
import { type AnswerSummary, type AnswerToken, type AnswerWriter, FAILURE } from './answer-writer.ts';
import {
  type CompletionIdentity,
  closingEvents,
  errorEvent,
  roleEvent,
  STREAM_END,
  tokenEvent,
  wholeCompletion,
} from './completion-body.ts';
import type { FaultKind } from './faults.ts';
import { COMMON_HEADERS, Refusal, sendJson, sendRefusal, sendText } from './replies.ts';

const HALF_AN_EVENT = 'data: {"choices":[{"finish_reason":null,"ind\n\n';

export class StreamWriter implements AnswerWriter {
  readonly #response: ServerResponse;
  readonly #identity: CompletionIdentity;
  readonly #includeUsage: boolean;
  #opening: string;

  constructor(response: ServerResponse, identity: CompletionIdentity, includeUsage: boolean) {
    this.#response = response;
    this.#identity = identity;
    this.#includeUsage = includeUsage;
    this.#opening = roleEvent(identity);
  }

  /** The headers go out at once; the role comes with the first token. */
  begin(): void {
    const headers = { ...COMMON_HEADERS, 'X-Accel-Buffering': 'no', 'Content-Type': 'text/event-stream' };
    this.#response.writeHead(200, { ...headers, ...brokenPromise(this.#response) }).flushHeaders();
    const { socket } = this.#response;
    this.#response.once('finish', () => socket?.end());
  }

  write(tokens: readonly AnswerToken[]): boolean {
    return this.#send(tokens.map((token) => tokenEvent(this.#identity, token)).join(''));
  }

  end(summary: AnswerSummary): void {
    this.#send(closingEvents(this.#identity, summary, this.#includeUsage));
    this.#response.end(STREAM_END);
  }

  breakOff(kind: FaultKind): void {
    const last: Partial<Record<FaultKind, string>> = { 'error-line': errorEvent(FAILURE), garbage: HALF_AN_EVENT };
    this.#send(last[kind] ?? '');
    this.#response.end();
  }

  #send(events: string): boolean {
    const all = this.#opening + events;
    this.#opening = '';
    return all === '' || this.#response.write(all);
  }
}

export class WholeWriter implements AnswerWriter {
  readonly #response: ServerResponse;
  readonly #identity: CompletionIdentity;
  readonly #tokens: AnswerToken[] = [];

  constructor(response: ServerResponse, identity: CompletionIdentity) {
    this.#response = response;
    this.#identity = identity;
  }

  begin(): void {}

  write(tokens: readonly AnswerToken[]): boolean {
    this.#tokens.push(...tokens);
    return true;
  }

  end(summary: AnswerSummary): void {
    sendJson(this.#response, 200, wholeCompletion(this.#identity, this.#tokens, summary));
  }

  breakOff(kind: FaultKind): void {
    if (kind === 'truncate') this.#response.destroy();
    else if (kind === 'garbage') sendText(this.#response, 200, '{"choices":[', 'application/json; charset=utf-8');
    else sendRefusal(this.#response, new Refusal(500, 'server_error', FAILURE));
  }
}

/** A client that wants to keep the connection is told that it may; the server closes it all the same. */
function brokenPromise({ req }: ServerResponse): Record<string, string> {
  return req.headers.connection?.toLowerCase() === 'close' ? {} : { 'Keep-Alive': 'timeout=5, max=100' };
}
