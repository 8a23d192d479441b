/**
 * Versions of policies as they are recorded: the content hash of the bundle (or `built-in`), and with options `+` and a hash of those. A
 * turn is recorded with `name@version` for each policy that judges it, in their order.
 */
import { createHash } from 'node:crypto';
import type { PolicySource } from '../settings.ts';

/** Stands for the content of a policy that comes with the product. */
const BUILT_IN_VERSION = 'built-in';
/** Hex digits. */
const OPTIONS_HASH_LENGTH = 8;

/** The version that a source is, without its being loaded. */
export function versionOf({ version = BUILT_IN_VERSION, options }: Pick<PolicySource, 'version' | 'options'>): string {
  if (options === undefined) return version;
  const hash = createHash('sha256').update(JSON.stringify(options)).digest('hex');
  return `${version}+${hash.slice(0, OPTIONS_HASH_LENGTH)}`;
}

/** Whether a version is of a policy that comes with the product. */
export function isBuiltIn(version: string): boolean {
  return bundleOf(version) === BUILT_IN_VERSION;
}

/** The content hash in a version. */
export function bundleOf(version: string): string {
  return version.split('+', 1)[0] ?? version;
}

export interface RecordedVersion {
  name: string;
  version: string;
}

export function writeVersions(policies: readonly RecordedVersion[]): string {
  return policies.map(({ name, version }) => `${name}@${version}`).join(' ');
}

/** What `writeVersions` wrote. */
export function readVersions(recorded: string): RecordedVersion[] {
  return recorded.split(' ').flatMap((one) => {
    const at = one.lastIndexOf('@');
    return at < 0 ? [] : { name: one.slice(0, at), version: one.slice(at + 1) };
  });
}
