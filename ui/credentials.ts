/**
 * The token of a data folder and the cookie that stands for it. The cookie holds a value made from the token, not the token: cookies go to
 * every port of a host. Its name is made from the token too, so that two stacks on one host do not overwrite each other's.
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

const COOKIE_SECONDS = 30 * 24 * 3600;

export class Credentials {
  readonly #tokenDigest: Buffer;
  readonly #cookieName: string;
  readonly #cookieValue: string;
  readonly #cookieDigest: Buffer;

  /** @throws Error when the token is empty: an empty token would let everyone in. */
  constructor(token: string) {
    if (token === '') throw new Error('the token of the stack is empty');
    this.#tokenDigest = digest(token);
    this.#cookieName = `interject-${derive(token, 'cookie name').slice(0, 12)}`;
    this.#cookieValue = derive(token, 'cookie value');
    this.#cookieDigest = digest(this.#cookieValue);
  }

  /** Whether this is the token; takes the same time for every wrong one. */
  isToken(token: string): boolean {
    return timingSafeEqual(digest(token), this.#tokenDigest);
  }

  /** Whether a request carries the token as `Authorization: Bearer`, or the cookie. */
  areIn(headers: IncomingHttpHeaders): boolean {
    const bearer = /^bearer +(.+)$/i.exec(headers.authorization ?? '')?.[1];
    if (bearer !== undefined && this.isToken(bearer)) return true;
    const cookie = headers.cookie === undefined ? undefined : this.#cookieIn(headers.cookie);
    return cookie !== undefined && timingSafeEqual(digest(cookie), this.#cookieDigest);
  }

  /** Value of the `Set-Cookie` header that opens a session. */
  setCookie(): string {
    return `${this.#cookieName}=${this.#cookieValue}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${COOKIE_SECONDS}`;
  }

  #cookieIn(header: string): string | undefined {
    const prefix = `${this.#cookieName}=`;
    for (const pair of header.split(';')) {
      const trimmed = pair.trim();
      if (trimmed.startsWith(prefix)) return trimmed.slice(prefix.length);
    }
    return undefined;
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function derive(token: string, purpose: string): string {
  return createHmac('sha256', token).update(`interject session ${purpose}`).digest('hex');
}
