/**
 * Puts a policy file that was saved in force while runs go on, and lifts quarantines. A version that does not compile, hangs, throws or is
 * no policy leaves the old one in force; that is told, once, and shown until it is mended.
 */
import { join } from 'node:path';
import type { Log } from '../../agent/log.ts';
import { InterjectError } from '../errors.ts';
import type { EventData } from '../events.ts';
import type { Recorder } from '../recorder.ts';
import type { PolicySource } from '../settings.ts';
import type { OffenceStore } from '../store/offences.ts';
import type { PolicyHost } from './host.ts';
import type { Place } from './hosted.ts';
import { isAnyChanged, isOutdated, readInForce, writeInForce } from './in-force.ts';
import { bundleOf, versionOf } from './policy-version.ts';
import { SourceWatch } from './source-watch.ts';
import { type TrialResult, tryPolicy } from './trial.ts';

/** A policy file that cannot be bundled. */
interface BundleProblem extends Error {
  /** Absolute paths of files that may mend it when they change, or come to be. */
  inputs?: readonly string[];
}

/** Makes bundles of policy files. */
export interface PolicyBundler {
  /** `path`: absolute; `use`: the path as the user wrote it. @throws BundleProblem that says what is wrong with it, for people */
  bundle(path: string, use: string): Promise<Required<Pick<PolicySource, 'file' | 'version' | 'inputs'>>>;
  /** Nothing more is to be bundled for now. */
  rest(): Promise<void>;
}

export interface ReloadsOptions {
  host: PolicyHost;
  recorder: Recorder;
  offences: OffenceStore;
  log: Log;
  /** Folder of the bundles. */
  folder: string;
  /** As the stack was started. */
  sources: readonly PolicySource[];
  /** The bundled worker of trials. */
  trial: string;
  /** Runs what may write. */
  guarded(work: () => void): void;
}

export class PolicyReloads {
  readonly #options: ReloadsOptions;
  readonly #watch: SourceWatch;
  readonly #changed = new Set<Place>();
  /** What the latest bundle of a place was made of, also one that is not in force. */
  readonly #inputs = new Map<Place, readonly string[]>();
  #bundler: PolicyBundler | undefined;
  #isWorking = false;
  #isClosed = false;

  constructor(options: ReloadsOptions) {
    this.#options = options;
    this.#watch = new SourceWatch((files) => this.#saved(files), options.log);
  }

  /** Loads what was in force, and what open turns began with. @throws PolicyLoadError */
  async load(recorded: readonly string[]): Promise<void> {
    const { host, sources, folder, log } = this.#options;
    for (const [index, source] of readInForce(folder, sources).entries()) {
      const started = sources[index] as PolicySource;
      await host.load(source).catch((error: Error) => {
        if (source.version === started.version) throw error;
        log.error({ policy: source.use, problem: error.message }, 'back to the policy that the stack was started with');
        return host.load(started);
      });
    }
    await host.loadOlder(recorded, (hash) => join(folder, `${hash}.mjs`));
  }

  /** From now on what is saved is put in force, and what was saved while nobody looked. */
  follow(bundler: PolicyBundler): void {
    this.#bundler = bundler;
    this.#followInputs();
    this.#ask(this.#options.host.places.filter(({ source }) => isOutdated(source)));
  }

  #followInputs(): void {
    const files = this.#options.host.places.flatMap((place) => this.#inputsOf(place));
    this.#watch.follow(files);
  }

  /** `since`: when the bundler began to read them; what was saved before anybody watched is read once more. */
  #followAlso(place: Place, inputs: readonly string[], since: number): void {
    this.#inputs.set(place, inputs);
    this.#followInputs();
    if (isAnyChanged(inputs, since)) this.#changed.add(place);
  }

  #inputsOf(place: Place): string[] {
    const { path, inputs = [] } = place.source;
    return path === undefined ? [] : [path, ...inputs, ...(this.#inputs.get(place) ?? [])];
  }

  #saved(files: ReadonlySet<string>): void {
    const { places } = this.#options.host;
    this.#ask(places.filter((place) => this.#inputsOf(place).some((file) => files.has(file))));
  }

  #ask(places: readonly Place[]): void {
    for (const place of places) this.#changed.add(place);
    if (this.#changed.size === 0 || this.#isWorking) return;
    this.#isWorking = true;
    void this.#renewAll();
  }

  async #renewAll(): Promise<void> {
    try {
      for (const place of this.#changed) {
        this.#changed.delete(place);
        await this.#renew(place);
      }
      await this.#bundler?.rest();
    } catch (error) {
      this.#options.log.error({ problem: (error as Error).message }, 'policies could not be reloaded');
    } finally {
      this.#isWorking = false;
      this.#ask([]);
    }
  }

  async #renew(place: Place): Promise<void> {
    const { path, use } = place.source;
    if (path === undefined || this.#bundler === undefined) return;
    const since = Date.now();
    try {
      const bundle = await this.#bundler.bundle(path, use);
      if (this.#isClosed) return;
      this.#followAlso(place, bundle.inputs, since);
      await this.#putInForce(place, { ...place.source, ...bundle });
    } catch (error) {
      const { inputs, message } = error as BundleProblem;
      if (inputs !== undefined && !this.#isClosed) this.#followAlso(place, inputs, since);
      this.#refused(place, '', message);
    }
  }

  async #putInForce(place: Place, source: PolicySource): Promise<void> {
    const { host, folder, sources, log } = this.#options;
    const version = versionOf(source);
    if (version === place.hosted.version) {
      place.problem = undefined;
      return;
    }
    const problem = await this.#problemOf(source);
    if (this.#isClosed) return;
    if (problem !== undefined) return this.#refused(place, version, problem);
    try {
      await host.replace(place, source);
    } catch (error) {
      return this.#refused(place, version, (error as Error).message);
    }
    place.problem = undefined;
    const now = host.places.map((one) => one.source);
    try {
      writeInForce(folder, sources, now);
    } catch (error) {
      log.error(
        { problem: (error as Error).message },
        'the next supervisor will not know which policies were in force',
      );
    }
    this.#tell(place.hosted.name, version, 'loaded');
  }

  /** Why a version cannot be put in force; undefined: it can. */
  async #problemOf(source: PolicySource): Promise<string | undefined> {
    const { host } = this.#options;
    const version = versionOf(source);
    const inQuarantine = 'this version is in quarantine, for it did not return';
    if (host.isQuarantined({ name: source.use, version })) return inQuarantine;
    const result = await this.#try(source);
    if ('problem' in result) return result.problem;
    return host.isQuarantined({ name: result.name, version }) ? inQuarantine : undefined;
  }

  async #try({ file, name, options }: PolicySource): Promise<TrialResult> {
    return file === undefined ? { name: '' } : tryPolicy(this.#options.trial, { file, name, options });
  }

  /** Told once: the same again is no news. */
  #refused(place: Place, version: string, reason: string): void {
    const problem = version === '' ? reason : `${bundleOf(version)}: ${reason}`;
    if (place.problem === problem || this.#isClosed) return;
    place.problem = problem;
    this.#tell(place.hosted.name, version, 'not-loaded', reason);
  }

  #tell(policy: string, version: string, state: EventData<'policy'>['state'], reason?: string): void {
    const { recorder, log, guarded } = this.#options;
    const data = { policy, version, state, ...(reason !== undefined && { reason }) };
    if (state === 'not-loaded') log.error(data, 'a policy that was saved does not load; the one before stays in force');
    else log.info(data, `a policy was ${state}`);
    guarded(() => void recorder.write(() => recorder.event('policy', {}, data)));
  }

  /** See service.ts. @throws InterjectError unknown_policy, not_quarantined, policy_not_loaded */
  async release(name: string): Promise<void> {
    const { host, recorder, offences } = this.#options;
    const places = host.places.filter(({ hosted }) => hosted.name === name);
    const [place] = places;
    if (place === undefined) throw new InterjectError('unknown_policy');
    const { version, isMissing } = place.hosted;
    if (!host.isQuarantined({ name, version })) throw new InterjectError('not_quarantined');
    if (isMissing) await this.#mustLoad(place.source);
    recorder.write(() => offences.release(name, version));
    this.#tell(name, version, 'released');
    for (const one of places) if (one.hosted.isMissing) await this.#loadReleased(one);
  }

  async #mustLoad(source: PolicySource): Promise<void> {
    const result = await this.#try(source);
    if ('problem' in result) throw new InterjectError('policy_not_loaded', result.problem);
  }

  async #loadReleased(place: Place): Promise<void> {
    const { host, offences, recorder } = this.#options;
    const { name, version } = place.hosted;
    try {
      await host.replace(place, place.source);
    } catch (error) {
      recorder.write(() => offences.count(name, version, Date.now(), true));
      throw new InterjectError('policy_not_loaded', (error as Error).message);
    }
    this.#tell(place.hosted.name, version, 'loaded');
  }

  /** Nothing more is put in force, also not what is under way. */
  close(): void {
    this.#isClosed = true;
    this.#watch.close();
    this.#changed.clear();
  }
}
