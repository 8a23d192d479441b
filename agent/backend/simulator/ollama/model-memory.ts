/**
 * Which models are loaded, how, and until when. A request takes the model it names: a model that is not loaded, or loaded with
 * another context or number of GPU layers, is loaded first, and for that it must be idle. It stays for its `keep_alive` afterwards.
 */
import { setTimeout as delay } from 'node:timers/promises';

/** How a request wants a model. */
export interface ModelWish {
  contextTokens: number;
  /** Undefined: any. */
  gpuLayers: number | undefined;
  /** Milliseconds for which it stays loaded after the request. */
  keepAliveMs: number;
  /** Milliseconds that loading takes. */
  loadMs: number;
}

export interface LoadedModel {
  readonly name: string;
  readonly contextTokens: number;
  /** Undefined: as many as fit. */
  readonly gpuLayers: number | undefined;
  /** Epoch milliseconds; while it is in use, as if that ended now. */
  readonly expiresAt: number;
}

class Residence {
  readonly name: string;
  readonly contextTokens: number;
  readonly gpuLayers: number | undefined;
  readonly ready: Promise<void>;
  #keepAliveMs = 0;
  #users = 0;
  #idleSince = Date.now();
  #waitingForIdle: (() => void)[] = [];

  constructor(name: string, { contextTokens, gpuLayers, loadMs }: ModelWish) {
    this.name = name;
    this.contextTokens = contextTokens;
    this.gpuLayers = gpuLayers;
    this.ready = loadMs > 0 ? delay(loadMs, undefined, { ref: false }) : Promise.resolve();
  }

  get expiresAt(): number {
    return (this.#users > 0 ? Date.now() : this.#idleSince) + this.#keepAliveMs;
  }

  get expired(): boolean {
    return this.#users === 0 && this.expiresAt <= Date.now();
  }

  suits({ contextTokens, gpuLayers }: ModelWish): boolean {
    return this.contextTokens === contextTokens && (gpuLayers === undefined || gpuLayers === this.gpuLayers);
  }

  /** Returns how to leave; again is no harm. */
  enter(keepAliveMs: number): () => void {
    this.#users++;
    this.#keepAliveMs = keepAliveMs;
    let inside = true;
    return () => {
      if (inside) this.#leave();
      inside = false;
    };
  }

  #leave(): void {
    this.#users--;
    this.#idleSince = Date.now();
    if (this.#users > 0) return;
    for (const resolve of this.#waitingForIdle.splice(0)) resolve();
  }

  async idle(): Promise<void> {
    if (this.#users > 0) await new Promise<void>((resolve) => this.#waitingForIdle.push(resolve));
  }
}

export class ModelMemory {
  readonly #residents = new Map<string, Residence>();

  /** Longest remaining first. */
  get loaded(): LoadedModel[] {
    for (const [name, resident] of this.#residents) if (resident.expired) this.#residents.delete(name);
    return [...this.#residents.values()].sort((one, other) => other.expiresAt - one.expiresAt);
  }

  /** Resolves when the model is loaded as wished; returns how to give it back. */
  async take(name: string, wish: ModelWish): Promise<() => void> {
    let resident = this.#residentFor(name);
    while (resident !== undefined && !resident.suits(wish)) {
      await resident.idle();
      if (this.#residentFor(name) === resident) this.#residents.delete(name);
      resident = this.#residentFor(name);
    }
    resident ??= new Residence(name, wish);
    this.#residents.set(name, resident);
    const giveBack = resident.enter(wish.keepAliveMs);
    await resident.ready;
    return giveBack;
  }

  /** Forgets a model as soon as it is idle. */
  unload(name: string): void {
    this.#residentFor(name)?.enter(0)();
  }

  #residentFor(name: string): Residence | undefined {
    return this.loaded.some((model) => model.name === name) ? this.#residents.get(name) : undefined;
  }
}
