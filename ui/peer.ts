/**
 * Whose process is at the other end of a loopback connection. Linux says so in /proc/net/tcp and tcp6; elsewhere, and when it cannot be
 * found out, nobody is known. Reading a table takes milliseconds (the kernel walks its whole hash table), so it is read off the event loop,
 * once for all who wait at the same time, and once a connection.
 */
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';

/** What the kernel writes for a user that this user namespace does not know: never the same user. */
const OVERFLOW_USER = 65534;

/** The ends of a connection as a socket names them. */
export interface Ends {
  address: string;
  port: number;
  peerAddress: string;
  peerPort: number;
}

/** Whether an address of a socket is on this machine only. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false;
  const plain = unmapped(address);
  return plain === '::1' || /^127\.\d+\.\d+\.\d+$/.test(plain);
}

/**
 * User id of the peer's socket in the text of /proc/net/tcp or tcp6. Rows without an inode are skipped: nobody holds such a socket any more,
 * and the kernel gives it the user id 0.
 */
export function findUser(table: string, ends: Ends): number | undefined {
  for (const own of spellings(ends.address)) {
    for (const peer of spellings(ends.peerAddress)) {
      const needle = ` ${peer}:${hexPort(ends.peerPort)} ${own}:${hexPort(ends.port)} `;
      const start = table.indexOf(needle);
      if (start !== -1) return userOfRow(table.slice(start + needle.length, start + needle.length + 120));
    }
  }
  return undefined;
}

/** Remembers for each connection whether its peer runs as the same user as this process. */
export class Peers {
  readonly #known = new WeakMap<Socket, boolean | Promise<boolean>>();
  readonly #tables = ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => new SharedFile(path));
  readonly #user = process.platform === 'linux' ? process.geteuid?.() : undefined;

  /** Never fails; a promise only the first time. */
  isSameUser(socket: Socket): boolean | Promise<boolean> {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    if (this.#user === undefined || !isLoopback(socket.remoteAddress) || !isLoopback(socket.localAddress)) return false;
    const looking = this.#look(socket).catch(() => false);
    this.#known.set(socket, looking);
    looking.then((same) => this.#known.set(socket, same));
    return looking;
  }

  async #look(socket: Socket): Promise<boolean> {
    const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
    const ends = { address: localAddress, port: localPort, peerAddress: remoteAddress, peerPort: remotePort };
    for (const table of this.#tables) {
      const user = findUser(await table.read(), ends);
      if (user !== undefined) return user === this.#user && user !== OVERFLOW_USER;
    }
    return false;
  }
}

/** A file that changes: everyone who asks gets a reading that began after they asked; those who wait share one. */
class SharedFile {
  readonly #path: string;
  #running: Promise<unknown> = Promise.resolve();
  #next: Promise<string> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  read(): Promise<string> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      const reading = readFile(this.#path, 'latin1');
      this.#running = reading.catch(() => undefined);
      return reading;
    });
    return this.#next;
  }
}

/** The row's rest is `st queues timer retransmits uid timeout inode …`. */
function userOfRow(rest: string): number | undefined {
  const fields = rest.trim().split(/\s+/);
  const inode = fields[6];
  return inode === undefined || inode === '0' ? undefined : Number(fields[4]);
}

/** An address as the tables may write it: an IPv4 one stands in tcp6 too when the peer's socket is an IPv6 one. */
function spellings(address: string): string[] {
  const plain = unmapped(address);
  if (!plain.includes('.')) return [words(ipv6Bytes(plain))];
  const bytes = plain.split('.').map(Number);
  return [words(bytes), words([...new Array<number>(10).fill(0), 255, 255, ...bytes])];
}

/** Each 32-bit word of the address in the byte order of this machine. */
function words(bytes: readonly number[]): string {
  let hex = '';
  for (let index = 0; index < bytes.length; index += 4) {
    const word = bytes.slice(index, index + 4);
    if (endianness() === 'LE') word.reverse();
    hex += Buffer.from(word).toString('hex');
  }
  return hex.toUpperCase();
}

/** Only `::1` gets here: other IPv6 addresses are not loopback. */
function ipv6Bytes(address: string): number[] {
  const bytes = new Array<number>(16).fill(0);
  if (address === '::1') bytes[15] = 1;
  return bytes;
}

function unmapped(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}

function hexPort(port: number): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}
