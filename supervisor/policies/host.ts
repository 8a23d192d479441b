/**
 * Holds the policies that are in force: which judge an agent, in which version, and which are in quarantine. Every hook is called
 * under watch, and counted. A version that takes the place of another one judges what begins from then on; open turns keep theirs.
 */
import { pathToFileURL } from 'node:url';
import type { Log } from '../../agent/log.ts';
import type { TurnToReview, Verdict } from '../../policy/policy.ts';
import { readPolicy } from '../../policy/read-policy.ts';
import type { PolicyView } from '../service.ts';
import type { PolicySource } from '../settings.ts';
import type { OffenceStore } from '../store/offences.ts';
import { callReview } from './call-review.ts';
import {
  builtIn,
  type Hosted,
  judges,
  mustBeTheOnly,
  mustKnowBackends,
  neverAsked,
  newCounters,
  type Place,
  PolicyLoadError,
} from './hosted.ts';
import type { Judge, LoadedPolicy } from './loaded-policy.ts';
import { bundleOf, type RecordedVersion, readVersions, versionOf, writeVersions } from './policy-version.ts';
import { callHook, PolicyFailure } from './verdict.ts';
import type { Watchdog } from './watchdog.ts';

/** Where something was judged, for the log. */
type JudgedPlace = { agent: string; chat: string; run: string; turn?: number };

const NONE: readonly Verdict[] = Object.freeze([]);

export class PolicyHost {
  readonly #places: Place[] = [];
  /** Versions that turns began with which are resumed, by name and version. */
  readonly #older = new Map<string, Hosted>();
  /** Every bundle that was loaded → the use it is of. */
  readonly #bundles = new Map<string, string>();
  readonly #watchdog: Watchdog;
  readonly #offences: OffenceStore;
  readonly #log: Log | undefined;
  readonly #backends: readonly string[];

  /** `backends`: names of all there are. */
  constructor(watchdog: Watchdog, offences: OffenceStore, log?: Log, backends: readonly string[] = []) {
    this.#backends = backends;
    this.#watchdog = watchdog;
    this.#offences = offences;
    this.#log = log;
  }

  /** One for each source that was loaded, in their order. */
  get places(): readonly Place[] {
    return this.#places;
  }

  /** The policy, by what the configuration calls it, that a file with this in its stack trace belongs to. */
  blame(stack: string): string | undefined {
    return [...this.#bundles].find(([file]) => stack.includes(pathToFileURL(file).href))?.[1];
  }

  /** Loads one policy after the others. @throws PolicyLoadError */
  async load(source: PolicySource): Promise<void> {
    const hosted = await this.#open(source);
    mustBeTheOnly(hosted.name, source, this.#places);
    const twin = this.#places.find((place) => place.hosted.name === hosted.name);
    if (twin !== undefined) hosted.counters = twin.hosted.counters;
    this.#places.push({ source, hosted, problem: undefined });
  }

  /** Puts another version in force; without success the old one stays. @throws PolicyLoadError */
  async replace(place: Place, source: PolicySource): Promise<void> {
    const hosted = await this.#open(source);
    const others = this.#places.filter((other) => other !== place);
    mustBeTheOnly(hosted.name, source, others);
    hosted.counters = place.hosted.counters;
    place.source = source;
    place.hosted = hosted;
  }

  async #open(source: PolicySource): Promise<Hosted> {
    const { use, agents } = source;
    const version = versionOf(source);
    const watched = this.#watchdog.add({ name: use, version });
    const isMissing = this.#offences.isQuarantined(use, version);
    const policy = isMissing ? neverAsked(source) : await this.#import(source, watched);
    mustKnowBackends(policy, use, this.#backends);
    const { name } = policy;
    const known = name === use ? watched : this.#watchdog.add({ name, version });
    return { name, version, policy, watched: known, agents, isMissing, counters: newCounters() };
  }

  async #import(source: PolicySource, watched: number) {
    const { use, file } = source;
    const found = file === undefined ? builtIn(use) : undefined;
    if (file !== undefined) this.#bundles.set(file, use);
    this.#watchdog.begin(watched, 0);
    try {
      return readPolicy(file === undefined ? found : await importDefault(file), source);
    } catch (error) {
      throw new PolicyLoadError(`${use}: ${(error as Error).message}`);
    } finally {
      this.#watchdog.end();
    }
  }

  /**
   * Loads the versions that open turns began with, where they are not in force any more. One that cannot be had is logged: the one in
   * force judges instead. `fileOf`: the bundle with this content hash.
   */
  async loadOlder(recorded: readonly string[], fileOf: (hash: string) => string): Promise<void> {
    for (const one of recorded.flatMap(readVersions)) {
      const place = this.#places.find(({ hosted }) => hosted.name === one.name);
      if (place === undefined || this.#known(one) !== undefined) continue;
      const source = { ...place.source, file: fileOf(bundleOf(one.version)), version: bundleOf(one.version) };
      if (versionOf(source) !== one.version || this.isQuarantined(one)) continue;
      try {
        this.#older.set(writeVersions([one]), { ...(await this.#open(source)), counters: place.hosted.counters });
      } catch (error) {
        this.#log?.warn({ ...one, problem: (error as Error).message }, 'a version that a turn began with is gone');
      }
    }
  }

  #known({ name, version }: RecordedVersion): Hosted | undefined {
    const place = this.#places.find(({ hosted }) => hosted.name === name && hosted.version === version);
    return place?.hosted ?? this.#older.get(writeVersions([{ name, version }]));
  }

  /** The policies that judge an agent, in the order of the configuration. */
  of(agent: string): readonly LoadedPolicy[] {
    return this.#inForce(agent).filter((hosted) => !this.#isSkipped(hosted));
  }

  /** Those that a turn of an agent began with. `recorded`: what `versionsOf` was then. */
  recorded(agent: string, recorded: string): readonly LoadedPolicy[] {
    const versions = readVersions(recorded);
    const known = versions.flatMap((one) => this.#known(one) ?? []);
    if (known.length < versions.length) return this.of(agent);
    return known.filter((hosted) => !this.#isSkipped(hosted));
  }

  #inForce(agent: string): Hosted[] {
    return this.#places.flatMap(({ hosted }) => (judges(hosted, agent) ? hosted : []));
  }

  /** In quarantine, and it says that runs may do without it. */
  #isSkipped(hosted: Hosted): boolean {
    return hosted.policy.onFailure === 'open' && this.isQuarantined(hosted);
  }

  /** The versions that judge an agent, as they are recorded with a turn. */
  versionsOf(agent: string): string {
    return writeVersions(this.of(agent));
  }

  /** The first policy in quarantine of those that judge an agent, or that a turn of it began with, which must not go on without it. */
  quarantinedOf(agent: string, recorded = ''): RecordedVersion | undefined {
    const begunWith = readVersions(recorded).filter((one) => this.#known(one)?.policy.onFailure !== 'open');
    return [...this.of(agent), ...begunWith].find((one) => this.isQuarantined(one));
  }

  isQuarantined({ name, version }: RecordedVersion): boolean {
    return this.#offences.isQuarantined(name, version);
  }

  /** The judge of one run. `run`: its number in the store. */
  judgeOf(run: number): Judge {
    return (loaded, hook, input) => {
      const hosted = loaded as Hosted;
      this.#watchdog.begin(hosted.watched, run);
      try {
        const verdicts = callHook(loaded, hook, input);
        for (const { action } of verdicts) hosted.counters.verdicts[action]++;
        return verdicts;
      } catch (error) {
        return this.#failed(hosted, error, input);
      } finally {
        this.#watchdog.end();
      }
    };
  }

  /** Lets a policy review a turn; the part before it first waits is watched. @throws PolicyFailure */
  async review(loaded: LoadedPolicy, turn: TurnToReview, run: number): Promise<readonly Verdict[]> {
    return callReview(loaded, () => this.#watched(loaded, run, () => loaded.policy.review?.(turn)));
  }

  /** Watches what runs next of a policy that has waited; to be called in a microtask, and it lasts until there is none left. */
  watchNext(loaded: LoadedPolicy, run: number): void {
    this.#watchdog.begin((loaded as Hosted).watched, run);
    process.nextTick(() => this.#watchdog.end());
  }

  /** Tells a policy that its review is over, at once but not from our code: what it leaves behind would carry our trace (loose-ends.ts). */
  abortReview(loaded: LoadedPolicy, run: number, controller: AbortController, reason: unknown): void {
    process.nextTick(() => this.#watchdog.begin((loaded as Hosted).watched, run));
    process.nextTick(controller.abort.bind(controller), reason);
    process.nextTick(() => this.#watchdog.end());
  }

  #watched<T>(loaded: LoadedPolicy, run: number, call: () => T): T {
    this.#watchdog.begin((loaded as Hosted).watched, run);
    try {
      return call();
    } finally {
      this.#watchdog.end();
    }
  }

  /**
   * Counts what a review came to; returns what counts of it. `place`: what it judged.
   * @throws PolicyFailure when the run must not do without the policy
   */
  reviewed(loaded: LoadedPolicy, result: readonly Verdict[] | PolicyFailure, place: JudgedPlace): readonly Verdict[] {
    const hosted = loaded as Hosted;
    if (result instanceof PolicyFailure) return this.#failed(hosted, result, place);
    for (const { action } of result) hosted.counters.verdicts[action]++;
    return result;
  }

  /**
   * Fails the run, or lets it pass. Of one that may be done without only the first failure is logged: there may be one a delta. What is
   * logged quotes nothing; `views` has the whole message.
   */
  #failed({ name, version, policy, counters }: Hosted, error: unknown, place: JudgedPlace): readonly Verdict[] {
    counters.failures++;
    if (!(error instanceof PolicyFailure)) throw error;
    counters.lastFailure = error.message;
    const isOpen = policy.onFailure === 'open';
    if (!isOpen || counters.failures === 1) {
      const what = isOpen ? 'a policy failed and is passed over' : 'a policy failed, and its run with it';
      const { agent, chat, run, turn } = place;
      this.#log?.error({ policy: name, version, agent, chat, run, turn, problem: error.told }, what);
    }
    if (!isOpen) throw error;
    return NONE;
  }

  /** One for each name. `agents`: all there are. */
  views(agents: readonly string[]): PolicyView[] {
    const names = new Set(this.#places.map(({ hosted }) => hosted.name));
    return [...names].map((name) => this.#view(name, agents));
  }

  #view(name: string, agents: readonly string[]): PolicyView {
    const places = this.#places.filter(({ hosted }) => hosted.name === name);
    const [{ hosted, source, problem }] = places as [Place];
    return {
      name,
      use: source.use,
      version: hosted.version,
      agents: agents.filter((agent) => places.some((place) => judges(place.hosted, agent))),
      onFailure: hosted.policy.onFailure ?? 'closed',
      quarantined: this.isQuarantined(hosted),
      verdicts: { ...hosted.counters.verdicts },
      failures: hosted.counters.failures,
      ...(hosted.counters.lastFailure !== undefined && { lastFailure: hosted.counters.lastFailure }),
      ...(problem !== undefined && { problem }),
    };
  }
}

async function importDefault(file: string): Promise<unknown> {
  const loaded = (await import(pathToFileURL(file).href)) as { default?: unknown };
  return loaded.default;
}
