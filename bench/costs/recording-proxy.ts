/** A proxy before a model server that writes down when its chat requests came, and when their text went by. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createParser } from 'eventsource-parser';
import type { RunningServer } from './servers.ts';

/** A chat request; times as `performance.now` counts. */
export interface RecordedCall {
  cameAt: number;
  body: string;
  /** Each piece of text, and when it was passed on. */
  pieces: { at: number; text: string }[];
  /** Tokens of the prompt: read anew, and found in the cache; absent where the server does not say, or was cut off before. */
  prompt?: { read: number; cached: number };
}

export interface RecordingProxy extends RunningServer {
  /** In the order in which they came. */
  calls: RecordedCall[];
}

export async function startRecordingProxy(target: string): Promise<RecordingProxy> {
  const calls: RecordedCall[] = [];
  const server = createServer((incoming, outgoing) => {
    const call: RecordedCall = { cameAt: performance.now(), body: '', pieces: [] };
    if (incoming.url?.endsWith('/chat/completions')) calls.push(call);
    const parser = createParser({ onEvent: ({ data }) => note(call, data) });
    const { host: _host, ...headers } = incoming.headers;
    const options = { method: incoming.method, headers, agent: false };
    const upstream = request(new URL(incoming.url ?? '/', target), options, (reply) => {
      outgoing.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.on('data', (chunk: Buffer) => {
        outgoing.write(chunk);
        if (reply.headers['content-type']?.startsWith('text/event-stream')) parser.feed(chunk.toString());
      });
      reply.on('end', () => outgoing.end());
      reply.on('error', () => outgoing.destroy());
    });
    upstream.on('error', () => outgoing.destroy());
    outgoing.on('close', () => upstream.destroy());
    incoming.on('data', (chunk: Buffer) => {
      call.body += chunk.toString();
      upstream.write(chunk);
    });
    incoming.on('end', () => upstream.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, calls, close };
}

interface Chunk {
  choices?: { delta?: { content?: string | null } }[];
  timings?: { prompt_n?: number; cache_n?: number };
}

function note(call: RecordedCall, data: string): void {
  if (data === '[DONE]') return;
  const { choices, timings } = JSON.parse(data) as Chunk;
  const text = choices?.[0]?.delta?.content;
  if (text) call.pieces.push({ at: performance.now(), text });
  const { prompt_n: read, cache_n: cached } = timings ?? {};
  if (read !== undefined && cached !== undefined) call.prompt = { read, cached };
}
