/**
 * Requests that wait for a run. A wait ends early when its client goes away or the gateway closes; the run itself goes on.
 * (fastify's `request.signal` will not do: it aborts as soon as the body of a POST was read.)
 */
import type { FastifyReply } from 'fastify';
import { onceGone } from './departure.ts';

export class Waits {
  readonly #open = new Set<AbortController>();
  #closed = false;

  /** A signal that aborts when this client goes away before it has its reply, or when the gateway closes. */
  follow(reply: FastifyReply): AbortSignal {
    const controller = new AbortController();
    if (this.#closed) controller.abort();
    this.#open.add(controller);
    onceGone(reply, () => {
      this.#open.delete(controller);
      if (!reply.raw.writableFinished) controller.abort();
    });
    return controller.signal;
  }

  /** Ends every wait now. */
  close(): void {
    this.#closed = true;
    for (const controller of this.#open) controller.abort();
  }
}
