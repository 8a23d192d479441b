/** The inbox of the agents, with its bound: what is put into it waits for its turn, here and in the store. */
import { randomBytes } from 'node:crypto';
import type { AgentDefinition } from '../configuration.ts';
import type { Received } from './ledger.ts';
import { LiveRun } from './live-run.ts';
import type { Workbench } from './workbench.ts';

/** Messages that may wait for one agent. */
const MOST_QUEUED = 1000;

export class Inbox {
  readonly #bench: Workbench;

  constructor(bench: Workbench) {
    this.#bench = bench;
  }

  isFull(agent: string): boolean {
    return this.#bench.runs.count(agent).queued >= MOST_QUEUED;
  }

  /**
   * Records a message and queues its run; nothing is dispatched yet.
   * @param definition the agent, as it is for this run
   * @throws InterjectError storage_failed
   */
  put(message: Omit<Received, 'id'>, definition: AgentDefinition): LiveRun {
    const { runs, ledger, backendOf } = this.#bench;
    const row = ledger.received({ id: randomBytes(8).toString('hex'), ...message });
    const run = new LiveRun(row, definition, backendOf(definition), 0);
    runs.add(run);
    return run;
  }
}
