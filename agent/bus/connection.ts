/**
 * One end of the bus over a stream socket: newline-delimited JSON, every message checked on arrival, in the order of sending. A peer that sends rubbish, or a line of more than 64 MB, loses its connection.
 */
import type { Socket } from 'node:net';
import type { Shape } from './shape.ts';

const LONGEST_LINE_CHARACTERS = 64 * 1024 * 1024;

export interface Connection<Incoming, Outgoing> {
  /** Sends at once, or does nothing once closed; the protocol makes up for what was lost when the peers meet again. */
  send(message: Outgoing): void;
  /** Sends in one write with everything else of this tick of the event loop: for many small messages. */
  sendGathered(message: Outgoing): void;
  /** Bytes that the peer has not taken yet. */
  readonly unsentBytes: number;
  /** Resolves when the peer has taken what was sent, or the connection is closed. */
  drained(): Promise<void>;
  close(): void;
  onMessage(listener: (message: Incoming) => void): void;
  /** Called once, with the reason where there is one. */
  onClose(listener: (error: Error | undefined) => void): void;
}

/** Wraps a connected socket. Listeners are to be set in the same tick. */
export function overSocket<Incoming, Outgoing>(socket: Socket, shape: Shape<Incoming>): Connection<Incoming, Outgoing> {
  let listener: (message: Incoming) => void = () => {};
  let failure: Error | undefined;
  let corked = false;
  socket.setEncoding('utf8');
  socket.on('error', (error) => {
    failure ??= error;
  });
  const parse = (line: string): Incoming | undefined => {
    try {
      return shape(JSON.parse(line), 'message');
    } catch (error) {
      // Of what is no JSON the error quotes a part, which may be text that nobody is to see, and the reason is logged.
      socket.destroy(error instanceof SyntaxError ? new Error('a line on the bus is no JSON') : (error as Error));
      return undefined;
    }
  };
  socket.on(
    'data',
    splitLines(
      (line) => {
        const message = socket.destroyed ? undefined : parse(line);
        if (message !== undefined) listener(message);
      },
      (error) => socket.destroy(error),
    ),
  );
  const uncork = (): void => {
    corked = false;
    socket.uncork();
  };
  const send = (message: Outgoing): void => {
    if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
  };
  return {
    send,
    sendGathered(message) {
      if (!corked) {
        corked = true;
        socket.cork();
        process.nextTick(uncork);
      }
      send(message);
    },
    get unsentBytes() {
      return socket.writableLength;
    },
    drained: () => untilDrained(socket),
    close: () => socket.destroy(),
    onMessage(next) {
      listener = next;
    },
    onClose: (closed) => socket.once('close', () => closed(failure)),
  };
}

function untilDrained(socket: Socket): Promise<void> {
  if (socket.destroyed || !socket.writableNeedDrain) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

/** Gathers chunks into lines. Only the new chunk is searched: a long line comes in thousands of them. */
function splitLines(onLine: (line: string) => void, onTooLong: (error: Error) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = chunk.split('\n');
    lines[0] = rest + lines[0];
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length > LONGEST_LINE_CHARACTERS) onTooLong(new Error('a line on the bus is too long'));
  };
}
