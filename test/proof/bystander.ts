/** An open stream of an agent that no policy judges: whatever happens to others, it goes on soon and ends complete. */
import { expect } from 'vitest';
import type { EventReader } from './event-reader.ts';
import { words } from './messages.ts';
import type { StackUnderTest } from './stack-under-test.ts';
import { expectAnsweredOnce } from './whole-run.ts';

/** Name of its agent. */
export const BYSTANDER = 'bystander';

const LONGEST_SILENCE_MS = 5000;
const PACE = { ttftMs: 10, tokensPerSecond: 30 };

export class Bystander {
  readonly #stack: StackUnderTest;
  readonly #reader: EventReader;
  readonly #message: { content: string; chat: string };
  #run = '';

  /** `seconds`: how long the stream lasts. */
  constructor(stack: StackUnderTest, reader: EventReader, chat: string, seconds: number) {
    this.#stack = stack;
    this.#reader = reader;
    this.#message = { content: `say: ${chat} ${words(seconds * PACE.tokensPerSecond)}`, chat };
  }

  /** Resolves when text flows. */
  async begin(): Promise<void> {
    await this.#stack.client.simulate(PACE);
    this.#run = await this.#stack.client.send(BYSTANDER, this.#message);
    await this.#reader.nextOf(this.#run, 'text-delta');
    await this.#stack.client.simulate({ tokensPerSecond: 300 });
  }

  /** Waits for its end. */
  async expectUndisturbed(): Promise<void> {
    const { content } = this.#message;
    const answer = content.replace('say: ', '');
    await expectAnsweredOnce(this.#stack, this.#reader, { run: this.#run, content, answer });
    const times = this.#reader.of(this.#run).map(({ ts }) => ts);
    const silences = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.max(...silences)).toBeLessThan(LONGEST_SILENCE_MS);
  }

  /** As above; and it was open while the supervisor was restarted. */
  async expectContinued(): Promise<void> {
    await this.expectUndisturbed();
    const seqs = this.#reader.of(this.#run).map(({ seq }) => seq ?? 0);
    const greetings = this.#reader.events.filter(({ type, agent }) => type === 'agent-ready' && agent === BYSTANDER);
    const [first = 0, last = 0] = [seqs[0], seqs.at(-1)];
    expect(greetings.filter(({ seq = 0 }) => first < seq && seq < last)).toHaveLength(1);
  }
}
