/**
 * The model servers as the supervisor sees them: asked at once, then regularly, and whenever a turn failed on one. What is down
 * gets no turns; a change is told.
 */
import type { Backend, BackendStatus } from '../agent/backend/backend.ts';
import type { BackendConfiguration } from './configuration.ts';
import type { BackendView } from './service.ts';

/** Requests in flight for a server that does not say how many it works on at a time. */
const DEFAULT_SLOTS = 4;
const WHILE_UP_MS = 5000;
const WHILE_DOWN_MS = 250;

export interface BackendListener {
  onUp(backend: string): void;
  onDown(backend: string, reason: string): void;
}

export class Backends {
  readonly #watched: Map<string, WatchedBackend>;

  constructor(
    entries: readonly { configuration: BackendConfiguration; backend: Backend }[],
    listener: BackendListener,
  ) {
    this.#watched = new Map(
      entries.map((entry) => [
        entry.configuration.name,
        new WatchedBackend(entry.configuration, entry.backend, listener),
      ]),
    );
  }

  /** Starts asking until the signal aborts. */
  watch(signal: AbortSignal): void {
    for (const backend of this.#watched.values()) backend.watch(signal);
  }

  /** A turn failed on it: no more turns until it has answered. */
  suspect(backend: string, reason: string): void {
    this.#watched.get(backend)?.suspect(reason);
  }

  /** Requests it takes at a time; 0 while it is down. */
  slots(backend: string): number {
    const view = this.#watched.get(backend)?.view();
    return view?.up ? view.slots : 0;
  }

  /** What it said of itself when it last answered; undefined before. */
  status(backend: string): BackendStatus | undefined {
    return this.#watched.get(backend)?.status;
  }

  /** How often it has come up; what was learned of a server may be wrong the next time. */
  timesUp(backend: string): number {
    return this.#watched.get(backend)?.timesUp ?? 0;
  }

  /** The model that a request names: the agent's, else the backend's own. */
  model(backend: string): string {
    return this.#watched.get(backend)?.view().model ?? 'default';
  }

  /** Milliseconds to wait after a cut, so that the next request finds its prompt in the cache of the same slot. */
  settleMs(backend: string): number {
    const server = this.#watched.get(backend)?.view().server;
    return server === 'llama-server' || server === 'simulator' ? 30 : 0;
  }

  views(): BackendView[] {
    return [...this.#watched.values()].map((backend) => backend.view());
  }
}

class WatchedBackend {
  readonly #configuration: BackendConfiguration;
  readonly #backend: Backend;
  readonly #listener: BackendListener;
  status: BackendStatus | undefined;
  timesUp = 0;
  #up = false;
  #detail: string | undefined = 'not asked yet';
  #wake: () => void = () => {};

  constructor(configuration: BackendConfiguration, backend: Backend, listener: BackendListener) {
    this.#configuration = configuration;
    this.#backend = backend;
    this.#listener = listener;
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const status = await this.#backend.probe(signal);
      if (signal.aborted) return;
      this.#take(status);
      await this.#pause(this.#up ? WHILE_UP_MS : WHILE_DOWN_MS, signal);
    }
  }

  #take(status: BackendStatus): void {
    if (status.ready) this.status = status;
    if (status.ready && !this.#up) {
      this.#up = true;
      this.timesUp++;
      this.#detail = undefined;
      this.#listener.onUp(this.#configuration.name);
    } else if (!status.ready) {
      this.#goDown(status.detail ?? 'it does not answer');
    }
  }

  #goDown(reason: string): void {
    this.#detail = reason;
    if (!this.#up) return;
    this.#up = false;
    this.#listener.onDown(this.#configuration.name, reason);
  }

  suspect(reason: string): void {
    this.#goDown(reason);
    this.#wake();
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

  view(): BackendView {
    const { name, url, slots, model } = this.#configuration;
    return {
      name,
      url,
      server: this.status?.server ?? 'unknown',
      up: this.#up,
      slots: slots ?? this.status?.slots ?? DEFAULT_SLOTS,
      model: model ?? this.status?.models[0] ?? 'default',
      ...(this.#detail !== undefined && { detail: this.#detail }),
    };
  }
}
