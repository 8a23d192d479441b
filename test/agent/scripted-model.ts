/** A model server whose every chunk a test sends by hand, over real HTTP. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { BackendDefinition } from '../../agent/backend/backend.ts';

/** One model call, as its server sees it. */
export interface ScriptedCall {
  body: { model: string; messages: { role: string; content: string }[] } & Record<string, unknown>;
  /** Sends the headers, where that is done by hand. */
  accept(): void;
  /** Answers with an error instead. */
  refuse(status: number, message: string): void;
  say(text: string): void;
  think(text: string): void;
  /** Ends the answer in good order. */
  finish(reason?: 'stop' | 'length'): void;
  /** Any chunk, or `[DONE]`. */
  chunk(data: unknown): void;
  /** Breaks the connection. */
  break(): void;
  /** Resolves when the client has closed the connection. */
  closed: Promise<void>;
  readonly isOpen: boolean;
}

export interface ScriptedModel {
  definition: BackendDefinition;
  /** The next call that nobody has taken yet. */
  call(): Promise<ScriptedCall>;
}

/** Closed when the test ends. `accepting`: whether a request is answered with headers at once, or like one that waits for a slot. `template`: whether it goes on with answers. */
export async function scriptedModel(
  name = 'scripted',
  accepting: 'at once' | 'by hand' = 'at once',
  template: 'untold' | 'continues' = 'untold',
): Promise<ScriptedModel> {
  const calls: ScriptedCall[] = [];
  const waiting: ((call: ScriptedCall) => void)[] = [];
  const server = createServer(async (request, response) => {
    if (request.url === '/apply-template' && template === 'continues') return applyTemplate(request, response);
    if (request.url !== '/v1/chat/completions') return describe(request.url ?? '', response);
    const call = await startCall(request, response);
    if (accepting === 'at once') call.accept();
    const taker = waiting.shift();
    if (taker === undefined) calls.push(call);
    else taker(call);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const call = (): Promise<ScriptedCall> =>
    new Promise((resolve) => {
      const next = calls.shift();
      if (next === undefined) waiting.push(resolve);
      else resolve(next);
    });
  return { definition: { name, kind: 'openai', url: `http://127.0.0.1:${port}` }, call };
}

/** As llama-server describes itself, with four slots. */
function describe(path: string, response: ServerResponse): void {
  const known: Record<string, object> = {
    '/health': { status: 'ok' },
    '/props': { total_slots: 4, model_alias: 'scripted', simulator: true },
  };
  response.writeHead(path in known ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(known[path] ?? {}));
}

/** A template that takes everything and leaves a last message open. */
async function applyTemplate(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { messages } = JSON.parse(await textOf(request)) as ScriptedCall['body'];
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ prompt: messages.map(({ role, content }) => `${role}: ${content}`).join('\n') }));
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

async function startCall(request: IncomingMessage, response: ServerResponse): Promise<ScriptedCall> {
  const body = JSON.parse(await textOf(request));
  const chunk = (data: unknown): void =>
    void response.write(`data: ${data === '[DONE]' ? '[DONE]' : JSON.stringify(data)}\n\n`);
  const delta = (fields: object, reason: string | null = null): void =>
    chunk({ choices: [{ index: 0, delta: fields, finish_reason: reason }] });
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  return {
    body,
    chunk,
    accept: () => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
    refuse: (status, message) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ error: { code: status, message, type: 'invalid_request_error' } }));
    },
    say: (text) => delta({ content: text }),
    think: (text) => delta({ reasoning_content: text }),
    finish: (reason = 'stop') => {
      delta({}, reason);
      chunk({ choices: [], usage: { prompt_tokens: 7, completion_tokens: 5 } });
      chunk('[DONE]');
      response.end();
    },
    break: () => void response.destroy(),
    closed,
    get isOpen() {
      return !response.destroyed;
    },
  };
}
