/** How tests ask a stack: over HTTP only. */
import request from 'supertest';
import { type EventClient, openEvents } from './event-client.ts';

/** Where a stack answers, on 127.0.0.1. */
export interface Door {
  url: string;
  token: string;
}

/** Takes long to say; question and answer together fit into the simulator's context. */
export const LONG = `say: ${'word '.repeat(3000)}`;
let chatNumber = 0;

/** Tests do not share chats, so that their order does not matter. */
export const newChat = (): string => `test ${++chatNumber}`;

/** What the simulator answers with `text`, though the question does not contain it. */
export const sayCoded = (text: string): string => `say-coded: ${Buffer.from(text).toString('hex')}`;

/** Speaks to one stack, with its token. */
export class StackClient {
  readonly door: Door;

  constructor(door: Door) {
    this.door = door;
  }

  get(path: string) {
    return request(this.door.url).get(path).set(this.authorization);
  }

  post(path: string, body?: object) {
    return request(this.door.url).post(path).set(this.authorization).send(body);
  }

  events(path: string, headers: Record<string, string> = {}): Promise<EventClient> {
    return openEvents(this.door.url + path, { headers: { ...this.authorization, ...headers } });
  }

  chatEvents(agent: string, body: object): Promise<EventClient> {
    const headers = { ...this.authorization, 'content-type': 'application/json' };
    return openEvents(`${this.door.url}/chat/${agent}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** A run of the assistant whose answer has begun and goes on for a while. */
  async startLong(chat: string): Promise<{ run: string; stream: EventClient }> {
    const stream = await this.chatEvents('assistant', { content: LONG, chat });
    const delta = await stream.next('text-delta');
    return { run: String(delta?.data.run), stream };
  }

  get authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.door.token}` };
  }
}
