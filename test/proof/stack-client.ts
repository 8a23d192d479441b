/** Speaks HTTP with a stack, and with its simulator. Whoever asks while a process is being restarted is made to wait. */
import { createParser } from 'eventsource-parser';
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import type { SettingsChange } from '../../agent/backend/simulator/settings.ts';
import type { AgentView, BackendView, ChatMessage, PolicyView, RunView } from '../../supervisor/service.ts';
import type { SeenEvent } from './event-reader.ts';
import { until } from './until.ts';

export interface Message {
  content: string;
  chat?: string;
  key?: string;
}

export interface Reply<T> {
  status: number;
  body: T;
}

interface Failure {
  error: { code: string; message: string };
}

const SECONDS_PER_QUESTION = 20;
const LONGEST_RUN_MS = 60_000;
const JSON_HEADERS = { 'content-type': 'application/json' };

export class StackClient {
  readonly #url: () => string;
  #simulator = '';

  /** `url`: asked anew for every request. */
  constructor(url: () => string) {
    this.#url = url;
  }

  /** Whether messages are accepted and the model server answers; then it is known where that is. */
  async isReady(): Promise<boolean> {
    const { ready } = (await this.get<{ ready: boolean }>('/readyz')).body;
    if (ready) this.#simulator = (await this.overview()).backends[0]?.url ?? '';
    return ready;
  }

  async get<T>(path: string): Promise<Reply<T>> {
    const response = await fetch(this.#url() + path);
    return { status: response.status, body: (await response.json()) as T };
  }

  async post<T>(path: string, body: object): Promise<Reply<T>> {
    const init = { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(body) };
    const response = await fetch(this.#url() + path, init);
    return { status: response.status, body: (await response.json()) as T };
  }

  /** Says something and waits for the answer. */
  async ask(agent: string, message: Message): Promise<RunView> {
    return this.ended(await this.send(agent, message));
  }

  /**
   * Says something and goes as soon as it is acknowledged; returns the id of the run.
   * @throws Error with the refusal
   */
  async send(agent: string, message: Message): Promise<string> {
    const leaving = new AbortController();
    const response = await fetch(`${this.#url()}/chat/${agent}`, {
      method: 'POST',
      headers: { ...JSON_HEADERS, accept: 'text/event-stream' },
      body: JSON.stringify(message),
      signal: leaving.signal,
    });
    const location = response.headers.get('location');
    if (location === null) throw new Error(`not acknowledged: ${response.status} ${await response.text()}`);
    leaving.abort();
    return location.replace('/runs/', '');
  }

  /** Says something and reads the run's own stream to its end. */
  async stream(agent: string, message: Message): Promise<SeenEvent[]> {
    const response = await fetch(`${this.#url()}/chat/${agent}`, {
      method: 'POST',
      headers: { ...JSON_HEADERS, accept: 'text/event-stream' },
      body: JSON.stringify(message),
    });
    const events: SeenEvent[] = [];
    createParser({ onEvent: ({ data }) => events.push(JSON.parse(data) as SeenEvent) }).feed(await response.text());
    return events;
  }

  /** As `send`, again and again until somebody answers. The message needs a key. */
  sendUntilAcknowledged(agent: string, message: Required<Message>): Promise<string> {
    return until(`an acknowledgement of ${message.key}`, () => this.send(agent, message));
  }

  /** What a refused message is answered with. */
  refused(agent: string, message: Message): Promise<Reply<Failure>> {
    return this.post<Failure>(`/chat/${agent}`, message);
  }

  async run(id: string): Promise<RunView> {
    return (await this.get<RunView>(`/runs/${id}`)).body;
  }

  /** The run when it has ended, whatever is killed meanwhile. */
  ended(id: string): Promise<RunView> {
    const look = async (): Promise<RunView | undefined> => {
      const { status, body } = await this.get<RunView>(`/runs/${id}?wait=${SECONDS_PER_QUESTION}`);
      return status === 200 && body.status !== 'queued' && body.status !== 'running' ? body : undefined;
    };
    return until(`the end of run ${id}`, look, LONGEST_RUN_MS);
  }

  async history(agent: string, chat = 'main'): Promise<ChatMessage[]> {
    const path = `/chat/${agent}/history?chat=${encodeURIComponent(chat)}`;
    return (await this.get<{ messages: ChatMessage[] }>(path)).body.messages;
  }

  async overview(): Promise<{ agents: AgentView[]; backends: BackendView[]; policies: PolicyView[] }> {
    return (await this.get<{ agents: AgentView[]; backends: BackendView[]; policies: PolicyView[] }>('/agents')).body;
  }

  /** Changes the simulator; waits for one that is being restarted. */
  async simulate(settings: SettingsChange): Promise<void> {
    const init = { method: 'POST', headers: JSON_HEADERS, body: JSON.stringify(settings) };
    const path = `${this.#simulator}/simulator/settings`;
    await until('the simulator to take settings', async () => (await fetch(path, init)).ok);
  }

  /** What the simulator was asked so far; only what holds this text in a message. */
  async modelCalls(text = ''): Promise<LoggedRequest[]> {
    const calls = (await (await fetch(`${this.#simulator}/simulator/requests`)).json()) as LoggedRequest[];
    return calls.filter(({ messages }) => messages.some(({ content }) => content.includes(text)));
  }
}
