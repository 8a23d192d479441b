/** How the suites start and ask a stack: over HTTP only. */
import request from 'supertest';
import type { GatewayLimits } from '../../ui/limits.ts';
import { type EventClient, openEvents } from './event-client.ts';

/** A stack that runs, on 127.0.0.1. */
export interface RunningStack {
  url: string;
  token: string;
  close(): Promise<void>;
}

export type StartStack = (limits?: Partial<GatewayLimits>) => Promise<RunningStack>;

export const LONG = `say: ${'word '.repeat(5000)}`;
let chatNumber = 0;

/** Tests do not share chats, so that their order does not matter. */
export const newChat = (): string => `test ${++chatNumber}`;

/** Speaks to one stack, with its token. */
export class StackClient {
  readonly #stack: RunningStack;

  constructor(stack: RunningStack) {
    this.#stack = stack;
  }

  get(path: string) {
    return request(this.#stack.url).get(path).set('authorization', `Bearer ${this.#stack.token}`);
  }

  post(path: string, body?: object) {
    return request(this.#stack.url).post(path).set('authorization', `Bearer ${this.#stack.token}`).send(body);
  }

  events(path: string, headers: Record<string, string> = {}): Promise<EventClient> {
    return openEvents(this.#stack.url + path, { headers: { ...this.#authorization(), ...headers } });
  }

  chatEvents(agent: string, body: object): Promise<EventClient> {
    const headers = { ...this.#authorization(), 'content-type': 'application/json' };
    return openEvents(`${this.#stack.url}/chat/${agent}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }

  /** A run whose answer has begun and goes on for a while. */
  async startLong(chat: string): Promise<{ run: string; stream: EventClient }> {
    const stream = await this.chatEvents('assistant', { content: LONG, chat });
    const delta = await stream.next('text-delta');
    return { run: String(delta?.data.run), stream };
  }

  #authorization(): Record<string, string> {
    return { authorization: `Bearer ${this.#stack.token}` };
  }
}
