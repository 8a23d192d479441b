/** A reader of server-sent events for tests: opens a stream, hands out its events one by one, can leave at any time. */
import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream';

interface ReceivedEvent {
  id: string | undefined;
  type: string;
  data: Record<string, unknown>;
}

export interface EventClient {
  status: number;
  headers: Headers;
  /** The next event, of this type if one is named; undefined when the stream has ended. */
  next(type?: string): Promise<ReceivedEvent | undefined>;
  /** Everything until the stream ends. */
  rest(): Promise<ReceivedEvent[]>;
  /** Leaves, as a browser does when its tab is closed. */
  leave(): void;
}

/** @param init as for fetch; the `Accept` header is set */
export async function openEvents(
  url: string,
  init: RequestInit & { headers?: Record<string, string> } = {},
): Promise<EventClient> {
  const leaving = new AbortController();
  const headers = { accept: 'text/event-stream', ...init.headers };
  const response = await fetch(url, { ...init, headers, signal: leaving.signal });
  if (response.body === null || !response.headers.get('content-type')?.startsWith('text/event-stream')) {
    throw new Error(`no event stream: ${response.status} ${await response.text()}`);
  }
  const reader = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream())
    .getReader();
  const next = async (type?: string): Promise<ReceivedEvent | undefined> => {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return undefined;
      if (type === undefined || value.event === type) return received(value);
    }
  };
  const rest = async (): Promise<ReceivedEvent[]> => {
    const events: ReceivedEvent[] = [];
    for (let event = await next(); event !== undefined; event = await next()) events.push(event);
    return events;
  };
  return { status: response.status, headers: response.headers, next, rest, leave: () => leaving.abort() };
}

function received(message: EventSourceMessage): ReceivedEvent {
  return {
    id: message.id,
    type: message.event ?? 'message',
    data: JSON.parse(message.data) as Record<string, unknown>,
  };
}
