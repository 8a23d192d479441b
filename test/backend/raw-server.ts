/** A TCP server whose every byte is decided by the test: for replies that no HTTP server would give. */
import { type AddressInfo, createServer, type Socket } from 'node:net';

export interface RawServer {
  url: string;
  /** Everything that clients sent, a text each connection. */
  received: string[];
  close(): Promise<void>;
}

/** Calls `reply` once a connection, when the head of a request and its body have come. */
export async function startRawServer(reply: (socket: Socket, request: string) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  const received: string[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    let request = '';
    socket.on('data', (bytes) => {
      const before = isWhole(request);
      request += bytes.toString();
      if (before || !isWhole(request)) return;
      received.push(request);
      reply(socket, request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Replies with these pieces, one write each, then closes. */
export function replyInPieces(pieces: readonly (Buffer | string)[]): (socket: Socket) => void {
  return async (socket) => {
    for (const piece of pieces) {
      await new Promise<void>((resolve) => socket.write(piece, () => setImmediate(resolve)));
    }
    socket.end();
  };
}

/** The pieces of a buffer, cut at these sizes; what is left over is the last piece. */
export function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let position = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(position, position + size));
    position += size;
  }
  if (position < bytes.length) pieces.push(bytes.subarray(position));
  return pieces;
}

/** A stream of events with these data lines, as an HTTP reply that ends with the connection. */
export function eventStream(events: readonly string[]): string {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n';
  return head + events.map((event) => `data: ${event}\n\n`).join('');
}

/** The data line of a delta. */
export function delta(fields: object, finishReason: string | null = null): string {
  return JSON.stringify({ choices: [{ index: 0, delta: fields, finish_reason: finishReason }] });
}

/** Lines as Ollama streams them, as an HTTP reply that ends with the connection. */
export function lineStream(lines: readonly object[]): string {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nConnection: close\r\n\r\n';
  return head + lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** A JSON reply. */
export function jsonReply(status: number, body: unknown): string {
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  return `HTTP/1.1 ${status} Whatever\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${text}`;
}

function isWhole(request: string): boolean {
  const [head, body] = request.split('\r\n\r\n');
  if (body === undefined) return false;
  const length = Number(/content-length: (\d+)/i.exec(head ?? '')?.[1] ?? 0);
  return Buffer.byteLength(body) >= length;
}
