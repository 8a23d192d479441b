/** Whether a host name of an address means this machine; no name service is asked. */
import { networkInterfaces } from 'node:os';

/** `hostname`: as `URL` has it, IPv6 in brackets. Addresses of this machine's own network cards count. */
export function isThisMachine(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (host === 'localhost' || host.endsWith('.localhost') || /^127\.\d+\.\d+\.\d+$/.test(host)) return true;
  const cards = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return ['::1', '0.0.0.0', '::'].includes(host) || cards.some(({ address }) => address === host);
}
