/**
 * One HTTP request on a connection of its own. llama-server closes the connection after every stream while announcing the
 * opposite, so a kept connection fails up to half of the requests; a new one costs nothing measurable.
 * There is a time limit for connecting, none for answering: reading a long prompt takes minutes.
 */
import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';

const CONNECT_TIMEOUT_MS = 5000;
/** A silent connection is asked after this time whether its other end is still there. */
const KEEP_ALIVE_MS = 10_000;

export interface RequestToSend {
  url: URL;
  headers: Record<string, string>;
  /** JSON; with it the request is a POST, without it a GET. */
  body?: string;
  /** Milliseconds for name look-up, connection and TLS; default 5000. */
  connectTimeoutMs?: number;
}

/**
 * Sends a request; the caller listens for `response` and `error`, and `destroy()` closes the connection at once.
 * @throws TypeError a header that HTTP cannot carry
 */
export function openRequest({
  url,
  headers,
  body,
  connectTimeoutMs = CONNECT_TIMEOUT_MS,
}: RequestToSend): ClientRequest {
  const content =
    body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const request = requestFunction(url)(url, {
    agent: false,
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...content, connection: 'close' },
  });
  limitConnecting(request, url.protocol === 'https:' ? 'secureConnect' : 'connect', connectTimeoutMs);
  request.end(body);
  return request;
}

/** The body of a response as text, at most this many bytes of it; what had come when the connection broke. */
export function readBody(response: IncomingMessage, limitBytes: number): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve) => {
    const done = () => resolve(Buffer.concat(pieces).subarray(0, limitBytes).toString());
    response.on('data', (piece: Buffer) => {
      pieces.push(piece);
      bytes += piece.length;
      if (bytes >= limitBytes) done();
    });
    response.on('error', done).once('end', done).once('close', done);
  });
}

/** TLS is loaded only by who needs it: it costs an agent a megabyte. */
function requestFunction(url: URL): typeof requestHttp {
  return url.protocol === 'https:' ? process.getBuiltinModule('node:https').request : requestHttp;
}

function limitConnecting(request: ClientRequest, connected: string, milliseconds: number): void {
  request.once('socket', (socket) => {
    const giveUp = () => request.destroy(new Error(`no connection within ${milliseconds} ms`));
    const timer = setTimeout(giveUp, milliseconds);
    const stop = () => clearTimeout(timer);
    socket.once(connected, stop).once('close', stop);
    // A host that vanished would otherwise leave its answer open for ever.
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
  });
}
