/**
 * The entrance of the gate: makes a stream of deltas well-formed. A high surrogate at the end of a delta waits for the next
 * one; a surrogate that stays alone becomes U+FFFD. Lengths do not change: one unit in, one unit out.
 */
import { wellFormed } from '../../policy/well-formed.ts';
import { isHighSurrogate } from './surrogates.ts';

export class Intake {
  #waiting = '';

  /** Returns what is certain after this delta; it never ends inside a surrogate pair. */
  push(delta: string): string {
    const text = this.#waiting + delta;
    this.#waiting = isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.slice(-1) : '';
    return wellFormed(this.#waiting === '' ? text : text.slice(0, -1));
  }

  /** The stream is over: returns what was still waiting. */
  end(): string {
    return wellFormed(this.#waiting);
  }
}
