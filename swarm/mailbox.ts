/**
 * Letters between agents that work at the same time. Each name has a box of bounded size; what does not fit is refused, not dropped
 * in silence. Letters are read once, oldest first.
 */
import { SwarmError } from './errors.ts';

export interface Letter {
  from: string;
  content: string;
}

interface Box {
  letters: Letter[];
  waiting: Set<Waiter>;
}

interface Waiter {
  give(letter: Letter): void;
  fail(error: unknown): void;
}

const LETTERS = 100;

export class Mailbox {
  readonly #boxes = new Map<string, Box>();
  readonly #capacity: number;

  /** @param capacity letters that one box holds */
  constructor(capacity = LETTERS) {
    this.#capacity = capacity;
  }

  /** Opens a box. @returns whether it is new; letters in one that is open stay */
  register(name: string): boolean {
    if (this.#boxes.has(name)) return false;
    this.#boxes.set(name, { letters: [], waiting: new Set() });
    return true;
  }

  /** Closes a box: its letters are lost, and who waits at it is told (MailboxTimeout). */
  unregister(name: string): void {
    const closed = this.#boxes.get(name);
    this.#boxes.delete(name);
    for (const waiter of closed?.waiting ?? []) waiter.fail(nothing(name, 'its mailbox was closed'));
  }

  /** @throws SwarmError MailboxSend: nobody has that name, or the box is full */
  send(to: string, letter: Letter): void {
    const box = this.#boxes.get(to);
    if (box === undefined) throw new SwarmError('MailboxSend', `there is no mailbox named "${to}"`);
    if (!this.#put(box, letter)) throw this.#full([to]);
  }

  /** To everybody but its sender; who has room gets it in any case. @throws SwarmError MailboxSend names the boxes that are full */
  broadcast(letter: Letter): void {
    const others = [...this.#boxes].filter(([name]) => name !== letter.from);
    const full = others.filter(([, box]) => !this.#put(box, letter)).map(([name]) => name);
    if (full.length > 0) throw this.#full(full);
  }

  /**
   * The oldest letter, or the next one that comes.
   * @throws SwarmError MailboxTimeout after `milliseconds`, when the box is closed, or when there is none
   * @throws the signal's reason
   */
  async receive(name: string, milliseconds: number, signal?: AbortSignal): Promise<Letter> {
    signal?.throwIfAborted();
    const box = this.#boxes.get(name);
    if (box === undefined) throw nothing(name, 'it has no mailbox');
    return box.letters.shift() ?? wait(box, name, milliseconds, signal);
  }

  #put(box: Box, letter: Letter): boolean {
    const [first] = box.waiting;
    if (first !== undefined) first.give(letter);
    else if (box.letters.length >= this.#capacity) return false;
    else box.letters.push(letter);
    return true;
  }

  #full(names: readonly string[]): SwarmError {
    return new SwarmError('MailboxSend', `the mailbox is full (${this.#capacity} letters): ${names.join(', ')}`);
  }
}

function wait(box: Box, name: string, milliseconds: number, signal: AbortSignal | undefined): Promise<Letter> {
  return new Promise((resolve, reject) => {
    const settle =
      <T>(tell: (value: T) => void) =>
      (value: T): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        box.waiting.delete(waiter);
        tell(value);
      };
    const waiter: Waiter = { give: settle(resolve), fail: settle(reject) };
    const onAbort = (): void => waiter.fail(signal?.reason);
    const timer = setTimeout(() => waiter.fail(nothing(name, `after ${milliseconds} ms`)), milliseconds);
    signal?.addEventListener('abort', onAbort, { once: true });
    box.waiting.add(waiter);
  });
}

function nothing(name: string, why: string): SwarmError {
  return new SwarmError('MailboxTimeout', `no letter for "${name}": ${why}`);
}
