/** One chat with one agent of a running stack: what both the terminal and the pipe talk through. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentView, BackendView, Readiness } from '../../../supervisor/service.ts';
import { unknownAgent } from '../unknown-agent.ts';
import { AnswerPieces, type Piece } from './answer-pieces.ts';
import { type Message, type RunEvent, runEvents } from './run-events.ts';
import type { StackAccess } from './stack-access.ts';

/** A message that waits longer than this gets told why. */
const WAITING_MS = 2000;
const ASKED_WITHIN_MS = 1500;
const LOOK_MS = 50;

/** An answer that is on its way. */
export interface PendingAnswer {
  /** Throws what `runEvents` throws. */
  pieces: AsyncIterable<Piece>;
  /** Ends the run; its end still comes as a piece. Resolves when the stack was asked, also when it does not answer. */
  stop(): Promise<void>;
}

export class Conversation {
  readonly agent: string;
  readonly chat: string;
  /** Who answers: model, server and address. */
  readonly model: string;
  readonly #stack: StackAccess;

  private constructor(stack: StackAccess, agent: string, chat: string, model: string) {
    this.#stack = stack;
    this.agent = agent;
    this.chat = chat;
    this.model = model;
  }

  /** `agent`: undefined: the first one. @throws Failure (exit code 2) that lists the agents; StackError */
  static async open(stack: StackAccess, agent: string | undefined, chat: string): Promise<Conversation> {
    const { agents, backends } = await overview(stack);
    const found = agent === undefined ? agents[0] : agents.find(({ id }) => id === agent);
    if (found === undefined)
      throw unknownAgent(
        agent ?? '',
        agents.map(({ id }) => id),
      );
    const members = backends.filter(({ name }) => (found.members ?? [found.backend]).includes(name));
    const backend = members.find(({ up }) => up) ?? members[0];
    return new Conversation(stack, found.id, chat, describeModel(found, backend));
  }

  /** Sends a message. `signal`: leaves the answer, the run goes on. */
  say(content: string, signal: AbortSignal): PendingAnswer {
    const { agent, chat } = this;
    const stopper = new RunStopper(this.#stack);
    return {
      pieces: this.#pieces({ agent, chat, content }, signal, stopper),
      stop: () => stopper.stop(),
    };
  }

  async *#pieces(message: Message, signal: AbortSignal, stopper: RunStopper): AsyncGenerator<Piece, void> {
    const pieces = new AnswerPieces();
    const leaving = new AbortController();
    const events = runEvents(this.#stack, message, AbortSignal.any([signal, leaving.signal]));
    const waiting = this.#whyItWaits(leaving.signal);
    try {
      for await (const event of withNote(events, waiting)) {
        if (typeof event === 'string') {
          if (event !== '') yield { type: 'note', text: event };
        } else {
          stopper.see(event.run);
          yield* pieces.of(event);
        }
      }
    } finally {
      leaving.abort();
    }
  }

  /** Empty: there is nothing to say. */
  async #whyItWaits(signal: AbortSignal): Promise<string> {
    try {
      await sleep(WAITING_MS, undefined, { signal });
      const response = await this.#stack.fetch('/readyz', { signal });
      const { reasons } = (await response.json()) as Readiness;
      return `the message waits${reasons.length === 0 ? ' for its turn' : `: ${reasons.join('; ')}`} …`;
    } catch {
      return '';
    }
  }
}

interface Overview {
  agents: AgentView[];
  backends: BackendView[];
}

/** A stack that has just started knows its model servers a moment later. */
async function overview(stack: StackAccess): Promise<Overview> {
  const deadline = performance.now() + ASKED_WITHIN_MS;
  for (;;) {
    const seen = await stack.ask<Overview>('/agents');
    const isKnown = seen.backends.every(({ server }) => server !== 'unknown');
    if (isKnown || performance.now() > deadline) return seen;
    await sleep(LOOK_MS);
  }
}

/** The events, and the note among them if it comes before the run has started. */
async function* withNote(
  events: AsyncGenerator<RunEvent, void>,
  note: Promise<string>,
): AsyncGenerator<RunEvent | string, void> {
  let isWaiting = true;
  let next = events.next();
  for (;;) {
    const came: IteratorResult<RunEvent, void> | string = isWaiting ? await Promise.race([next, note]) : await next;
    if (typeof came === 'string') {
      isWaiting = false;
      yield came;
    } else if (came.done) return;
    else {
      isWaiting &&= came.value.type === 'message-received';
      yield came.value;
      next = events.next();
    }
  }
}

/** Stops a run, at once or as soon as it is known. */
class RunStopper {
  readonly #stack: StackAccess;
  #run: string | undefined;
  #isWanted = false;

  constructor(stack: StackAccess) {
    this.#stack = stack;
  }

  see(run: string | undefined): void {
    if (this.#run !== undefined || run === undefined) return;
    this.#run = run;
    if (this.#isWanted) void this.stop();
  }

  async stop(): Promise<void> {
    this.#isWanted = true;
    if (this.#run === undefined) return;
    // If it cannot be told now, the run goes on, and that is seen.
    await this.#stack.ask(`/runs/${encodeURIComponent(this.#run)}/stop`, {}).catch(() => {});
  }
}

function describeModel(
  { model, backend: own, fallback, members }: AgentView,
  backend: BackendView | undefined,
): string {
  if (backend === undefined) return model;
  if (backend.server === 'simulator') return 'the built-in simulator: no language model, it answers short made-up text';
  const down = backend.up
    ? ''
    : `, which does not answer now${backend.detail === undefined ? '' : `: ${backend.detail}`}`;
  const server = backend.server === 'unknown' ? backend.name : backend.server;
  const parts = [model || backend.model, server].filter(
    (part, index, all) => part !== '' && all.indexOf(part) === index,
  );
  const pool = members === undefined ? '' : `, one of ${members.length} in ${fallback ?? own}`;
  return `${parts.join(' on ')} (${backend.url}${pool})${down}`;
}
