/**
 * Who may ask for what, decided before a body is read: the Host must be one of ours (DNS rebinding), a browser must be on our own page
 * (other sites), and the client must have the token, or be a process of the same user on this machine.
 */
import type { IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { InterjectError } from '../supervisor/errors.ts';
import type { Credentials } from './credentials.ts';
import type { App } from './door.ts';
import { Peers } from './peer.ts';

/** What a route asks of a client. `open`: no token. `document`: no token, and links of other sites may lead here. */
export type Access = 'token' | 'open' | 'document';

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
}

export interface TrustSettings {
  /** Address that is listened on. */
  host: string;
  /** Further names that requests may carry as Host. */
  allowedHosts: readonly string[];
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];
/** A proxy says with these that somebody else is behind it, whoever the proxy itself is. */
const FORWARDING = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via', 'cf-connecting-ip'];

/** Adds the checks to every route, unknown ones included. */
export function registerTrust(app: App, settings: TrustSettings, credentials: Credentials): void {
  const hosts = new Set([...LOOPBACK_NAMES, ...[settings.host, ...settings.allowedHosts].map(asHostName)]);
  hosts.delete('');
  const peers = new Peers();
  app.addHook('onRequest', (request, _reply, done) => {
    const access = request.routeOptions.config.access ?? 'token';
    const refusal = refuse(request.raw, access, hosts);
    if (refusal !== undefined) return done(refusal);
    if (access !== 'token' || credentials.areIn(request.headers)) return done();
    const same = mayGoWithoutToken(request.raw) && peers.isSameUser(request.raw.socket);
    const decide = (trusted: boolean): void => done(trusted ? undefined : new InterjectError('token_required'));
    if (typeof same === 'boolean') decide(same);
    else same.then(decide);
  });
}

function refuse(request: IncomingMessage, access: Access, hosts: ReadonlySet<string>): InterjectError | undefined {
  if (!isOwnHost(request, hosts)) return new InterjectError('host_not_allowed');
  return isOwnPage(request, access) ? undefined : new InterjectError('origin_not_allowed');
}

/** Beside the known names the address that the connection came in on: a page of another site has a name as its host, never our address. */
function isOwnHost(request: IncomingMessage, hosts: ReadonlySet<string>): boolean {
  const host = hostName(request);
  return hosts.has(host) || (host !== '' && host === asHostName(localAddress(request)));
}

/** Programs send neither header; a browser sends them for what other sites make it do. */
function isOwnPage(request: IncomingMessage, access: Access): boolean {
  const { origin, host } = request.headers;
  if (origin !== undefined && hostOfOrigin(origin) !== host?.toLowerCase()) return false;
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return true;
  const followedLink =
    request.headers['sec-fetch-mode'] === 'navigate' && request.headers['sec-fetch-dest'] === 'document';
  return access === 'document' && followedLink;
}

/** A tunnel is a process of the same user too, but those who come through it are not. */
function mayGoWithoutToken(request: IncomingMessage): boolean {
  return LOOPBACK_NAMES.includes(hostName(request)) && FORWARDING.every((name) => request.headers[name] === undefined);
}

/** Host without port; empty when there is none. */
function hostName(request: IncomingMessage): string {
  return (request.headers.host ?? '').toLowerCase().replace(/:\d*$/, '').replace(/\.$/, '');
}

function localAddress(request: IncomingMessage): string {
  return (request.socket.localAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, '');
}

function asHostName(host: string): string {
  const name = host.toLowerCase();
  return isIPv6(name) ? `[${name}]` : name.replace(/:\d+$/, '');
}

function hostOfOrigin(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
