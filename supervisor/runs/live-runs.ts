/** All live runs, by what they are looked up by, and the order in which waiting ones are served. */
import { chooseRuns, type Limits, type SlotUser } from '../choose-runs.ts';
import { chatId } from '../store/runs.ts';
import type { LiveRun, LiveTurn } from './live-run.ts';

export class LiveRuns {
  readonly #byId = new Map<string, LiveRun>();
  readonly #byTurn = new Map<string, LiveRun>();
  #waiting: LiveRun[] = [];

  get(id: string): LiveRun | undefined {
    return this.#byId.get(id);
  }

  /** Nobody holds a slot. */
  get areAllWaiting(): boolean {
    return this.all().every(({ phase }) => phase === 'waiting');
  }

  /** The run whose current turn this is. */
  ofTurn(turn: string): LiveRun | undefined {
    return this.#byTurn.get(turn);
  }

  all(): LiveRun[] {
    return [...this.#byId.values()];
  }

  /** The run of a chat that has been started and has not ended. */
  inProgress(agent: string, chat: string): LiveRun | undefined {
    const id = chatId(agent, chat);
    return this.all().find((run) => run.chatId === id && !run.hasEnded && run.row.status === 'running');
  }

  /** A run that is new, or came back from the store. */
  add(run: LiveRun): void {
    this.#byId.set(run.id, run);
    if (run.phase === 'waiting') this.#waiting.push(run);
  }

  /** A run that lost its slot; it is served before runs that have not started. */
  addFirst(run: LiveRun): void {
    this.forgetTurn(run);
    run.phase = 'waiting';
    this.#waiting.unshift(run);
  }

  setTurn(run: LiveRun, turn: LiveTurn): void {
    run.turn = turn;
    run.turns = turn.number;
    run.phase = 'turn';
    this.#byTurn.set(turn.id, run);
  }

  forgetTurn(run: LiveRun): void {
    if (run.turn !== undefined) this.#byTurn.delete(run.turn.id);
    run.turn = undefined;
  }

  remove(run: LiveRun): void {
    this.forgetTurn(run);
    this.#byId.delete(run.id);
    this.#waiting = this.#waiting.filter((other) => other !== run);
  }

  clear(): void {
    this.#byId.clear();
    this.#byTurn.clear();
    this.#waiting = [];
  }

  /** Waiting and working runs of an agent. */
  count(agent: string): { queued: number; running: number } {
    const runs = this.all().filter((run) => run.row.agent === agent && !run.hasEnded);
    const queued = runs.filter(({ phase }) => phase === 'waiting').length;
    return { queued, running: runs.length - queued };
  }

  /** Takes the runs that can start now out of the queue and gives them their slots. A run that has ended and still drains uses a slot, not its chat. */
  takeStartable(limits: Limits): LiveRun[] {
    if (this.#waiting.length === 0) return [];
    const working = this.all().filter(({ phase }) => phase !== 'waiting');
    const users = working.map((run) => (run.hasEnded ? { ...slotUser(run), chatId: '' } : slotUser(run)));
    const asked = this.#waiting.map((run) => ({ ...slotUser(run), run }));
    const chosen = new Set(chooseRuns(asked, users, limits).map(({ run }) => run));
    this.#waiting = this.#waiting.filter((run) => !chosen.has(run));
    for (const run of chosen) run.phase = 'between';
    return [...chosen];
  }
}

function slotUser(run: LiveRun): SlotUser {
  return { agent: run.row.agent, backend: run.backend, chatId: run.chatId };
}
