/**
 * The slots of a simulated server: each works on one request and keeps its tokens as a prompt cache afterwards. A request gets the
 * free slot that has most of its prompt, as llama-server chooses; where that is not more than a tenth (its `--slot-prompt-similarity`),
 * the one that was idle longest. When none is free it waits. It promises first come, first served, which the real
 * server does not. Whether a request whose client went away keeps its place is for its dialect to say.
 */
import type { AnswerRequest } from './answer-request.ts';
import { commonTokens } from './tokens.ts';

/** What a slot works on, or worked on last. */
export interface SlotWork {
  task: number;
  request: AnswerRequest;
  promptTokens: number;
  cachedTokens: number;
  /** Tokens of the answer so far. */
  decoded: number;
}

export interface Slot {
  readonly id: number;
  busy: boolean;
  /** Prompt and answer of the last request. */
  cache: readonly string[];
  work: SlotWork | undefined;
  /** The higher, the later it was released; 0: never. */
  lastUsed: number;
}

/** Share of a prompt that a slot must have, so that it is chosen for that. */
const SIMILAR = 0.1;

interface Waiting {
  prompt: readonly string[];
  take(slot: Slot): void;
}

export class SlotPool {
  #slots: Slot[] = [];
  #waiting: Waiting[] = [];
  #size = 0;
  #released = 0;

  constructor(size: number) {
    this.resize(size);
  }

  /** All slots, in the order of their ids. */
  get slots(): readonly Slot[] {
    return this.#slots;
  }

  get busy(): number {
    return this.#slots.filter((slot) => slot.busy).length;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** Calls `take` with a slot, now or when one is free; returns how to leave the queue. */
  acquire(prompt: readonly string[], take: (slot: Slot) => void): () => void {
    const waiting = { prompt, take };
    this.#waiting.push(waiting);
    this.#serve();
    return () => {
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
    };
  }

  release(slot: Slot, cache: readonly string[]): void {
    slot.busy = false;
    slot.cache = cache;
    slot.lastUsed = ++this.#released;
    this.#dropIdle();
    this.#serve();
  }

  /** More slots are there at once, fewer as soon as they are idle. */
  resize(size: number): void {
    this.#size = size;
    this.#dropIdle();
    while (this.#slots.length < size)
      this.#slots.push({ id: this.#slots.length, busy: false, cache: [], work: undefined, lastUsed: 0 });
    this.#serve();
  }

  #dropIdle(): void {
    while (this.#slots.length > this.#size && this.#slots.at(-1)?.busy === false) this.#slots.pop();
  }

  #serve(): void {
    let slot = this.#bestFree();
    while (slot !== undefined) {
      slot.busy = true;
      this.#waiting.shift()?.take(slot);
      slot = this.#bestFree();
    }
  }

  #bestFree(): Slot | undefined {
    const prompt = this.#waiting[0]?.prompt;
    if (prompt === undefined) return undefined;
    const free = this.#slots.filter(({ busy, id }) => !busy && id < this.#size);
    const scored = free.map((slot) => ({ slot, common: commonTokens(slot.cache, prompt) }));
    const [best] = scored.sort((one, other) => other.common - one.common);
    if (best === undefined || best.common > SIMILAR * prompt.length) return best?.slot;
    return free.sort((one, other) => one.lastUsed - other.lastUsed)[0];
  }
}
