/**
 * What a policy remembers of the streams it judges, so that it need not look at all of a text for every delta. It is only a shortcut: whoever
 * uses it must be able to make from a text what it remembers, and judge the same. So a restarted supervisor, or a stream that was
 * forgotten because there were many, changes nothing.
 */
import type { TextToJudge } from './policy.ts';

export type Stream = Pick<TextToJudge, 'run' | 'turn' | 'channel' | 'text' | 'delta'>;

/** Streams that are remembered at a time. */
const MOST_STREAMS = 64;

export class StreamMemory<T> {
  readonly #kept = new Map<string, { length: number; what: T }>();

  /** What is remembered of a stream whose text has only grown by `delta` since; else `fresh`. The caller brings it up to date in place. */
  of({ run, turn, channel, text, delta }: Stream, fresh: () => T): T {
    const key = `${run} ${turn} ${channel}`;
    const kept = this.#kept.get(key);
    // An empty delta continues nothing: whoever is asked the same again must say the same again.
    const isNext = kept !== undefined && delta !== '' && kept.length + delta.length === text.length;
    const what = isNext ? kept.what : fresh();
    this.#kept.delete(key);
    this.#kept.set(key, { length: text.length, what });
    if (this.#kept.size > MOST_STREAMS) this.#kept.delete(this.#kept.keys().next().value ?? key);
    return what;
  }
}
