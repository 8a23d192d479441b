/** Where processes are killed again and again: a stack and its reader, and others when these cannot be used any longer. */
import type { EventReader } from './event-reader.ts';
import { StackUnderTest } from './stack-under-test.ts';

/** Init gives a child five restarts in half a minute. */
const KILLS_PER_STACK = 4;

export interface Place {
  stack: StackUnderTest;
  /** Reads everything from the first event on. */
  reader: EventReader;
  /** A name that was not used before. */
  marker: string;
}

export class Arena {
  #current: Omit<Place, 'marker'> | undefined;
  #killsLeft = 0;
  #isSound = true;
  #count = 0;

  /** For one more kill. Call `passed` when all is well afterwards: a stack in which something failed is not used again. */
  async next(): Promise<Place> {
    if (this.#killsLeft === 0 || !this.#isSound) {
      await this.close();
      this.#killsLeft = KILLS_PER_STACK;
    }
    this.#killsLeft--;
    this.#isSound = false;
    this.#current ??= await begin();
    return { ...this.#current, marker: `kill${++this.#count}` };
  }

  passed(): void {
    this.#isSound = true;
  }

  /** `--stop` leaves nothing behind, however often something was killed before. */
  async close(): Promise<void> {
    const stack = this.#current?.stack;
    this.#current = undefined;
    try {
      if (this.#isSound) await stack?.stop();
    } finally {
      await stack?.end();
    }
  }
}

async function begin(): Promise<Omit<Place, 'marker'>> {
  const stack = new StackUnderTest({ flags: ['--log-level', 'debug'] });
  try {
    await stack.start();
    return { stack, reader: stack.reader() };
  } catch (error) {
    await stack.end();
    throw error;
  }
}
