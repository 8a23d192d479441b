/**
 * Questions of policies to model servers. Each takes a slot of its server like any turn, and goes before turns that wait: what it is asked
 * for has had its own. It holds no slot while it waits, so it cannot wait for itself. A server that is away is waited for a short while,
 * and a call that failed for a reason that may pass is made once more.
 */
import type { ModelRequest } from '../../agent/backend/backend.ts';
import { BackendError, type BackendErrorCode } from '../../agent/backend/errors.ts';
import type { AskResult } from '../../policy/policy.ts';
import type { Backends } from '../backends.ts';
import { chooseRuns, firstOf, type Limits, type Occupancy, type SlotUser } from '../choose-runs.ts';

const MOST_ATTEMPTS = 2;
/** Failures that say the server is away; others may concern one request alone. */
const AWAY: readonly BackendErrorCode[] = ['backend_unreachable', 'backend_loading'];
/** Milliseconds for which a server that is away is waited for. */
const PATIENCE_MS = 2000;

/** `queued`: it waits for a slot, or for our own start. `waiting`: its server is away. */
export type AskState = 'queued' | 'waiting' | 'working' | 'over';

export interface Question {
  /** The backend or pool. */
  place: string;
  /** The model that is to answer; undefined: the one that the backend has. */
  model: string | undefined;
  /** What is asked of the backend that it goes to. */
  request(backend: string): ModelRequest;
  signal: AbortSignal;
  onState(state: AskState): void;
}

interface Ask extends Question, SlotUser {
  resolve(result: AskResult): void;
  reject(error: unknown): void;
  patience: NodeJS.Timeout | undefined;
  attempts: number;
  onAbort(): void;
}

/** Who knows which member of a pool has the least queue. */
export interface Spreading {
  leastBusy(free: readonly string[], occupancy: Occupancy): string;
}

export class Asks {
  readonly #backends: Backends;
  readonly #spreading: Spreading;
  readonly #dispatch: () => void;
  #waiting: Ask[] = [];
  readonly #working = new Set<Ask>();
  #count = 0;

  /** `dispatch`: a slot is wanted, or free. */
  constructor(backends: Backends, spreading: Spreading, dispatch: () => void) {
    this.#backends = backends;
    this.#spreading = spreading;
    this.#dispatch = dispatch;
  }

  /** Resolves with the whole answer. @throws BackendError, or the signal's reason */
  ask(question: Question): Promise<AskResult> {
    return new Promise<AskResult>((resolve, reject) => {
      if (question.signal.aborted) return reject(question.signal.reason);
      // Its chat is nobody else's, and no agent is busy with it.
      const user = { agent: undefined, chatId: `ask ${++this.#count}`, backend: question.place };
      const ask: Ask = {
        ...question,
        ...user,
        resolve,
        reject,
        patience: undefined,
        attempts: 0,
        onAbort: () => this.#abort(ask),
      };
      question.signal.addEventListener('abort', ask.onAbort, { once: true });
      this.#waiting.push(ask);
      question.onState('queued');
      this.#dispatch();
    });
  }

  /** Those that have a slot. */
  get working(): readonly SlotUser[] {
    return [...this.#working];
  }

  /** Starts what can start now. `users`: who else has a slot. */
  start(users: readonly SlotUser[], limits: Limits): void {
    if (this.#waiting.length === 0) return;
    const chosen = this.#choose(this.#waiting, users, limits);
    this.#waiting = this.#waiting.filter((ask) => !chosen.includes(ask));
    for (const ask of this.#waiting) this.#wait(ask);
    for (const ask of chosen) {
      clearTimeout(ask.patience);
      this.#working.add(ask);
      void this.#work(ask);
    }
  }

  /** Where waiting questions would start if only these had slots, one entry each. */
  wouldStart(users: readonly SlotUser[], limits: Limits): string[] {
    const copies = this.#waiting.map((ask) => ({ ...ask }));
    return this.#choose(copies, users, limits).map(({ backend }) => backend);
  }

  /** Those that could start; their `backend` is where they go then. */
  #choose(waiting: readonly Ask[], users: readonly SlotUser[], limits: Limits): Ask[] {
    for (const ask of waiting) {
      if (this.#backends.isPool(ask.place)) ask.members = this.#backends.candidates(ask.place, ask);
    }
    return chooseRuns(waiting, [...users, ...this.#working], limits, {
      accepts: () => true,
      next: firstOf,
      member: (_ask, free, occupancy) => this.#spreading.leastBusy(free, occupancy),
    });
  }

  #wait(ask: Ask): void {
    const isDown = this.#backends.isDown(ask.place);
    ask.onState(isDown ? 'waiting' : 'queued');
    if (!isDown) {
      clearTimeout(ask.patience);
      ask.patience = undefined;
    } else ask.patience ??= setTimeout(() => this.#giveUp(ask), PATIENCE_MS);
  }

  #giveUp(ask: Ask): void {
    const { place } = ask;
    const reason = this.#backends.whyDown(place) ?? 'it has just come back';
    this.#over(ask, () => ask.reject(new BackendError('backend_unreachable', `${place} is down: ${reason}`)));
  }

  #abort(ask: Ask): void {
    // One that works ends by itself: its connection is closed inside the abort.
    if (!this.#working.has(ask)) this.#over(ask, () => ask.reject(ask.signal.reason));
  }

  async #work(ask: Ask): Promise<void> {
    ask.onState('working');
    ask.attempts++;
    try {
      const result = await this.#stream(ask);
      this.#over(ask, () => ask.resolve(result));
    } catch (error) {
      if (this.#isWorthRetry(ask, error)) this.#again(ask);
      else this.#over(ask, () => ask.reject(error));
    }
  }

  #isWorthRetry({ backend, attempts, signal }: Ask, error: unknown): boolean {
    if (!(error instanceof BackendError) || !error.retryable) return false;
    if (AWAY.includes(error.code)) this.#backends.suspect(backend, error.message);
    else this.#backends.check(backend);
    return attempts < MOST_ATTEMPTS && !signal.aborted;
  }

  #again(ask: Ask): void {
    ask.patience = undefined;
    this.#working.delete(ask);
    this.#waiting.unshift(ask);
    ask.onState('queued');
    this.#dispatch();
  }

  async #stream({ backend, request, signal }: Ask): Promise<AskResult> {
    let text = '';
    for await (const part of this.#backends.stream(backend, request(backend), signal)) {
      if (part.type === 'text-delta') text += part.text;
      if (part.type !== 'finish') continue;
      const { promptTokens = 0, completionTokens = 0 } = part.usage ?? {};
      return { text, finishReason: part.reason, promptTokens, completionTokens };
    }
    throw new BackendError('backend_truncated', 'the stream ended without a finish reason');
  }

  #over(ask: Ask, tell: () => void): void {
    clearTimeout(ask.patience);
    ask.signal.removeEventListener('abort', ask.onAbort);
    this.#waiting = this.#waiting.filter((other) => other !== ask);
    this.#working.delete(ask);
    ask.onState('over');
    tell();
    this.#dispatch();
  }
}
