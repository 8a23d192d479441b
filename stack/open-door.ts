/**
 * Opens the door of a supervisor. Whoever starts a stack is told at once when its address cannot be had. A supervisor that was started again
 * had that address a moment ago: whoever took it meanwhile is waited for, and what was acknowledged goes on behind the shut door.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from './failure.ts';
import { describeListenError } from './listen-error.ts';

const RETRY_MS = 250;

export interface Door {
  host: string;
  /** 0: any free one. */
  port: number;
  /** An earlier supervisor of this stack had this door open. */
  wasOpen: boolean;
  /** Rejects when it cannot listen; may be called again then. */
  listen(at: { host: string; port: number }): Promise<unknown>;
  /** Tells the person who started the stack. */
  tell(text: string): void;
  /** Aborts when nobody wants it open any more. */
  signal: AbortSignal;
}

/**
 * Resolves when the door is open or, where it was open before, when it is known to be taken: it is opened as soon as it is free.
 * @throws Failure that says what to do; for an error that is not about the address, that error
 */
export async function openDoor(door: Door): Promise<void> {
  const error = await attempt(door);
  if (error === undefined) return;
  if (!(door.wasOpen && error instanceof Failure)) throw error;
  door.tell(`Nobody can reach the stack, which goes on and waits for its address: ${error.message}`);
  void untilOpen(door);
}

async function untilOpen(door: Door): Promise<void> {
  do {
    await sleep(RETRY_MS, undefined, { signal: door.signal, ref: false }).catch(() => undefined);
    if (door.signal.aborted) return;
  } while ((await attempt(door)) !== undefined);
  door.tell(`The stack can be reached again, at port ${door.port} on ${door.host}.`);
}

async function attempt({ host, port, listen }: Door): Promise<unknown> {
  try {
    await listen({ host, port });
    return undefined;
  } catch (error) {
    return describeListenError(error, host, port);
  }
}
