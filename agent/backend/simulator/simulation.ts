/** What the parts of one running simulator share. */
import type { AnswerSummary } from './answer-writer.ts';
import type { Fault } from './faults.ts';
import { hashOf } from './hash.ts';
import { ModelMemory } from './ollama/model-memory.ts';
import { RequestLog } from './request-log.ts';
import {
  DEFAULT_OPTIONS,
  DEFAULT_SETTINGS,
  type SettingsChange,
  type SimulatorOptions,
  type SimulatorSettings,
} from './settings.ts';
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
  readonly slots: SlotPool;
  readonly log = new RequestLog();
  /** The models of Ollama's side. */
  readonly memory = new ModelMemory();
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
  readonly #settings: SimulatorSettings = { ...DEFAULT_SETTINGS };
  readonly #loadedAt: number;
  readonly #running = new Set<Cancellable>();
  #faultsLeft = 0;

  constructor(options: SimulatorOptions) {
    this.seed = options.seed ?? DEFAULT_OPTIONS.seed;
    this.apiKey = options.apiKey;
    this.slots = new SlotPool(DEFAULT_SETTINGS.slots);
    this.change(options);
    this.#loadedAt = performance.now() + this.settings.loadMs;
  }

  /** The model of llama-server's side. */
  get alias(): string {
    return this.#settings.models[0] ?? '';
  }

  /** llama-server's side is still loading its model. */
  get loading(): boolean {
    return performance.now() < this.#loadedAt;
  }

  get settings(): Readonly<SimulatorSettings> {
    return this.#settings;
  }

  /** What is not a setting is left alone. */
  change(change: SettingsChange): void {
    const given = Object.entries(change).filter(([name, value]) => value !== undefined && name in this.#settings);
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
  count({ promptTokens, cachedTokens, completionTokens, promptMs, predictedMs }: AnswerSummary): void {
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
