/**
 * Reads the configuration file: finds it, evaluates it, and checks all of it. What comes out is plain data; every error names file,
 * field and reason.
 */
import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import type { AgentDefinition, BackendConfiguration, PolicyReference } from '../supervisor/configuration.ts';
import type { MailboxLimits } from '../supervisor/mailbox/limits.ts';
import { describeIssues } from './configuration-issues.ts';
import { messageOf, usageFailure } from './failure.ts';
import { isOllamaAddress, ollamaUrl } from './ollama-address.ts';
import { findNotPlain } from './plain-data.ts';
import { bundleUserModule } from './user-module.ts';

/** What is looked for in the working directory; the first that exists is read. */
const CONFIGURATION_FILES = [
  'agents.config.ts',
  'agents.config.mts',
  'agents.config.js',
  'agents.config.mjs',
  'agents.config.json',
];

export interface LoadedConfiguration {
  /** Absolute path. */
  file: string;
  /** The file as it is named in messages. */
  name: string;
  agents?: AgentDefinition[] | undefined;
  backends?: BackendConfiguration[] | undefined;
  /** Requests in flight at most over all backends of a group. */
  gpuGroups?: Record<string, number> | undefined;
  mailbox?: MailboxLimits | undefined;
  /** Names of backends by the name of a pool. */
  pools?: Record<string, string[]> | undefined;
  policies?: PolicyReference[] | undefined;
  /** Not checked yet: that is resolve-options.ts' part. */
  options: Record<string, unknown>;
}

/**
 * The configuration that is named, or the one in the folder; undefined when there is none.
 * @throws Failure (exit code 2)
 */
export async function loadConfiguration(
  named: string | undefined,
  folder: string,
): Promise<LoadedConfiguration | undefined> {
  const name = named ?? CONFIGURATION_FILES.find((candidate) => existsSync(resolve(folder, candidate)));
  if (name === undefined) return undefined;
  const file = resolve(folder, name);
  const { options, ...configuration } = plainObject(await evaluate(file, name), name);
  return { file, name, options: plainOptions(options, name), ...(await check(configuration, name)) };
}

async function evaluate(file: string, name: string): Promise<unknown> {
  if (extname(file) === '.json') return readJson(file, name);
  const { code } = await bundleUserModule(file, name);
  const url = `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;
  const loaded = await import(url).catch((error: unknown) => {
    throw usageFailure(`${name} failed when it was loaded: ${messageOf(error)}`);
  });
  if ('default' in loaded) return (loaded as { default: unknown }).default;
  throw usageFailure(`${name}: there is no default export; write "export default defineConfig({ … })".`);
}

function readJson(file: string, name: string): unknown {
  try {
    const { $schema: _, ...value } = JSON.parse(readFileSync(file, 'utf8'));
    return value;
  } catch (error) {
    throw usageFailure(`${name} cannot be read: ${messageOf(error)}`);
  }
}

function plainObject(value: unknown, name: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw usageFailure(`${name}: the default export must be an object like { agents: […], backends: […] }.`);
  }
  const found = findNotPlain(value);
  if (found !== undefined) throw usageFailure(`${name}: ${found.field || 'the configuration'}: ${found.reason}.`);
  return value as Record<string, unknown>;
}

function plainOptions(options: unknown, name: string): Record<string, unknown> {
  if (options === undefined) return {};
  if (typeof options === 'object' && options !== null && !Array.isArray(options)) return { ...options };
  throw usageFailure(`${name}: options: must be an object like { port: 9000 }.`);
}

async function check(configuration: object, name: string) {
  // Loaded only when there is something to check: it takes longer than everything else here together.
  const schemas = await import('../supervisor/configuration.ts');
  const result = schemas.configurationSchema.safeParse(withOllamaAddresses(configuration), { reportInput: true });
  if (result.success) return result.data;
  const lines = describeIssues(result.error.issues, (path) => knownFields(schemas, path));
  throw usageFailure(lines.map((line) => `${name}: ${line.endsWith('?') ? line : `${line}.`}`).join('\n'));
}

/** As `--backend` does: a backend whose url is `ollama://HOST:PORT` is an Ollama there. */
function withOllamaAddresses(configuration: { backends?: unknown }): object {
  const { backends } = configuration;
  return Array.isArray(backends) ? { ...configuration, backends: backends.map(withHttpAddress) } : configuration;
}

function withHttpAddress(backend: { kind?: unknown; url?: unknown } | null): unknown {
  if (typeof backend?.url !== 'string' || !isOllamaAddress(backend.url)) return backend;
  return { kind: 'ollama', ...backend, url: ollamaUrl(backend.url) ?? backend.url };
}

function knownFields(schemas: typeof import('../supervisor/configuration.ts'), path: string): string[] {
  if (path === '') return [...Object.keys(schemas.configurationSchema.shape), 'options'];
  if (path === 'mailbox') return Object.keys(schemas.mailboxSchema.shape);
  if (/policies\[\d+\]$/.test(path)) return ['use', 'name', 'options'];
  return Object.keys(path.startsWith('agents') ? schemas.agentSchema.shape : schemas.backendSchema.shape);
}
