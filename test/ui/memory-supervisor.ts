/**
 * A stand-in for the supervisor that keeps everything in memory, to develop the gateway and the page against until the real one is there.
 * It answers `say: TEXT` and `say-coded: HEX` word by word, cuts at `ERROR` and corrects. Delete it with memory-events.ts.
 */
import { InterjectError } from '../../supervisor/errors.ts';
import type { EventData, EventScope, EventType, StoredEvent } from '../../supervisor/events.ts';
import type {
  AcceptedMessage,
  AgentView,
  ChatMessage,
  ChatView,
  IncomingMessage,
  InterventionView,
  RunView,
  Supervisor,
} from '../../supervisor/service.ts';

import { MemoryEvents } from './memory-events.ts';

interface Run {
  view: RunView;
  key: string | undefined;
  firstSeq: number;
  question: string;
  lines: ChatMessage[];
  stopped: boolean;
  correction: string | undefined;
  ended: Promise<void>;
  finish(): void;
}

const AGENTS = ['assistant', 'analyst'];
const POLICY = 'error-keyword';

/** @param msPerWord milliseconds between two words of an answer */
export class MemorySupervisor implements Supervisor {
  readonly #msPerWord: number;
  readonly #events = new MemoryEvents();
  readonly #runs = new Map<string, Run>();
  readonly #queues = new Map<string, Promise<void>>();
  #closed = false;

  constructor(msPerWord = 5) {
    this.#msPerWord = msPerWord;
  }

  close(): void {
    this.#closed = true;
    for (const run of this.#runs.values()) run.stopped = true;
  }

  async accept(message: IncomingMessage): Promise<AcceptedMessage> {
    this.#agent(message.agent);
    const chat = message.chat ?? 'main';
    const known = [...this.#runs.values()].find(
      ({ key, view }) => key !== undefined && key === message.key && view.agent === message.agent,
    );
    if (known !== undefined) {
      if (known.question !== message.content) throw new InterjectError('key_conflict');
      return { run: known.view.run, chat, agent: message.agent, firstSeq: known.firstSeq };
    }
    const run = this.#create(message, chat);
    const place = `${message.agent}/${chat}`;
    const before = this.#queues.get(place) ?? Promise.resolve();
    this.#queues.set(
      place,
      before.then(() => this.#work(run)),
    );
    return { run: run.view.run, chat, agent: message.agent, firstSeq: run.firstSeq };
  }

  run(id: string): RunView {
    return { ...this.#find(id).view };
  }

  async waitForRun(id: string, milliseconds: number, signal?: AbortSignal): Promise<RunView> {
    const run = this.#find(id);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
      signal?.addEventListener('abort', () => resolve());
    });
    await Promise.race([run.ended, late]);
    clearTimeout(timer);
    return this.run(id);
  }

  async stopRun(id: string): Promise<RunView> {
    const run = this.#find(id);
    run.stopped = true;
    await run.ended;
    return this.run(id);
  }

  async stopChat(agent: string, chat: string | undefined): Promise<RunView> {
    return this.stopRun(this.#open(agent, chat).view.run);
  }

  async interject(agent: string, chat: string | undefined, content: string): Promise<RunView> {
    const run = this.#open(agent, chat);
    run.correction = content;
    return this.run(run.view.run);
  }

  history(agent: string, chat = 'main'): { chat: string; seq: number; messages: ChatMessage[] } {
    this.#agent(agent);
    const runs = this.#runsOf(agent).filter(({ view }) => view.chat === chat);
    if (runs.length === 0 && chat !== 'main') throw new InterjectError('unknown_chat');
    return {
      chat,
      seq: this.#events.length,
      messages: runs.flatMap(({ lines }) => lines.map((line) => ({ ...line }))),
    };
  }

  chats(agent: string): ChatView[] {
    this.#agent(agent);
    const names = new Set(['main', ...this.#runsOf(agent).map(({ view }) => view.chat)]);
    return [...names].map((chat) => {
      const { messages } = this.history(agent, chat);
      return { chat, messages: messages.length, updated_at: messages.at(-1)?.ts ?? 0 };
    });
  }

  agents(): AgentView[] {
    return AGENTS.map((id) => ({
      id,
      state: 'ready',
      model: 'simulator',
      backend: 'simulator',
      policies: [POLICY],
      queued: this.#runsOf(id).filter(({ view }) => view.status === 'queued').length,
      running: this.#runsOf(id).filter(({ view }) => view.status === 'running').length,
      restarts: 0,
    }));
  }

  backends() {
    return [
      { name: 'simulator', url: 'http://127.0.0.1:1', server: 'simulator', up: true, slots: 4, model: 'simulator' },
    ];
  }

  policies() {
    return [{ name: POLICY, version: 'built-in', quarantined: false }];
  }

  async restartAgent(agent: string): Promise<void> {
    this.#agent(agent);
    this.#record({ agent }, 'agent-exit', { incarnation: 'a', reason: 'asked for', restarting: true });
    this.#record({ agent }, 'agent-ready', { incarnation: 'b' });
  }

  readiness() {
    return { ready: true, reasons: [] };
  }

  events(scope: EventScope, after: number | undefined, signal: AbortSignal): AsyncIterable<readonly StoredEvent[]> {
    return this.#events.read(scope, after, signal);
  }

  #record<T extends EventType>(scope: EventScope, type: T, data: EventData<T>): void {
    this.#events.record(scope, type, data);
  }

  #create(message: IncomingMessage, chat: string): Run {
    const id = `run-${this.#runs.size + 1}`;
    const scope = { agent: message.agent, chat, run: id };
    this.#record(scope, 'message-received', {
      content: message.content,
      ...(message.key !== undefined && { key: message.key }),
    });
    let finish = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const line: ChatMessage = { id, run: id, role: 'user', content: message.content, ts: Date.now(), status: 'queued' };
    const run: Run = {
      view: {
        ...scope,
        status: 'queued',
        content: '',
        messages: [],
        interventions: [],
        usage: { prompt_tokens: 1, completion_tokens: 0, total_tokens: 1, cached_tokens: 0 },
        timings: { queue_ms: null, ttft_ms: null, total_ms: null },
      },
      key: message.key,
      firstSeq: this.#events.length,
      question: message.content,
      lines: [line],
      stopped: false,
      correction: undefined,
      ended,
      finish,
    };
    this.#runs.set(id, run);
    return run;
  }

  async #work(run: Run): Promise<void> {
    const scope = { agent: run.view.agent, chat: run.view.chat, run: run.view.run };
    run.view.status = 'running';
    for (const line of run.lines) line.status = 'complete';
    this.#record(scope, 'run-start', { attempt: 1 });
    let text = answerTo(run.question);
    for (let turn = 1; turn <= 4; turn++) {
      const objection = await this.#turn(run, scope, turn, text);
      if (objection === undefined) break;
      text = objection.policy === POLICY ? text.replaceAll('ERROR', 'mistake') : `As corrected: ${objection.reason}`;
    }
    run.view.status = run.stopped ? 'stopped' : 'answered';
    run.view.content = run.stopped ? '' : (run.lines.at(-1)?.content ?? '');
    run.view.messages = run.lines.map(({ role, content, status }) => ({ role, content, status }));
    this.#record(scope, 'run-end', { status: run.view.status, ...(run.stopped && { reason: 'a person stopped it' }) });
    run.finish();
  }

  async #turn(run: Run, scope: EventScope, turn: number, text: string): Promise<InterventionView | undefined> {
    const line: ChatMessage = {
      id: `${run.view.run}.${turn}`,
      run: run.view.run,
      role: 'assistant',
      content: '',
      ts: Date.now(),
      status: 'streaming',
      turn,
    };
    run.lines.push(line);
    this.#record(scope, 'turn-start', { turn });
    line.reasoning = 'The user wants an answer. I will give one.';
    this.#record(scope, 'reasoning-delta', { turn, offset: 0, text: line.reasoning });
    for (const word of text.match(/\s*\S+\s*/g) ?? []) {
      if (run.stopped || run.correction !== undefined || word.includes('ERROR')) return this.#cut(run, scope, line);
      this.#record(scope, 'text-delta', { turn, offset: line.content.length, text: word });
      line.content += word;
      await new Promise((resolve) => setTimeout(resolve, this.#msPerWord));
    }
    line.status = 'complete';
    this.#record(scope, 'turn-end', { turn, text: line.content, reason: 'stop' });
    return undefined;
  }

  #cut(run: Run, scope: EventScope, line: ChatMessage): InterventionView | undefined {
    line.status = 'interrupted';
    const person = run.correction !== undefined;
    const reason = run.correction ?? 'Your answer contained ERROR. Answer again without it.';
    run.correction = undefined;
    const turn = line.turn ?? 1;
    const objection: InterventionView = {
      policy: person ? 'person' : POLICY,
      action: 'interject',
      reason,
      turn,
      offset: line.content.length,
    };
    if (!run.stopped) {
      run.view.interventions.push(objection);
      this.#record(scope, 'intervention', objection);
      run.lines.push({
        ...line,
        id: `${line.id}.s`,
        role: 'supervisor',
        content: reason,
        status: 'complete',
        intervention: objection,
      } as ChatMessage);
    }
    this.#record(scope, 'turn-cut', { turn, text: line.content, reason: run.stopped ? 'stopped' : objection.policy });
    return run.stopped ? undefined : objection;
  }

  #agent(agent: string): void {
    if (this.#closed) throw new InterjectError('stopping');
    if (!AGENTS.includes(agent)) throw new InterjectError('unknown_agent');
  }

  #find(id: string): Run {
    const run = this.#runs.get(id);
    if (run === undefined) throw new InterjectError('unknown_run');
    return run;
  }

  #runsOf(agent: string): Run[] {
    return [...this.#runs.values()].filter(({ view }) => view.agent === agent);
  }

  #open(agent: string, chat = 'main'): Run {
    this.#agent(agent);
    const open = this.#runsOf(agent).find(({ view }) => view.chat === chat && view.status === 'running');
    if (open === undefined) throw new InterjectError('not_running');
    return open;
  }
}

function answerTo(question: string): string {
  const coded = /^say-coded: ([0-9a-f]+)$/is.exec(question)?.[1];
  if (coded !== undefined) return Buffer.from(coded, 'hex').toString();
  return /^say: (.*)$/is.exec(question)?.[1] ?? 'This is a simulated answer. It is short and sensible.';
}
