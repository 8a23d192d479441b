/**
 * The model servers as the supervisor sees them: asked at once, then regularly, and whenever a turn failed on one. What is down
 * gets no turns; where an agent names another one instead, its turns go there meanwhile. A change is told.
 */
import type { Backend, BackendStatus, ModelRequest, StreamPart } from '../agent/backend/backend.ts';
import type { AgentDefinition, BackendConfiguration } from './configuration.ts';
import type { BackendView } from './service.ts';
import { type BackendListener, WatchedBackend } from './watched-backend.ts';

/** For people: there is no such backend, and which there are. */
export function unknownBackend(name: string, known: readonly string[]): string {
  return `there is no backend "${name}"; known are ${known.join(', ')}`;
}

/** Requests in flight over all backends of a group that nothing is said of: one GPU does one thing at a time best. */
const DEFAULT_GROUP_LIMIT = 1;

export class Backends {
  readonly #watched: Map<string, WatchedBackend>;
  readonly #groupLimits: Readonly<Record<string, number>>;

  /** `groupLimits`: requests in flight at most, by the name of a `gpuGroup`. */
  constructor(
    entries: readonly { configuration: BackendConfiguration; backend: Backend }[],
    listener: BackendListener,
    groupLimits: Readonly<Record<string, number>> = {},
  ) {
    this.#groupLimits = groupLimits;
    this.#watched = new Map(
      entries.map(({ configuration, backend }) => [
        configuration.name,
        new WatchedBackend(configuration, backend, listener),
      ]),
    );
  }

  /** Starts asking until the signal aborts. */
  watch(signal: AbortSignal): void {
    for (const backend of this.#watched.values()) backend.watch(signal);
  }

  /** A turn failed because it is away: no more turns until it has answered. */
  suspect(backend: string, reason: string): void {
    this.#watched.get(backend)?.suspect(reason);
  }

  /** A turn failed on it, which may concern that turn alone: it is asked at once how it is. */
  check(backend: string): void {
    this.#watched.get(backend)?.check();
  }

  isUp(backend: string): boolean {
    return this.#watched.get(backend)?.up ?? false;
  }

  /** It was asked and does not answer; not before it has had the time to. */
  isDown(backend: string): boolean {
    return this.#watched.get(backend)?.down ?? true;
  }

  /** Requests it takes at a time; 0 while it is down. */
  slots(backend: string): number {
    const watched = this.#watched.get(backend);
    return watched?.up ? watched.slots : 0;
  }

  /** The group of backends on one GPU that it belongs to. */
  groupOf(backend: string): string | undefined {
    return this.#watched.get(backend)?.configuration.gpuGroup;
  }

  /** Requests in flight at most over all backends of a group. */
  groupLimit(group: string): number {
    return Object.hasOwn(this.#groupLimits, group) ? (this.#groupLimits[group] ?? 0) : DEFAULT_GROUP_LIMIT;
  }

  /**
   * Where a turn of an agent goes now: to its own backend; while that is down to the first fallback that is up and has the
   * agent's model; without one it waits for its own.
   */
  route(own: string, { fallback = [], model }: Pick<AgentDefinition, 'fallback' | 'model'>): string {
    if (!this.#watched.get(own)?.down) return own;
    const canStandIn = (name: string): boolean =>
      this.isUp(name) && (model === undefined || this.#watched.get(name)?.has(model) === true);
    return fallback.find(canStandIn) ?? own;
  }

  /** What it said of itself when it last answered; undefined before. */
  status(backend: string): BackendStatus | undefined {
    return this.#watched.get(backend)?.status;
  }

  /** How often it has come up; what was learned of a server may be wrong the next time. */
  timesUp(backend: string): number {
    return this.#watched.get(backend)?.timesUp ?? 0;
  }

  /** What the configuration says of it; undefined: there is none of this name. */
  configuration(backend: string): BackendConfiguration | undefined {
    return this.#watched.get(backend)?.configuration;
  }

  /** As the configuration names them, in its order. */
  get names(): readonly string[] {
    return [...this.#watched.keys()];
  }

  /** Why it takes no requests now; undefined while it does. */
  whyDown(backend: string): string | undefined {
    const watched = this.#watched.get(backend);
    return watched?.up ? undefined : (watched?.view().detail ?? 'it does not answer');
  }

  /** One model call of the supervisor's own. @throws BackendError; TypeError there is no such backend */
  stream(backend: string, request: ModelRequest, signal: AbortSignal): AsyncIterable<StreamPart> {
    const watched = this.#watched.get(backend);
    if (watched === undefined) throw new TypeError(unknownBackend(backend, this.names));
    return watched.stream(request, signal);
  }

  /** The model that a request names: the agent's, else the backend's own. */
  model(backend: string): string {
    return this.#watched.get(backend)?.model ?? 'default';
  }

  /** Milliseconds to wait after a cut, so that the next request finds its prompt in the cache of the same slot. */
  settleMs(backend: string): number {
    return this.#watched.get(backend)?.status?.server === 'llama-server' ? 30 : 0;
  }

  views(): BackendView[] {
    return [...this.#watched.values()].map((backend) => backend.view());
  }
}
