/** What the parts of one running simulator share. */
import type { CompletionSummary } from './completion-body.ts';
import type { Fault } from './faults.ts';
import { hashOf } from './hash.ts';
import { RequestLog } from './request-log.ts';
import { DEFAULT_SETTINGS, type SettingsChange, type SimulatorOptions, type SimulatorSettings } from './settings.ts';
import { SlotPool } from './slots.ts';

interface Cancellable {
  cancel(): void;
}

/** Totals since the start, as `/metrics` tells them. */
export interface Totals {
  promptTokens: number;
  cachedTokens: number;
  promptMs: number;
  predictedTokens: number;
  predictedMs: number;
  longestSequenceTokens: number;
}

export class Simulation {
  readonly seed: number;
  readonly alias: string;
  readonly contextTokens: number;
  readonly slots: SlotPool;
  readonly log = new RequestLog();
  readonly apiKey: string | undefined;
  readonly startedAt = Date.now();
  readonly totals: Totals = {
    promptTokens: 0,
    cachedTokens: 0,
    promptMs: 0,
    predictedTokens: 0,
    predictedMs: 0,
    longestSequenceTokens: 0,
  };
  /** When a stream last got a token, on the monotonic clock in milliseconds. */
  lastStreamedAt = Number.NEGATIVE_INFINITY;
  readonly #settings: SimulatorSettings;
  readonly #loadedAt: number;
  readonly #running = new Set<Cancellable>();
  #faultsLeft = 0;

  constructor(options: SimulatorOptions) {
    this.seed = options.seed ?? 1;
    this.alias = options.alias ?? 'simulator';
    this.contextTokens = options.contextTokens ?? 8192;
    this.apiKey = options.apiKey;
    this.slots = new SlotPool(options.slots ?? DEFAULT_SETTINGS.slots);
    this.#settings = { ...DEFAULT_SETTINGS };
    this.#loadedAt = performance.now() + (options.loadMs ?? 0);
    const { ttftMs, tokensPerSecond, slots, fault, template } = options;
    this.change({ ttftMs, tokensPerSecond, slots, fault, template });
  }

  get loading(): boolean {
    return performance.now() < this.#loadedAt;
  }

  get settings(): Readonly<SimulatorSettings> {
    return this.#settings;
  }

  change(change: SettingsChange): void {
    const given = Object.entries(change).filter(([, value]) => value !== undefined);
    Object.assign(this.#settings, Object.fromEntries(given));
    if (change.slots !== undefined) this.slots.resize(change.slots);
    if (change.fault !== undefined) this.#faultsLeft = change.fault?.times ?? Number.POSITIVE_INFINITY;
  }

  /** The fault that the next request has, if any; it counts. */
  takeFault(): Fault | undefined {
    const { fault } = this.#settings;
    if (fault === null) return undefined;
    this.#faultsLeft--;
    if (this.#faultsLeft === 0) this.#settings.fault = null;
    return fault;
  }

  /** Notes a finished answer in the totals. */
  count({ promptTokens, cachedTokens, completionTokens, promptMs, predictedMs }: CompletionSummary): void {
    const { totals } = this;
    totals.promptTokens += promptTokens - cachedTokens;
    totals.cachedTokens += cachedTokens;
    totals.promptMs += promptMs;
    totals.predictedTokens += completionTokens;
    totals.predictedMs += predictedMs;
    totals.longestSequenceTokens = Math.max(totals.longestSequenceTokens, promptTokens + completionTokens);
  }

  /** Remembers what has to be cancelled when the simulator closes. */
  track(completion: Cancellable): void {
    this.#running.add(completion);
  }

  forget(completion: Cancellable): void {
    this.#running.delete(completion);
  }

  cancelAll(): void {
    for (const completion of [...this.#running]) completion.cancel();
  }

  /** The id of an answer, the same in every run. */
  completionId(request: number): string {
    const hash = (part: number) => hashOf(`${this.seed} ${request} ${part}`).toString(36).padStart(7, '0');
    return `chatcmpl-${[1, 2, 3, 4, 5].map(hash).join('').slice(0, 32)}`;
  }
}
