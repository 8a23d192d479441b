/** A TCP client for tests that shows exactly which bytes a server sends, and can stop reading. */
import { connect, type Socket } from 'node:net';

export class RawClient {
  readonly socket: Socket;
  text = '';
  readonly #closed: Promise<void>;
  #changed = (): void => undefined;

  private constructor(port: number, host: string, requestText: string) {
    this.socket = connect(port, host);
    this.socket.setEncoding('utf8');
    this.socket.on('data', (chunk: string) => {
      this.text += chunk;
      this.#changed();
    });
    this.socket.on('error', () => undefined);
    this.#closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        resolve();
        this.#changed();
      });
    });
    this.socket.write(requestText);
  }

  /** @param lines request line and headers; a Host is added unless it is said not to */
  static send(port: number, lines: string[], address = '127.0.0.1', addHost = true): RawClient {
    const name = address.includes(':') ? `[${address}]` : address;
    const host = addHost ? [`Host: ${name}:${port}`] : [];
    return new RawClient(port, address, `${[...lines, ...host].join('\r\n')}\r\n\r\n`);
  }

  /** Resolves when this was received, or when the connection is closed; look at `text` afterwards. */
  async received(text: string): Promise<void> {
    let seen = 0;
    while (!this.text.includes(text, seen) && !this.socket.closed) {
      seen = Math.max(0, this.text.length - text.length);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  closed(): Promise<void> {
    return this.#closed;
  }
}
