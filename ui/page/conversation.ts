/**
 * One chat as it goes on: a history snapshot, then events. Events that arrive while the snapshot is on the way are kept and come after it,
 * so that none is missed and none counts twice.
 */
import { type ChatView, EMPTY_CHAT, fromHistory, type History } from './chat-view.ts';
import { fold, type PageEvent } from './fold.ts';

export class Conversation {
  readonly agent: string;
  readonly chat: string;
  view: ChatView = EMPTY_CHAT;
  readonly #fetch: () => Promise<History>;
  #waiting: PageEvent[] | undefined;
  #loads = 0;

  /** @param fetchHistory asks the server for the snapshot */
  constructor(agent: string, chat: string, fetchHistory: () => Promise<History>) {
    this.agent = agent;
    this.chat = chat;
    this.#fetch = fetchHistory;
  }

  /** The view does not fit the events and no snapshot is on the way. */
  get needsLoad(): boolean {
    return this.view.stale && this.#waiting === undefined;
  }

  /** Takes an event; false when it is about another chat. */
  receive(event: PageEvent): boolean {
    if (event.agent !== this.agent || event.chat !== this.chat) return false;
    if (this.#waiting === undefined) this.view = fold(this.view, event);
    else this.#waiting.push(event);
    return true;
  }

  /** Begins again with a snapshot. When several are asked for, the last one counts. @throws ApiError and leaves the view stale */
  async load(): Promise<void> {
    const load = ++this.#loads;
    this.#waiting = [];
    try {
      const history = await this.#fetch();
      if (load === this.#loads) this.view = this.#waiting.reduce(fold, fromHistory(history));
    } catch (error) {
      if (load === this.#loads) this.view = { ...this.view, stale: true };
      throw error;
    } finally {
      if (load === this.#loads) this.#waiting = undefined;
    }
  }
}
