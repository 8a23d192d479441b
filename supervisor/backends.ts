/**
 * The model servers as the supervisor sees them: asked at once, then regularly, and whenever a turn failed on one. What is down
 * gets no turns; where an agent names another one instead, its turns go there meanwhile. A change is told. A place is a backend, or a
 * pool of which any member can be asked.
 */
import type { AnswerFormat, Backend, BackendStatus, ModelRequest, StreamPart } from '../agent/backend/backend.ts';
import type { AgentDefinition, BackendConfiguration } from './configuration.ts';
import { type PoolConfiguration, Pools } from './pools.ts';
import type { BackendView } from './service.ts';
import { type BackendListener, WatchedBackend } from './watched-backend.ts';

/** For people: there is no such backend or pool, and which there are. */
export function unknownBackend(name: string, known: readonly string[]): string {
  return `there is no backend "${name}"; known are ${known.join(', ')}`;
}

/** Requests in flight over all backends of a group that nothing is said of: one GPU does one thing at a time best. */
const DEFAULT_GROUP_LIMIT = 1;

export class Backends {
  readonly #watched: Map<string, WatchedBackend>;
  readonly #groupLimits: Readonly<Record<string, number>>;
  readonly #pools: Pools;

  /** `groupLimits`: requests in flight at most, by the name of a `gpuGroup`. */
  constructor(
    entries: readonly { configuration: BackendConfiguration; backend: Backend }[],
    listener: BackendListener,
    groupLimits: Readonly<Record<string, number>> = {},
    pools: PoolConfiguration = {},
  ) {
    this.#groupLimits = groupLimits;
    this.#pools = new Pools(
      entries.map(({ configuration }) => configuration),
      pools,
    );
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

  /** The backend, of a pool the first member, that cannot be asked for such an answer, as far as it says what it is. */
  withoutFormat(place: string, format: AnswerFormat): string | undefined {
    return this.membersOf(place).find((member) => !takesFormat(this.status(member), format));
  }

  /** The backend answers; one of the pool does. */
  isUp(place: string): boolean {
    return this.membersOf(place).some((member) => this.#watched.get(member)?.up);
  }

  /** It was asked and does not answer, nor does any other of a pool; not before they have had the time to. */
  isDown(place: string): boolean {
    return this.membersOf(place).every((member) => this.#watched.get(member)?.down ?? true);
  }

  /** Any of several can be asked. */
  isPool(place: string): boolean {
    return this.#pools.has(place);
  }

  /** The backends that a place stands for. */
  membersOf(place: string): readonly string[] {
    return this.#pools.membersOf(place);
  }

  /** What the slots of a place are shared in, with all that have a pool or a GPU in common. */
  resourceOf(place: string): string {
    return this.#pools.resourceOf(place);
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
   * Where a turn of an agent goes now: to its own place; while that is down to the first fallback that is up and has the
   * agent's model; without one it waits for its own.
   */
  route(own: string, { fallback = [], model }: Pick<AgentDefinition, 'fallback' | 'model'>): string {
    if (!this.candidates(own, { model }).every((member) => this.isDown(member))) return own;
    const canStandIn = (place: string): boolean =>
      this.membersOf(place).some((member) => this.isUp(member) && this.#has(member, model));
    return fallback.find(canStandIn) ?? own;
  }

  /** The backends of a place that a turn with this model can go to: where none is known to have it, whoever is asked says so. */
  candidates(place: string, { model }: Pick<AgentDefinition, 'model'>): readonly string[] {
    const members = this.membersOf(place);
    if (members.length === 1 || model === undefined) return members;
    const having = members.filter((member) => this.#has(member, model));
    return having.length === 0 ? members : having;
  }

  #has(backend: string, model: string | undefined): boolean {
    return model === undefined || this.#watched.get(backend)?.has(model) === true;
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

  /** All places: backends as the configuration names them, in its order, then pools. */
  get names(): readonly string[] {
    return [...this.#watched.keys(), ...this.#pools.names];
  }

  /** Why it takes no requests now; undefined while it does. Of a pool: of every member. */
  whyDown(place: string): string | undefined {
    if (this.isUp(place)) return undefined;
    const why = (member: string): string => this.#watched.get(member)?.view().detail ?? 'it does not answer';
    const members = this.membersOf(place);
    return members.map((member) => (this.isPool(place) ? `${member}: ${why(member)}` : why(member))).join('; ');
  }

  /** One model call of the supervisor's own. @throws BackendError; TypeError there is no such backend */
  stream(backend: string, request: ModelRequest, signal: AbortSignal): AsyncIterable<StreamPart> {
    const watched = this.#watched.get(backend);
    if (watched === undefined) throw new TypeError(unknownBackend(backend, this.names));
    return watched.stream(request, signal);
  }

  /** The model that a request names when its agent names none. Of a pool: what the first one that answers has. */
  model(place: string): string {
    const members = this.membersOf(place);
    const [first = place] = members;
    return this.#watched.get(members.find((member) => this.isUp(member)) ?? first)?.model ?? 'default';
  }

  /** Milliseconds to wait after a cut, so that the next request finds its prompt in the cache of the same slot. */
  settleMs(backend: string): number {
    return this.#watched.get(backend)?.status?.server === 'llama-server' ? 30 : 0;
  }

  views(): BackendView[] {
    return [...this.#watched.values()].map((backend) => backend.view());
  }
}

/** Ollama takes schemas since 0.5.0, llama-server always did. */
function takesFormat({ server, version = '' }: Partial<BackendStatus> = {}, { type }: AnswerFormat): boolean {
  if (server !== 'ollama' || type !== 'json_schema') return true;
  const [, minor] = /^0\.(\d+)\./.exec(version) ?? [];
  return minor === undefined || Number(minor) >= 5;
}
