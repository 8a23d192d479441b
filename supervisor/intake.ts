/** Takes messages in: what it has acknowledged is durable and will be worked on. */
import type { AnswerFormat, ModelMessage } from '../agent/backend/backend.ts';
import type { AgentDefinition } from './configuration.ts';
import type { Engine } from './engine.ts';
import { InterjectError } from './errors.ts';
import { Inbox } from './runs/inbox.ts';
import type { Received } from './runs/ledger.ts';
import type { LiveRun } from './runs/live-run.ts';
import type { AcceptedMessage } from './service.ts';
import type { RunRow } from './store/runs.ts';

interface OpeningOptions {
  earlier?: readonly ModelMessage[];
  format?: AnswerFormat | undefined;
  received?: (row: RunRow) => void;
}

export class Intake {
  readonly #engine: Engine;
  readonly #inbox: Inbox;
  #isStopping = false;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#inbox = new Inbox(engine.bench);
  }

  /** From now on no message is accepted. */
  close(): void {
    this.#isStopping = true;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** @throws InterjectError stopping, storage_failed */
  mustBeOpen(): void {
    if (this.#isStopping) throw new InterjectError('stopping');
    if (this.#engine.degraded !== undefined) throw new InterjectError('storage_failed', this.#engine.degraded);
  }

  /**
   * Opens a run; resolves once its message is durable.
   * @param definition the agent, as it is for this run
   * @param earlier what was said before, in a conversation that is not kept here
   * @param format what the answer is to be, in such a conversation
   * @param received writes what is to be recorded together with the message
   * @throws InterjectError stopping, storage_failed, inbox_full
   */
  async open(
    message: Omit<Received, 'id'>,
    definition: AgentDefinition,
    { earlier = [], format, received }: OpeningOptions = {},
  ): Promise<LiveRun> {
    this.mustBeOpen();
    const { recorder, dispatch } = this.#engine.bench;
    if (this.#inbox.isFull(message.agent)) throw new InterjectError('inbox_full');
    const run = this.#inbox.put(message, definition);
    received?.(run.row);
    const committed = recorder.committed();
    run.earlier = earlier;
    run.format = format;
    // The model is asked meanwhile; what it answers is committed later than this, and a failure here cancels its turn.
    dispatch();
    await committed;
    return run;
  }
}

/** What is acknowledged. */
export function accepted({ id, chat, agent, firstSeq }: RunRow): AcceptedMessage {
  return { run: id, chat, agent, firstSeq };
}
