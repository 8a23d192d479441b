/**
 * Holds the policies that are in force: which judge an agent, in which version, and which are in quarantine. Every hook is called
 * under watch.
 */
import { pathToFileURL } from 'node:url';
import { BUILT_IN_POLICIES } from '../../policy/built-in.ts';
import type { Policy } from '../../policy/policy.ts';
import { readPolicy } from '../../policy/read-policy.ts';
import type { PolicyView } from '../service.ts';
import type { PolicySource } from '../settings.ts';
import type { OffenceStore } from '../store/offences.ts';
import { BUILT_IN_VERSION, type Judge, type LoadedPolicy } from './loaded-policy.ts';
import { callHook } from './verdict.ts';
import type { Watchdog } from './watchdog.ts';

/** A policy that cannot be loaded: what, where, why. */
export class PolicyLoadError extends Error {
  override readonly name = 'PolicyLoadError';
}

interface Hosted extends LoadedPolicy {
  /** What the configuration calls it. */
  use: string;
  /** Its number at the watchdog. */
  watched: number;
  /** Undefined: all. */
  agents: string[] | undefined;
}

export class PolicyHost {
  readonly #policies: Hosted[] = [];
  readonly #watchdog: Watchdog;
  readonly #offences: OffenceStore;

  constructor(watchdog: Watchdog, offences: OffenceStore) {
    this.#watchdog = watchdog;
    this.#offences = offences;
  }

  /** Loads one policy after the others. @throws PolicyLoadError */
  async load(source: PolicySource): Promise<void> {
    const version = source.version ?? BUILT_IN_VERSION;
    const watched = this.#watchdog.add({ name: source.use, version });
    const policy = this.#offences.isQuarantined(source.use, version)
      ? neverAsked(source)
      : await this.#import(source, watched);
    const { use, agents } = source;
    const { name } = policy;
    if (this.#policies.some((other) => other.name === name && !isSamePolicy(other, { use, version, agents }))) {
      throw new PolicyLoadError(`${use}: another policy is called "${name}" too; rename one of them.`);
    }
    const known = name === use ? watched : this.#watchdog.add({ name, version });
    this.#policies.push({ name, use, version, policy, watched: known, agents });
  }

  async #import(source: PolicySource, watched: number): Promise<Policy> {
    const { use, file } = source;
    if (file === undefined && !BUILT_IN_POLICIES.has(use)) {
      throw new PolicyLoadError(`${use}: there is no built-in policy of this name.`);
    }
    this.#watchdog.begin(watched, 0);
    try {
      return readPolicy(file === undefined ? BUILT_IN_POLICIES.get(use) : await importDefault(file), source);
    } catch (error) {
      throw new PolicyLoadError(`${use}: ${(error as Error).message}`);
    } finally {
      this.#watchdog.end();
    }
  }

  /** The policies that judge an agent, in the order of the configuration. */
  of(agent: string): readonly LoadedPolicy[] {
    return this.#policies.filter(({ agents }) => agents === undefined || agents.includes(agent));
  }

  /** The versions that judge an agent, as they are recorded with a turn. */
  versionsOf(agent: string): string {
    return this.of(agent)
      .map(({ name, version }) => `${name}@${version}`)
      .join(' ');
  }

  /** The first policy of an agent that is in quarantine. */
  quarantinedOf(agent: string): LoadedPolicy | undefined {
    return this.of(agent).find(({ name, version }) => this.#offences.isQuarantined(name, version));
  }

  /** The judge of one run. `run`: its number in the store. */
  judgeOf(run: number): Judge {
    return (loaded, hook, input) => {
      this.#watchdog.begin((loaded as Hosted).watched, run);
      try {
        return callHook(loaded, hook, input);
      } finally {
        this.#watchdog.end();
      }
    };
  }

  views(): PolicyView[] {
    const byName = new Map(this.#policies.map(({ name, version }) => [name, version]));
    return [...byName].map(([name, version]) => ({
      name,
      version,
      quarantined: this.#offences.isQuarantined(name, version),
    }));
  }
}

async function importDefault(file: string): Promise<unknown> {
  const loaded = (await import(pathToFileURL(file).href)) as { default?: unknown };
  return loaded.default;
}

/** One policy that is in the lists of several agents; two policies of one name, or one twice in a list, could not be told apart. */
function isSamePolicy(one: Hosted, other: Pick<Hosted, 'use' | 'version' | 'agents'>): boolean {
  if (one.use !== other.use || one.version !== other.version) return false;
  if (one.agents === undefined || other.agents === undefined) return false;
  return !one.agents.some((agent) => other.agents?.includes(agent));
}

/** Stands for a policy that hung while it was loaded: it is not loaded, and runs that it covers are refused by its name. */
function neverAsked(source: PolicySource): Policy {
  return { name: source.use, onMessage: () => ({ action: 'block', reason: 'in quarantine' }) };
}
