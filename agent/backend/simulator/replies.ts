/** JSON replies and errors in the form, and with the headers, that llama-server gives them. */
import type { ServerResponse } from 'node:http';

/** A request that is answered with an error. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly type: string;
  readonly details: Record<string, number>;

  constructor(status: number, type: string, message: string, details: Record<string, number> = {}) {
    super(message);
    this.status = status;
    this.type = type;
    this.details = details;
  }
}

/** Headers of every reply. */
export const COMMON_HEADERS = { Server: 'llama.cpp', 'Access-Control-Allow-Origin': '' };

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendText(response, status, JSON.stringify(body), 'application/json; charset=utf-8');
}

export function sendText(response: ServerResponse, status: number, text: string, contentType: string): void {
  const headers = { ...COMMON_HEADERS, 'Content-Type': contentType, 'Content-Length': Buffer.byteLength(text) };
  response.writeHead(status, headers).end(text);
}

/** The error of a request that was understood; the server writes its code first. */
export function sendRefusal(response: ServerResponse, { status, message, type, details }: Refusal): void {
  sendJson(response, status, { error: { code: status, message, type, ...details } });
}

/** The error of a request that did not get as far; the server writes its code last. */
export function sendRejection(response: ServerResponse, status: number, type: string, message: string): void {
  sendJson(response, status, { error: { message, type, code: status } });
}

/** What is said while the model is being loaded. */
export function sendLoading(response: ServerResponse): void {
  sendRejection(response, 503, 'unavailable_error', 'Loading model');
}
