/** Where processes are killed again and again: a stack and its reader, and another one when too much of the first was killed. */
import type { EventReader } from './event-reader.ts';
import { StackUnderTest } from './stack-under-test.ts';

/** Init gives a child five restarts in half a minute. */
const KILLS_PER_STACK = 4;

export class Arena {
  #stack: StackUnderTest | undefined;
  #reader: EventReader | undefined;
  #kills = 0;

  /** For one more kill. `marker`: a name that was not used before. */
  async next(): Promise<{ stack: StackUnderTest; reader: EventReader; marker: string }> {
    if (this.#kills % KILLS_PER_STACK === 0) {
      await this.close();
      this.#stack = new StackUnderTest({ flags: ['--log-level', 'debug'] });
      await this.#stack.start();
      this.#reader = this.#stack.reader();
    }
    this.#kills++;
    return { stack: this.#stack as StackUnderTest, reader: this.#reader as EventReader, marker: `kill${this.#kills}` };
  }

  /** `--stop` leaves nothing behind, however often something was killed before. */
  async close(): Promise<void> {
    try {
      await this.#stack?.stop();
    } finally {
      await this.#stack?.end();
    }
  }
}
