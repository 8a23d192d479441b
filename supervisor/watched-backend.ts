/** One model server that is asked again and again what it is and whether it takes requests; a change is told. */
import type { Backend, BackendStatus, ModelRequest, StreamPart } from '../agent/backend/backend.ts';
import type { BackendConfiguration } from './configuration.ts';
import type { BackendView } from './service.ts';

/** Requests in flight for a server that does not say how many it works on at a time. */
const DEFAULT_SLOTS = 4;
/** Ollama does not say either, and by default loads a model for one request at a time where memory is short. */
const OLLAMA_SLOTS = 1;
const WHILE_UP_MS = 5000;
const WHILE_DOWN_MS = 250;

export interface BackendListener {
  onUp(backend: string): void;
  onDown(backend: string, reason: string): void;
}

export class WatchedBackend {
  readonly configuration: BackendConfiguration;
  readonly #backend: Backend;
  readonly #listener: BackendListener;
  #status: BackendStatus | undefined;
  #timesUp = 0;
  #up = false;
  /** It has answered, or not answered, once. */
  #isKnown = false;
  #detail: string | undefined = 'not asked yet';
  /** Somebody wants to know now; one question is then answered by a probe that begins later. */
  #isAsked = false;
  #wake: () => void = () => {};

  constructor(configuration: BackendConfiguration, backend: Backend, listener: BackendListener) {
    this.configuration = configuration;
    this.#backend = backend;
    this.#listener = listener;
  }

  /** What it said of itself when it last answered; undefined before. */
  get status(): BackendStatus | undefined {
    return this.#status;
  }

  /** One model call. @throws BackendError */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<StreamPart> {
    return this.#backend.stream(request, signal);
  }

  /** How often it has come up. */
  get timesUp(): number {
    return this.#timesUp;
  }

  get up(): boolean {
    return this.#up;
  }

  /** Not before it has had the time to answer. */
  get down(): boolean {
    return this.#isKnown && !this.#up;
  }

  get slots(): number {
    return this.configuration.slots ?? this.#status?.slots ?? this.#defaultSlots();
  }

  get model(): string {
    return this.configuration.model ?? this.#status?.models[0] ?? 'default';
  }

  /** Whether it serves a model, as far as it says: one that lists no models may have any. */
  has(model: string): boolean {
    const listed = this.#status?.models ?? [];
    const known = this.configuration.model === undefined ? listed : [this.configuration.model, ...listed];
    return listed.length === 0 || known.some((name) => plainName(name) === plainName(model));
  }

  /** Asks until the signal aborts. */
  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isAsked = false;
      const status = await this.#backend.probe(signal);
      if (signal.aborted) return;
      this.#take(status);
      if (!this.#isAsked) await this.#pause(this.#up ? WHILE_UP_MS : WHILE_DOWN_MS, signal);
    }
  }

  /** Asks at once; what is known stays as it is until the answer. */
  check(): void {
    this.#isAsked = true;
    this.#wake();
  }

  /** It is away: no more turns until it has answered. */
  suspect(reason: string): void {
    this.#goDown(reason);
    this.check();
  }

  view(): BackendView {
    const { name, url } = this.configuration;
    return {
      name,
      url,
      server: this.#status?.server ?? 'unknown',
      up: this.#up,
      slots: this.slots,
      model: this.model,
      ...(this.#detail !== undefined && { detail: this.#detail }),
    };
  }

  #defaultSlots(): number {
    const isOllama = this.configuration.kind === 'ollama' || this.#status?.server === 'ollama';
    return isOllama ? OLLAMA_SLOTS : DEFAULT_SLOTS;
  }

  #take(status: BackendStatus): void {
    this.#isKnown = true;
    if (status.ready) this.#status = status;
    if (status.ready && !this.#up) {
      this.#up = true;
      this.#timesUp++;
      this.#detail = undefined;
      this.#listener.onUp(this.configuration.name);
    } else if (!status.ready) {
      this.#goDown(status.detail ?? 'it does not answer');
    }
  }

  #goDown(reason: string): void {
    this.#detail = reason;
    if (!this.#up) return;
    this.#up = false;
    this.#listener.onDown(this.configuration.name, reason);
  }

  #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }
}

/** Ollama means the same model with and without `:latest`. */
export function plainName(model: string): string {
  return model.replace(/:latest$/, '');
}
