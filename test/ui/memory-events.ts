/** The event log of the stand-in supervisor; delete it with that. */
import type { EventData, EventScope, EventType, StoredEvent } from '../../supervisor/events.ts';

export class MemoryEvents {
  readonly #events: StoredEvent[] = [];
  readonly #wakers = new Set<() => void>();

  get length(): number {
    return this.#events.length;
  }

  record<T extends EventType>(scope: EventScope, type: T, data: EventData<T>): void {
    const seq = this.#events.length + 1;
    this.#events.push({ ...scope, seq, type, data: JSON.stringify({ type, seq, ...scope, ...data }) });
    for (const wake of [...this.#wakers]) wake();
  }

  async *read(
    scope: EventScope,
    after: number | undefined,
    signal: AbortSignal,
  ): AsyncIterable<readonly StoredEvent[]> {
    let position = after ?? this.#events.length;
    if (position > this.#events.length) {
      position = this.#events.length;
      yield [{ seq: undefined, type: 'resync', data: JSON.stringify({ type: 'resync', seq: position }) }];
    }
    while (!signal.aborted) {
      const batch = this.#events.slice(position).filter((event) => matches(event, scope));
      position = this.#events.length;
      if (batch.length > 0) yield batch;
      else await this.#more(signal);
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wakers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wakers.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}

function matches(event: StoredEvent, scope: EventScope): boolean {
  return (['agent', 'chat', 'run'] as const).every((key) => scope[key] === undefined || scope[key] === event[key]);
}
