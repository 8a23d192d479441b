/**
 * What stands in the log of agents, runs and turns: one line for each committed event that a person who runs the stack wants to find again.
 * Each carries `agent`, `chat`, `run` and `turn` under these names. An ordinary run writes two lines at `info`: its turn began, it ended.
 * Never a text: not of messages, not of answers, not what a policy or a server said of them; at `debug` the reason that readers saw.
 */
import type { Log } from '../agent/log.ts';
import type { EventData, EventType, StoredEvent } from './events.ts';
import type { MeasuredRun, MeasuredTurn } from './store/measures.ts';

/** What is known of a run beside its events. */
export interface RunFacts {
  /** Where its turns go; undefined when it is over. */
  backendOf(run: string): string | undefined;
  /** Undefined until it has ended. */
  run(id: string): MeasuredRun | undefined;
  turns(number: number): readonly MeasuredTurn[];
}

interface Line {
  level: keyof Log;
  message: string;
  fields?: object;
}

type Writers = {
  [T in EventType]?: (read: () => EventData<T>, event: StoredEvent, facts: RunFacts) => Line | readonly Line[];
};

/** Notices that somebody may want to do something about. */
const WARNINGS: ReadonlySet<EventData<'notice'>['code']> = new Set([
  'backend_busy',
  'backend_fallback',
  'prompt_truncated',
]);

/** Notices whose text holds words of an answer: what is logged instead. */
const QUOTING: Partial<Record<EventData<'notice'>['code'], string>> = {
  letter_no_contact: 'the answer writes to somebody who is no contact',
};

/** An event without a line of its own is found in another one, or is nothing to keep a log of. */
const WRITERS: Writers = {
  'message-received': () => ({ level: 'debug', message: 'message accepted' }),
  'run-start': (read) => ({ level: 'debug', message: 'run started', fields: { queueMs: read().queue_ms } }),
  'turn-start': (read, { run = '' }, facts) => {
    const { turn, continues } = read();
    return { level: 'info', message: 'turn started', fields: { turn, backend: facts.backendOf(run), continues } };
  },
  intervention: (read) => {
    const { policy, action, turn, offset } = read();
    const who = policy === 'person' ? 'a person' : 'a policy';
    return { level: 'info', message: `${who} intervened`, fields: { policy, action, turn, offset } };
  },
  review: (read) => {
    const { turn, policy, when, state } = read();
    const level = state === 'failed' ? 'info' : 'debug';
    return { level, message: `review ${state}`, fields: { turn, policy, when } };
  },
  'turn-cut': (read) => {
    const { turn, reason } = read();
    return [
      { level: 'info', message: 'turn interrupted', fields: { turn, reason: classOf(reason) } },
      ...inFull('why the turn was interrupted', reason, { turn }),
    ];
  },
  'run-paused': (read) => {
    const { approval, policy, turn } = read();
    return { level: 'info', message: 'run waits for a person', fields: { approval, policy, turn } };
  },
  'run-resumed': (read) => {
    const { approval, decision } = read();
    return { level: 'info', message: 'run waits no longer', fields: { approval, decision } };
  },
  'run-end': (read, { run = '' }, facts) => {
    const { status, reason } = read();
    const level = status === 'failed' ? 'warn' : 'info';
    const fields = { status, reason: classOf(reason), ...figuresOf(run, facts) };
    return [{ level, message: `run ${status}`, fields }, ...inFull('why the run ended', reason)];
  },
  'swarm-start': (read) => ({ level: 'info', message: 'swarm started', fields: { mode: read().mode } }),
  'swarm-step': (read) => {
    const { step, name, state, run, error } = read();
    return {
      level: 'debug',
      message: `swarm step ${state}`,
      fields: { step, agent: name, run, reason: classOf(error) },
    };
  },
  'swarm-end': (read) => {
    const { state, error } = read();
    const level = state === 'failed' ? 'warn' : 'info';
    return { level, message: `swarm ${state}`, fields: { reason: classOf(error) } };
  },
  'agent-ready': (read) => ({ level: 'debug', message: 'agent connected', fields: read() }),
  'agent-exit': (read) => ({ level: 'debug', message: 'agent gone', fields: read() }),
  'backend-up': (read) => ({ level: 'info', message: 'model server answers', fields: { backend: read().backend } }),
  'backend-down': (read) => {
    const { backend, reason } = read();
    return [
      { level: 'warn', message: 'model server does not answer', fields: { backend, reason: classOf(reason) } },
      ...inFull('why the model server is left out', reason, { backend }),
    ];
  },
  policy: (read) => {
    const { policy, version, state } = read();
    const level = state === 'quarantined' ? 'warn' : 'debug';
    return { level, message: `policy ${state}`, fields: { policy, version } };
  },
  notice: (read) => {
    const { code, text, turn, backend } = read();
    const level = WARNINGS.has(code) ? 'warn' : 'info';
    const fields = { code, turn, backend };
    const plain = QUOTING[code];
    if (plain === undefined) return { level, message: text, fields };
    return [
      { level, message: plain, fields },
      { level: 'debug', message: 'what readers were told', fields: { code, text } },
    ];
  },
};

export class LogLines {
  readonly #log: Log;
  readonly #facts: RunFacts;

  constructor(log: Log, facts: RunFacts) {
    this.#log = log;
    this.#facts = facts;
  }

  /** Committed events, in order. */
  read(events: readonly StoredEvent[]): void {
    for (const event of events) {
      const writer = WRITERS[event.type] as Writers['run-end'];
      if (writer === undefined) continue;
      // Most of what an event says is text that nobody logs: it is parsed only where something of it is wanted.
      for (const line of [writer(() => JSON.parse(event.data), event, this.#facts)].flat()) this.#write(event, line);
    }
  }

  #write({ agent, chat, run, swarm }: StoredEvent, { level, message, fields }: Line): void {
    const { seq: _, type: __, ts: ___, ...own } = { ...fields } as Record<string, unknown>;
    this.#log[level]({ agent, chat, run, swarm, ...own }, message);
  }
}

/** Of a reason as readers see it what quotes nobody: a code, or the name of a policy, before the colon. */
function classOf(reason: string | undefined): string | undefined {
  return reason?.split(': ', 1)[0];
}

/** The reason in full, where there is more to it, as what it is: perhaps a quotation. */
function inFull(message: string, reason: string | undefined, fields: object = {}): Line[] {
  return reason === classOf(reason) ? [] : [{ level: 'debug', message, fields: { ...fields, text: reason } }];
}

/** What a run that has ended took: milliseconds and tokens. */
function figuresOf(id: string, facts: RunFacts): object {
  const run = facts.run(id);
  if (run === undefined) return {};
  const { number, acceptedAt, startedAt, firstTextAt, endedAt } = run;
  const turns = facts.turns(number);
  const sum = (what: 'promptTokens' | 'completionTokens'): number => turns.reduce((all, turn) => all + turn[what], 0);
  return {
    turns: turns.length,
    queueMs: startedAt === null ? undefined : startedAt - acceptedAt,
    firstTextMs: firstTextAt === null ? undefined : firstTextAt - acceptedAt,
    runMs: endedAt - acceptedAt,
    promptTokens: sum('promptTokens'),
    completionTokens: sum('completionTokens'),
  };
}
