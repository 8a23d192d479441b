/**
 * Which member of a pool a turn goes to: the one that a chat was served by last, whose cache has its prompt, else the one with the least
 * queue. While its member is full and another one is not, a turn waits for as long as reading its prompt anew would take, then it moves:
 * so it never loses more than twice what was best (the ski rental problem). `npm run bench:pool` measures it.
 */
import { createHash } from 'node:crypto';
import type { Occupancy } from '../choose-runs.ts';
import type { Recorder } from '../recorder.ts';
import type { Store } from '../store/store.ts';
import type { LiveRun } from './live-run.ts';

/** Chats whose last member is remembered without asking the store. */
const MOST_REMEMBERED = 10_000;

/** Of what was said first in a conversation that a caller holds: enough to tell it from others. */
const MOST_CHARACTERS = 2000;

/**
 * What reading a token of a prompt takes at most: on a CPU 450 tokens took 510 ms longer than from the cache. With less patience than
 * that a chat waits and then pays for the move all the same.
 */
const READ_MS_PER_TOKEN = 1.2;
/** The longest wait. */
const MOST_PATIENCE_MS = 5000;

/** Milliseconds for which a conversation of so many tokens waits for the member that has it in its cache. */
export function patienceFor(tokens: number): number {
  return Math.min(MOST_PATIENCE_MS, tokens * READ_MS_PER_TOKEN);
}

/** Who has a conversation in its cache, and about how much of it. */
export interface Home {
  backend: string;
  tokens: number;
}

/** How many requests a member can take, and how many of ours wait inside it although it should have had room. */
export interface MemberLoad {
  slots(backend: string): number;
  waiting(backend: string): number;
}

type Known = Pick<LiveRun, 'row' | 'chatId' | 'earlier'>;

/** Keys of conversations that their callers hold: what one is known by stays the same when a message is masked later. */
const heldKeys = new WeakMap<Known, string>();

export class Placement {
  readonly #store: Pick<Store, 'turns'>;
  readonly #recorder: Pick<Recorder, 'write'>;
  /** By conversation, those served last at the end; null: nobody served it yet. */
  readonly #homes = new Map<string, Home | null>();
  /** The higher, the later. */
  readonly #lastServed = new Map<string, number>();
  #served = 0;

  constructor(store: Pick<Store, 'turns'>, recorder: Pick<Recorder, 'write'>) {
    this.#store = store;
    this.#recorder = recorder;
  }

  /** The backend that served the conversation of a run last, this one's earlier turns included; undefined: none, or nobody knows. */
  homeOf(run: Known): Home | undefined {
    const key = keyOf(run);
    const known = this.#homes.get(key);
    if (known !== undefined) return known ?? undefined;
    // What a caller holds is not stored, so a previous supervisor's knowledge of it is gone.
    const stored = run.row.isEphemeral ? undefined : this.#stored(run.chatId);
    this.#remember(key, stored ?? null);
    return stored;
  }

  /** A turn of this run begins on a backend. */
  served(run: Known, home: Home): void {
    this.#remember(keyOf(run), home);
    this.#lastServed.set(home.backend, ++this.#served);
  }

  /** Of members with room, which are not none, the one that a turn goes to. `home`: the one that has the conversation in its cache. */
  choose(
    free: readonly string[],
    home: string | undefined,
    occupancy: Pick<Occupancy, 'used'>,
    load: MemberLoad,
  ): string {
    if (home !== undefined && free.includes(home)) return home;
    const keys = free.map((backend) => ({
      backend,
      order: [occupancy.used(backend) / load.slots(backend), load.waiting(backend), this.#lastServed.get(backend) ?? 0],
    }));
    return keys.reduce((least, each) => (isBefore(each.order, least.order) ? each : least)).backend;
  }

  #stored(chat: string): Home | undefined {
    const { backend = null, tokens = 0 } = this.#recorder.write(() => this.#store.turns.lastServed(chat)) ?? {};
    return backend === null ? undefined : { backend, tokens };
  }

  #remember(key: string, home: Home | null): void {
    this.#homes.delete(key);
    this.#homes.set(key, home);
    const [oldest] = this.#homes.keys();
    if (this.#homes.size > MOST_REMEMBERED && oldest !== undefined) this.#homes.delete(oldest);
  }
}

/** A conversation that its caller holds is a new chat each time: it is known by what was said first. */
function keyOf(run: Known): string {
  if (!run.row.isEphemeral) return run.chatId;
  const key = heldKeys.get(run) ?? hashOfFirst(run);
  heldKeys.set(run, key);
  return key;
}

function hashOfFirst({ row, earlier }: Known): string {
  const first = earlier[0]?.content ?? row.content;
  return createHash('sha256')
    .update(`${row.agent}\n${first.slice(0, MOST_CHARACTERS)}`)
    .digest('base64');
}

function isBefore(one: readonly number[], other: readonly number[]): boolean {
  const index = one.findIndex((value, place) => value !== other[place]);
  return index >= 0 && (one[index] ?? 0) < (other[index] ?? 0);
}
