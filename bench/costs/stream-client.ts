/** Clients that read a streamed answer and note when its first text came: of a model server, and of the stack. */
import { request } from 'node:http';
import { createParser } from 'eventsource-parser';

export interface StreamedAnswer {
  /** As `performance.now` counts. */
  startedAt: number;
  /** Milliseconds from sending the request to the first piece of text. */
  firstTextMs: number;
  /** Pieces of text. */
  pieces: number;
  text: string;
}

/** Takes one SSE event; returns the piece of text in it, if there is one. */
type TextOf = (event: { event?: string | undefined; data: string }) => string | undefined;

/** Asks a model server, a proxy before it, or, by the name of an agent, the door for OpenAI's clients. */
export function askModel(
  url: string,
  content: string,
  { model = 'simulator', token }: { model?: string; token?: string } = {},
): Promise<StreamedAnswer> {
  const body = { model, messages: [{ role: 'user', content }], stream: true };
  const textOf: TextOf = ({ data }) => {
    if (data === '[DONE]') return undefined;
    return JSON.parse(data).choices[0]?.delta?.content ?? undefined;
  };
  return stream(`${url}/v1/chat/completions`, body, textOf, bearer(token));
}

/** A stack to ask. Without its token it first has to find out who asks, once for each connection. */
export interface AskedStack {
  url: string;
  token?: string;
}

/** Asks an agent of the stack, in a chat of its own. `turn`: text of other turns is not counted. */
export function askAgent(
  stack: AskedStack,
  agent: string,
  chat: string,
  content: string,
  turn?: number,
): Promise<StreamedAnswer> {
  const textOf: TextOf = ({ event, data }) => {
    if (event !== 'text-delta') return undefined;
    const delta = JSON.parse(data) as { turn: number; text: string };
    return turn === undefined || turn === delta.turn ? delta.text : undefined;
  };
  return stream(`${stack.url}/chat/${agent}`, { content, chat }, textOf, bearer(stack.token));
}

function bearer(token: string | undefined): object {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function stream(url: string, body: object, textOf: TextOf, further: object = {}): Promise<StreamedAnswer> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      connection: 'close',
      ...further,
    };
    const startedAt = performance.now();
    const answer: StreamedAnswer = { startedAt, firstTextMs: Number.NaN, pieces: 0, text: '' };
    const parser = createParser({
      onEvent: (event) => {
        const text = textOf(event);
        if (!text) return;
        if (answer.pieces++ === 0) answer.firstTextMs = performance.now() - startedAt;
        answer.text += text;
      },
    });
    const outgoing = request(url, { method: 'POST', headers, agent: false }, (reply) => {
      if (reply.statusCode !== 200) reject(new Error(`${url} answered ${reply.statusCode}`));
      reply.setEncoding('utf8');
      reply.on('data', (chunk: string) => parser.feed(chunk));
      reply.on('end', () => resolve(answer));
      reply.on('error', reject);
    });
    outgoing.on('error', reject);
    outgoing.end(JSON.stringify(body));
  });
}
