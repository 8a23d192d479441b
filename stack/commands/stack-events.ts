/** The events of one swarm or benchmark, each once and in order, whatever happens to connections in between. */
import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import type { EventData, EventType } from '../../supervisor/events.ts';
import { Failure, messageOf } from '../failure.ts';
import { errorOf, type StackAccess, StackError } from './chat/stack-access.ts';

/** What has events of its own, from `<kind>-start` to `<kind>-end`. */
type Kind = 'swarm' | 'benchmark';
type TypeOf<K extends Kind> = Extract<EventType, `${K}-${string}`>;

/** An event as it comes over the stream. */
export type EventOf<K extends Kind> = { [T in TypeOf<K>]: { type: T; seq: number } & EventData<T> }[TypeOf<K>];

/** Which one. */
interface Subject<K extends Kind> {
  kind: K;
  id: string;
}

const RETRY_MS = 250;
/** Without any connection for so long, it is given up. */
const GIVE_UP_MS = 60_000;

/**
 * Yields the events after `seq`; the last one is `<kind>-end`. Leaving the loop, or aborting, stops nothing.
 * @throws Failure when the stack has ended, or cannot be reached for a minute; the signal's reason
 */
export async function* eventsOf<K extends Kind>(
  stack: StackAccess,
  subject: Subject<K>,
  seq: number,
  signal: AbortSignal,
): AsyncGenerator<EventOf<K>, void> {
  let after = seq;
  let seenAt = performance.now();
  for (;;) {
    try {
      for await (const event of read(stack, subject, after, signal)) {
        seenAt = performance.now();
        after = event.seq;
        yield event;
        if (event.type === `${subject.kind}-end`) return;
      }
      seenAt = performance.now();
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof StackError && isRefusal(error) && error.status !== 429) throw error;
      mayBeBack(stack, error, performance.now() - seenAt);
    }
    await sleep(RETRY_MS, undefined, { signal });
  }
}

/** @throws Failure when it makes no sense to wait any longer */
function mayBeBack(stack: StackAccess, error: unknown, awayMs: number): void {
  if (!stack.isRunning())
    throw new Failure('The stack has ended. What it worked on is kept, and goes on after the next start.');
  if (awayMs < GIVE_UP_MS) return;
  throw new Failure(`The stack at ${stack.url} does not answer (${messageOf(error)}). See --status.`);
}

/**
 * The JSON of a reply, however often it has to be asked for: only for what may be asked twice.
 * @throws StackError when it is refused; Failure, the signal's reason as above
 */
export async function askAgain<T>(stack: StackAccess, signal: AbortSignal, path: string, body?: object): Promise<T> {
  const begunAt = performance.now();
  for (;;) {
    try {
      return await stack.ask<T>(path, body);
    } catch (error) {
      if (isRefusal(error)) throw error;
      mayBeBack(stack, error, performance.now() - begunAt);
    }
    await sleep(RETRY_MS, undefined, { signal });
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof StackError && (error.status < 500 || error.code === 'storage_failed');
}

async function* read<K extends Kind>(
  stack: StackAccess,
  { kind, id }: Subject<K>,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<EventOf<K>, void> {
  const path = `/events?${kind}=${encodeURIComponent(id)}&after=${after}`;
  const response = await stack.fetch(path, { headers: { accept: 'text/event-stream' }, signal });
  if (!response.ok || response.body === null) throw await errorOf(response);
  const events = response.body.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
  for await (const { event, data } of events) {
    if (event?.startsWith(`${kind}-`)) yield JSON.parse(data) as EventOf<K>;
  }
}
