/**
 * The page's one event stream. The browser comes back by itself with the last id it has seen; where it gives up (the server refused it, for
 * example while starting), this opens a new stream from there.
 */
import type { EventType } from '../../supervisor/events.ts';
import type { PageEvent } from './fold.ts';

/** Complete by type: the browser must be told each type it shall listen for. */
const TYPES: Record<EventType, true> = {
  'message-received': true,
  'run-start': true,
  'turn-start': true,
  'text-delta': true,
  'reasoning-delta': true,
  intervention: true,
  review: true,
  'turn-cut': true,
  'turn-end': true,
  'letter-sent': true,
  'run-paused': true,
  'run-resumed': true,
  'run-end': true,
  'swarm-start': true,
  'swarm-step': true,
  'swarm-end': true,
  'benchmark-start': true,
  'benchmark-progress': true,
  'benchmark-end': true,
  'agent-ready': true,
  'agent-exit': true,
  'backend-up': true,
  'backend-down': true,
  policy: true,
  notice: true,
  held: true,
  degraded: true,
  resync: true,
};
const RETRY_MS = 1000;

export interface StreamListener {
  event(event: PageEvent): void;
  /** `false` when the connection is lost, `true` when it is there (again). */
  connected(connected: boolean): void;
}

/** Reads events after `seq` until the page is left. */
export function openStream(seq: number, listener: StreamListener): void {
  let last = seq;
  const source = new EventSource(`/events?after=${last}`);
  source.onopen = () => listener.connected(true);
  source.onerror = () => {
    listener.connected(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => openStream(last, listener), RETRY_MS);
  };
  for (const type of Object.keys(TYPES)) {
    source.addEventListener(type, ({ data }: MessageEvent<string>) => {
      const event = JSON.parse(data) as PageEvent;
      last = event.type === 'resync' ? event.seq : (event.seq ?? last);
      listener.event(event);
    });
  }
}
