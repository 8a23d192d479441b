/**
 * Makes one answer of the events of a run, for readers who cannot take anything back: what was passed on stays. Where an answer may
 * still be cut and written anew, a turn is passed on when it has ended.
 */
import { InterjectError } from '../../supervisor/errors.ts';
import type { EventData, EventType, StoredEvent } from '../../supervisor/events.ts';
import { failureOf } from './errors.ts';

export type FinishReason = 'stop' | 'length' | 'content_filter';

export type Piece =
  | { type: 'text'; text: string }
  | { type: 'reasoning'; text: string }
  | { type: 'end'; reason: FinishReason }
  | { type: 'error'; error: InterjectError };

type Data<T extends EventType> = EventData<T>;

export class AnswerFold {
  readonly #isSeamless: boolean;
  readonly #hasFormat: boolean;
  readonly interventions: Data<'intervention'>[] = [];
  /** What was passed on. */
  #sent = '';
  /** What the turn that goes on has said. */
  #turn = { text: '', reasoning: '' };
  #finish: FinishReason = 'stop';
  #hasEnded = false;

  /** `isSeamless`: what is shown stays. `hasFormat`: the caller asked for a `response_format`. */
  constructor(isSeamless: boolean, hasFormat: boolean) {
    this.#isSeamless = isSeamless;
    this.#hasFormat = hasFormat;
  }

  /** Nothing follows. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  read({ type, data }: StoredEvent): Piece[] {
    if (this.#hasEnded) return [];
    const pieces = this.#readers[type]?.(JSON.parse(data) as never) ?? [];
    this.#hasEnded = pieces.some((piece) => piece.type === 'end' || piece.type === 'error');
    return pieces;
  }

  readonly #readers: { [T in EventType]?: (data: Data<T>) => Piece[] } = {
    'turn-start': ({ continues }) => this.#begin(continues),
    'text-delta': ({ text }) => this.#add('text', text),
    'reasoning-delta': ({ text }) => this.#add('reasoning', text),
    intervention: (data) => {
      this.interventions.push(data);
      return [];
    },
    'turn-cut': ({ text }) => {
      this.#turn.text = text;
      return [];
    },
    'turn-end': ({ text, reason }) => {
      if (reason === 'length') this.#finish = 'length';
      this.#turn.text = text;
      return this.#passOn();
    },
    'run-end': (data) => this.#end(data),
  };

  #begin(continues: number | undefined): Piece[] {
    if (continues === undefined) this.#turn = { text: '', reasoning: '' };
    else this.#turn.text = this.#turn.text.slice(0, continues);
    return this.#turn.text.startsWith(this.#sent) ? [] : this.#withdrawn();
  }

  #add(channel: 'text' | 'reasoning', text: string): Piece[] {
    this.#turn[channel] += text;
    if (!this.#isSeamless) return [];
    if (channel === 'text') this.#sent += text;
    return [{ type: channel, text }];
  }

  /** All of the turn that was not passed on yet. */
  #passOn(): Piece[] {
    const { text, reasoning } = this.#turn;
    if (!text.startsWith(this.#sent)) return this.#withdrawn();
    const rest = text.slice(this.#sent.length);
    this.#sent = text;
    const pieces: Piece[] = this.#isSeamless || reasoning === '' ? [] : [{ type: 'reasoning', text: reasoning }];
    if (rest !== '') pieces.push({ type: 'text', text: rest });
    return pieces;
  }

  #end({ status, reason }: Data<'run-end'>): Piece[] {
    if (status === 'answered') return [{ type: 'end', reason: this.#finish }];
    // Ended with the text so far: by a policy, or by a person.
    if (status === 'stopped') return [...this.#passOn(), { type: 'end', reason: 'content_filter' }];
    const error = failureOf({ status, ...(reason !== undefined && { reason }) }, this.#hasFormat);
    return [{ type: 'error', error }];
  }

  #withdrawn(): Piece[] {
    const detail = 'The answer is being written anew, and what was sent of it no longer holds.';
    return [{ type: 'error', error: new InterjectError('run_failed', detail) }];
  }
}
