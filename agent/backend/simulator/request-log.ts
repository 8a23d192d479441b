/** What a simulator was asked, kept in memory, so that a test of other processes can count and read the model calls. */
import type { ModelMessage } from '../backend.ts';

export type RequestOutcome = 'queued' | 'running' | 'completed' | 'cancelled' | 'failed';

/** One chat completion that was asked for. Times are epoch milliseconds with fractions. */
export interface LoggedRequest {
  /** 1, 2, 3 … in the order of arrival. */
  id: number;
  started: number;
  firstTokenAt: number | null;
  endedAt: number | null;
  /** `cancelled`: the client went away; `failed`: a fault that was asked for. */
  outcome: RequestOutcome;
  messages: readonly ModelMessage[];
  /** `response_format`, Ollama's `format`: as it was given; undefined: it was not. */
  format?: unknown;
  tokensSent: number;
}

/** Requests that are remembered; ids go on. */
const MOST_REQUESTS = 5000;

export class RequestLog {
  readonly #requests: LoggedRequest[] = [];
  #count = 0;

  /** A new entry; whoever works on the request keeps it up to date. */
  open({ messages, format }: Pick<LoggedRequest, 'messages' | 'format'>): LoggedRequest {
    this.#count++;
    const entry: LoggedRequest = {
      id: this.#count,
      started: epochMs(),
      firstTokenAt: null,
      endedAt: null,
      outcome: 'queued',
      messages,
      format,
      tokensSent: 0,
    };
    this.#requests.push(entry);
    if (this.#requests.length > MOST_REQUESTS) this.#requests.shift();
    return entry;
  }

  /** An entry of a request that was refused at once. */
  refuse(request: Pick<LoggedRequest, 'messages' | 'format'>): void {
    const entry = this.open(request);
    entry.outcome = 'failed';
    entry.endedAt = entry.started;
  }

  /** Oldest first. */
  get entries(): readonly LoggedRequest[] {
    return this.#requests;
  }
}

/** Epoch milliseconds with fractions, from the monotonic clock. */
export function epochMs(): number {
  return performance.timeOrigin + performance.now();
}
