/** Recorded replies of a real llama-server: `NAME.res.http` as they came, `NAME.reads.json` the bytes of every read. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

const FOLDER = new URL('../fixtures/captures/', import.meta.url);

export interface Capture {
  /** The whole reply, headers and chunk framing included. */
  bytes: Buffer;
  /** Sizes of the reads in which it came. */
  reads: number[];
}

export interface ParsedReply {
  status: number;
  /** Header lines as they came, names and values. */
  headers: [string, string][];
  /** Without chunk framing. */
  body: Buffer;
  /** Each chunk by itself; one for a body that is not chunked. */
  chunks: Buffer[];
}

export const CAPTURES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.res.http'))
  .map((file) => file.replace('.res.http', ''));

export function readCapture(name: string): Capture {
  const reads = JSON.parse(readFileSync(new URL(`${name}.reads.json`, FOLDER), 'utf8'));
  return {
    bytes: readFileSync(new URL(`${name}.res.http`, FOLDER)),
    reads: reads.reads_ms_bytes.map(([, bytes]: [number, number]) => bytes),
  };
}

/** The recorded request with `Host` and address left to the caller. */
export function readRequestBody(name: string): string {
  return readFileSync(new URL(`${name}.req.http`, FOLDER), 'utf8')
    .split('\r\n\r\n')
    .slice(1)
    .join('\r\n\r\n');
}

export function parseReply(bytes: Buffer): ParsedReply {
  const end = bytes.indexOf('\r\n\r\n');
  const [statusLine = '', ...lines] = bytes.subarray(0, end).toString().split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const rest = bytes.subarray(end + 4);
  const chunked = headers.some(([name, value]) => name === 'Transfer-Encoding' && value === 'chunked');
  const chunks = chunked ? dechunk(rest) : [rest];
  return { status: Number(statusLine.split(' ')[1]), headers, chunks, body: Buffer.concat(chunks) };
}

/** The JSON events of a stream; what is not JSON as text. */
export function eventsOf(body: Buffer): unknown[] {
  const lines = body.toString().split('\n\n');
  const data = lines.filter((line) => line.startsWith('data: ')).map((line) => line.slice('data: '.length));
  return data.map((event) => (event.startsWith('{') ? JSON.parse(event) : event));
}

/** Sends a request as it is and reads the reply as it comes, until the server closes. */
export function exchangeRaw(
  url: string,
  method: string,
  path: string,
  body?: string,
  headers = 'Connection: close',
): Promise<Buffer> {
  const { hostname, port, host } = new URL(url);
  const content =
    body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const socket = connect(Number(port), hostname);
  socket.write(`${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n${content}\r\n${body ?? ''}`);
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    socket.on('data', (piece) => pieces.push(piece as Buffer));
    socket.on('error', reject).on('close', () => resolve(Buffer.concat(pieces)));
  });
}

function dechunk(bytes: Buffer): Buffer[] {
  const chunks: Buffer[] = [];
  let position = 0;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', position);
    const size = Number.parseInt(bytes.subarray(position, lineEnd).toString(), 16);
    if (!(size > 0)) return chunks;
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    position = lineEnd + 2 + size + 2;
  }
}
