/** One recorded channel of a turn on its way through a gate; counts how long what the gate releases had to wait. Pure. */
import type { Channel } from '../../policy/policy.ts';
import type { Gate } from '../gate/gate.ts';
import type { DelayCounts } from './delays.ts';
import type { RecordedStream } from './recorded.ts';

export class ChannelReplay {
  readonly name: Channel;
  readonly text: string;
  readonly gate: Gate;
  readonly #deltas: RecordedStream['deltas'];
  readonly #delays: DelayCounts;
  #next = 0;
  /** Characters that have come, with what the turn went on from. */
  read: number;
  /** Characters released, and the delta with the last of them. */
  #released: number;
  #releasedDelta = 0;
  #endOfReleasedDelta: number;

  constructor({ channel, text, origin, deltas }: RecordedStream, gate: Gate, delays: DelayCounts) {
    this.name = channel;
    this.text = text;
    this.gate = gate;
    this.#deltas = deltas;
    this.#delays = delays;
    this.read = this.#released = origin;
    this.#endOfReleasedDelta = origin + (deltas[0]?.length ?? 0);
  }

  /** When the next delta came; undefined: there is none. */
  get nextMs(): number | undefined {
    return this.#deltas[this.#next]?.ms;
  }

  get lastMs(): number {
    return this.#deltas.at(-1)?.ms ?? 0;
  }

  take(): { delta: string; ms: number } {
    const { length, ms } = this.#deltas[this.#next++] ?? { length: 0, ms: 0 };
    const delta = this.text.slice(this.read, this.read + length);
    this.read += delta.length;
    return { delta, ms };
  }

  /** Counts for what the gate has released at `ms` how long it had to wait. */
  released(ms: number): void {
    const until = this.gate.releasedLength;
    while (this.#released < until) {
      const arrived = this.#deltas[this.#releasedDelta]?.ms ?? ms;
      const end = Math.min(until, this.#endOfReleasedDelta);
      if (end > this.#released) this.#delays.add(ms - arrived, end - this.#released);
      this.#released = Math.max(this.#released, end);
      if (this.#released < until) this.#toNextDelta(until);
    }
  }

  #toNextDelta(until: number): void {
    const next = this.#deltas[++this.#releasedDelta];
    this.#endOfReleasedDelta = next === undefined ? until : this.#endOfReleasedDelta + next.length;
  }
}

/** Of two channels the one whose next delta came first; undefined: there is none. */
export function earlier(one: ChannelReplay | undefined, other: ChannelReplay | undefined): ChannelReplay | undefined {
  const [first, second] = [one?.nextMs, other?.nextMs];
  if (first === undefined) return second === undefined ? undefined : other;
  return second === undefined || first <= second ? one : other;
}
