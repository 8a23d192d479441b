/** Where an Ollama is: `OLLAMA_HOST` as Ollama's own programs read it, and addresses that begin with `ollama://`. */
import { isIPv6 } from 'node:net';

const OLLAMA_PORT = 11_434;
const SCHEME = 'ollama://';

/** Ports when a scheme is written and none beside it. */
const PORT_OF = new Map([
  ['http', 80],
  ['https', 443],
]);

/** Addresses to listen on at all interfaces; a client means this machine by them. */
const THIS_MACHINE = new Map([
  ['', '127.0.0.1'],
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
]);

/**
 * The base address that `OLLAMA_HOST` means. Blanks and quotes around it are dropped; scheme, host and port may each be missing; a port
 * that is none counts as missing.
 * @returns like `http://127.0.0.1:11434`; undefined when it cannot be an HTTP address
 */
export function readOllamaHost(value: string): string | undefined {
  const text = value
    .trim()
    .replace(/^["']+|["']+$/g, '')
    .trim();
  const [, scheme = 'http', rest = ''] = /^(?:([^:/]*):\/\/)?(.*)$/s.exec(text) ?? [];
  const [, authority = '', path = ''] = /^([^/]*)(.*)$/s.exec(rest) ?? [];
  const { host, port } = splitAuthority(authority);
  const defaultPort = text.includes('://') ? (PORT_OF.get(scheme) ?? OLLAMA_PORT) : OLLAMA_PORT;
  const named = THIS_MACHINE.get(host) ?? host;
  const shown = isIPv6(named) ? `[${named}]` : named;
  const url = `${scheme}://${shown}:${isPort(port) ? Number(port) : defaultPort}${path.replace(/\/+$/, '')}`;
  return /^https?:/.test(url) && URL.canParse(url) ? url : undefined;
}

function splitAuthority(authority: string): { host: string; port: string | undefined } {
  if (isIPv6(authority)) return { host: authority, port: undefined };
  const [, bracketed, plain = '', port] = /^(?:\[(.*)\]|([^:]*))(?::(.*))?$/s.exec(authority) ?? [];
  return { host: bracketed ?? plain, port };
}

function isPort(text: string | undefined): boolean {
  return text !== undefined && /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

export function isOllamaAddress(text: string): boolean {
  return text.startsWith(SCHEME);
}

/**
 * The HTTP address behind `ollama://HOST:PORT`; without a port 11434, without a host 127.0.0.1. `/v1` and `/api` at the end are taken off.
 * @returns undefined when it is none
 */
export function ollamaUrl(address: string): string | undefined {
  const rest = address
    .slice(SCHEME.length)
    .replace(/\/+$/, '')
    .replace(/\/(v1|api)$/, '');
  return isStrict(rest) ? readOllamaHost(rest) : undefined;
}

/** Strict where `OLLAMA_HOST` is lenient: a port that is none, a user name or a query were typed by mistake. */
function isStrict(rest: string): boolean {
  const host = isIPv6(rest) ? `[${rest}]` : rest.replace(/^(?=$|:)/, '127.0.0.1');
  if (!URL.canParse(`http://${host}`)) return false;
  const { username, password, search, hash } = new URL(`http://${host}`);
  return !rest.includes('://') && [username, password, search, hash].every((part) => part === '');
}
