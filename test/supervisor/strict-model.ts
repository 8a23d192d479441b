/**
 * A model server that counts and refuses as a test wants it, over real HTTP: one token for every two bytes of the prompt, a context that
 * it may or may not tell of, and a chat template that may raise. It answers with `ok`.
 */
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { BackendDefinition, ModelMessage } from '../../agent/backend/backend.ts';

export interface StrictSettings {
  /** Tokens; default: endless. */
  context?: number;
  /** Says the context in `/props`; default: no. */
  tellsContext?: boolean;
  /** Says both numbers when it refuses a prompt; default: no. */
  tellsNumbers?: boolean;
  /** Its template raises at a system message and at two messages of one role in a row. */
  strictRoles?: boolean;
  /** It has `/apply-template`, so that it can be asked before; default: no. */
  canRender?: boolean;
  /** Status of a refusal for roles; default 400. */
  refusalStatus?: number;
  /** It refuses every call with this. */
  refusesAll?: string;
}

export interface StrictModel {
  definition: BackendDefinition;
  settings: StrictSettings;
  /** The prompts of all model calls, refused ones as well. */
  prompts: ModelMessage[][];
  /** What a call waits for before it is answered, by how many there were. */
  hold: (calls: number) => Promise<void> | undefined;
}

export function tokensIn(messages: readonly ModelMessage[]): number {
  return Math.ceil(messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0) / 2);
}

/** Closed when the test ends. */
export async function strictModel(settings: StrictSettings): Promise<StrictModel> {
  const model: StrictModel = {
    definition: { name: 'strict', kind: 'openai', url: '' },
    settings,
    prompts: [],
    hold: () => undefined,
  };
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const body = pieces.length === 0 ? {} : JSON.parse(Buffer.concat(pieces).toString());
    await answer(model, request.url ?? '', body.messages ?? [], response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  model.definition.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return model;
}

async function answer(
  model: StrictModel,
  path: string,
  messages: ModelMessage[],
  response: ServerResponse,
): Promise<void> {
  const { settings } = model;
  if (path === '/health') return send(response, 200, { status: 'ok' });
  if (path === '/props') return send(response, 200, props(settings));
  if (path === '/apply-template' && settings.canRender) return render(settings, messages, response);
  if (path !== '/v1/chat/completions') return send(response, 404, { error: { message: 'no such path' } });
  model.prompts.push(messages);
  await model.hold(model.prompts.length);
  if (settings.refusesAll !== undefined) return send(response, 400, { error: { message: settings.refusesAll } });
  if (settings.strictRoles && raises(messages)) return refuseRoles(settings, response);
  if (tokensIn(messages) > (settings.context ?? Number.POSITIVE_INFINITY))
    return refuseLength(settings, messages, response);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const usage = { prompt_tokens: tokensIn(messages), completion_tokens: 1 };
  const events = [{ choices: [{ delta: { content: 'ok' }, finish_reason: 'stop' }] }, { choices: [], usage }];
  response.end([...events.map((event) => JSON.stringify(event)), '[DONE]'].map((data) => `data: ${data}\n\n`).join(''));
}

function props({ context, tellsContext }: StrictSettings): object {
  return {
    total_slots: 2,
    model_alias: 'strict',
    ...(tellsContext && { default_generation_settings: { n_ctx: context } }),
  };
}

function render(settings: StrictSettings, messages: ModelMessage[], response: ServerResponse): void {
  if (settings.strictRoles && raises(messages)) return refuseRoles(settings, response);
  send(response, 200, { prompt: messages.map(({ role, content }) => `<${role}>${content}`).join('') });
}

function raises(messages: readonly ModelMessage[]): boolean {
  return messages.some(({ role }, index) => role === 'system' || role === messages[index - 1]?.role);
}

function refuseRoles({ refusalStatus = 400 }: StrictSettings, response: ServerResponse): void {
  send(response, refusalStatus, { error: { message: 'Jinja Exception: System role not supported' } });
}

function refuseLength(
  { context, tellsNumbers }: StrictSettings,
  messages: ModelMessage[],
  response: ServerResponse,
): void {
  const numbers = tellsNumbers ? { n_prompt_tokens: tokensIn(messages), n_ctx: context } : {};
  const message = 'the request exceeds the available context size';
  send(response, 400, { error: { code: 400, type: 'exceed_context_size_error', message, ...numbers } });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
