/** Asking a simulator as an Ollama client does, by hand. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';

/** A line of an answer, or a whole one. */
interface OllamaLine {
  model?: string;
  created_at?: string;
  message?: { role: string; content: string; thinking?: string };
  response?: string;
  thinking?: string;
  done?: boolean;
  done_reason?: string;
  total_duration?: number;
  load_duration?: number;
  prompt_eval_count?: number;
  prompt_eval_duration?: number;
  eval_count?: number;
  eval_duration?: number;
  error?: string;
}

export interface OllamaReply {
  status: number;
  type: string | null;
  lines: OllamaLine[];
  last: OllamaLine;
  /** What was said in all lines. */
  text: string;
  thinking: string;
}

/** Posts and reads to the end. The model is `simulator` unless the body says otherwise. */
export async function ask(url: string, path: string, body: object): Promise<OllamaReply> {
  const reply = await fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify({ model: 'simulator', ...body }) });
  const lines: OllamaLine[] = (await reply.text())
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return {
    status: reply.status,
    type: reply.headers.get('content-type'),
    lines,
    last: lines.at(-1) ?? {},
    text: lines.map(({ message, response }) => message?.content ?? response ?? '').join(''),
    thinking: lines.map(({ message, thinking }) => message?.thinking ?? thinking ?? '').join(''),
  };
}

export function chat(url: string, content: string, more: object = {}): Promise<OllamaReply> {
  return ask(url, '/api/chat', { messages: [{ role: 'user', content }], ...more });
}

export interface RunningModel {
  name: string;
  size: number;
  size_vram: number;
  context_length: number;
  expires_at: string;
}

/** The models that are loaded. */
export async function runningModels(url: string): Promise<RunningModel[]> {
  return ((await (await fetch(`${url}/api/ps`)).json()) as { models: RunningModel[] }).models;
}

/** A chat whose connection is the test's to close. */
export function openChat(url: string, content: string, more: object = {}) {
  const request: ClientRequest = httpRequest(`${url}/api/chat`, { method: 'POST', agent: false });
  const response = new Promise<IncomingMessage>((resolve) => request.once('response', resolve));
  request.on('error', () => {});
  request.end(JSON.stringify({ model: 'simulator', messages: [{ role: 'user', content }], ...more }));
  return { request, response };
}

/** Waits, turn by turn of the event loop, until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
