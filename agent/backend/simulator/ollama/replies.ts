/** Replies and errors in the form that Ollama gives them. */
import type { ServerResponse } from 'node:http';
import type { Refusal } from '../replies.ts';

export const JSON_TYPE = 'application/json; charset=utf-8';

export function sendOllama(response: ServerResponse, status: number, body: unknown): void {
  sendOllamaText(response, status, JSON.stringify(body), JSON_TYPE);
}

export function sendOllamaText(response: ServerResponse, status: number, text: string, contentType: string): void {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) }).end(text);
}

export function sendOllamaRefusal(response: ServerResponse, { status, message }: Refusal): void {
  sendOllama(response, status, { error: message });
}
