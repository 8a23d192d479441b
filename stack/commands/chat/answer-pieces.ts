/**
 * From the events of a run to what there is to say of it, piece by piece: pure. No text comes twice, also where events overlap or an answer
 * is told again as a whole.
 */
import type { EventData } from '../../../supervisor/events.ts';
import type { RunEvent } from './run-events.ts';

export type Piece =
  /** More of the answer, or of the model's reasoning. */
  | { type: 'text' | 'reasoning'; text: string }
  /** What was shown of this turn is not the answer. */
  | { type: 'withdrawn' }
  /** Something that is good to know. */
  | { type: 'note'; text: string }
  /** The whole final answer. */
  | { type: 'answer'; text: string }
  | { type: 'end'; status: EventData<'run-end'>['status']; reason: string };

const DEEDS: Record<EventData<'intervention'>['action'], string> = {
  interject: 'corrected the answer',
  cut: 'ended the answer',
  redact: 'masked a part of the answer',
  block: 'blocked the answer',
  pause: 'holds the answer for a person to decide',
  terminate: 'blocked the answer and stopped the agent',
};

/** Events that show what becomes of an answer that was cut. */
const DECIDING: ReadonlySet<RunEvent['type']> = new Set([
  'turn-start',
  'text-delta',
  'reasoning-delta',
  'turn-end',
  'run-end',
] as const);

/** What was shown stays: a person who stopped the run knows that it is all there is, or the next turn goes on from it. */
function stays(event: RunEvent): boolean {
  return (
    (event.type === 'run-end' && event.status === 'stopped') ||
    (event.type === 'turn-start' && event.continues !== undefined)
  );
}

type Channel = 'text' | 'reasoning';

export class AnswerPieces {
  #turn = 0;
  #shown = { text: '', reasoning: '' };
  #isHeldSaid = false;
  #isOpen = false;
  #isCut = false;

  /** What an event adds. */
  of(event: RunEvent): Piece[] {
    if (!this.#isCut || !DECIDING.has(event.type)) return this.#of(event);
    this.#isCut = false;
    return [...(stays(event) ? [] : [{ type: 'withdrawn' } as const]), ...this.#of(event)];
  }

  #of(event: RunEvent): Piece[] {
    switch (event.type) {
      case 'turn-start':
        return event.continues === undefined ? this.#begin(event.turn) : this.#goOn(event.turn, event.continues);
      case 'text-delta':
        return this.#delta('text', event);
      case 'reasoning-delta':
        return this.#delta('reasoning', event);
      case 'held':
        return this.#held(event);
      case 'intervention':
        return [{ type: 'note', text: describeIntervention(event) }];
      case 'review':
        return describeReview(event);
      case 'turn-cut':
        // What was shown stays until a person has decided.
        return event.reason === 'paused' ? [] : this.#cut();
      case 'turn-end':
        return this.#end(event);
      case 'run-paused':
        return [{ type: 'note', text: `the ${subject(event)} waits for a person; see the page, or GET /approvals` }];
      case 'run-resumed':
        return this.#resumed(event);
      case 'notice':
        return [{ type: 'note', text: event.text }];
      case 'letter-sent':
        return [{ type: 'note', text: `sent to ${event.to}, in the chat of the same name` }];
      case 'degraded':
        return [{ type: 'note', text: `the data folder cannot be written: ${event.reason}` }];
      case 'run-end':
        return [{ type: 'end', status: event.status, reason: event.reason ?? '' }];
      default:
        return [];
    }
  }

  /** A turn that nobody ended was interrupted: its agent died, and it is run again. */
  #begin(turn: number): Piece[] {
    const before = turn === this.#turn ? [] : this.#withdraw();
    if (turn !== this.#turn) {
      this.#turn = turn;
      this.#shown = { text: '', reasoning: '' };
      this.#isHeldSaid = false;
    }
    this.#isOpen = true;
    return before;
  }

  /** What was shown stays, and this turn goes on from it. */
  #goOn(turn: number, length: number): Piece[] {
    this.#turn = turn;
    this.#shown.text = this.#shown.text.slice(0, length);
    this.#isOpen = true;
    return [];
  }

  #delta(channel: Channel, { turn, offset, text }: EventData<'text-delta'>): Piece[] {
    const before = this.#begin(turn);
    const known = this.#shown[channel];
    const added = text.slice(Math.max(0, known.length - offset));
    this.#shown[channel] = known + added;
    return added === '' ? before : [...before, { type: channel, text: added }];
  }

  /** Said once a turn, and only while nothing else is to be seen. */
  #held({ turn, characters }: EventData<'held'>): Piece[] {
    const before = this.#begin(turn);
    if (this.#isHeldSaid || this.#shown.text !== '' || characters === 0) return before;
    this.#isHeldSaid = true;
    return [...before, { type: 'note', text: 'the answer is held back until it is judged …' }];
  }

  /** Whether that needs a word shows with what comes next of the answer. */
  #cut(): Piece[] {
    this.#isCut = this.#withdraw().length > 0;
    return [];
  }

  #resumed({ decision }: EventData<'run-resumed'>): Piece[] {
    const note = { type: 'note', text: `a person decided: ${decision}` } as const;
    if (decision === 'approved' || decision === 'edited') return [note];
    if (decision === 'refused') return [...this.#withdraw(), note];
    return decision === 'expired' ? this.#withdraw() : [];
  }

  #withdraw(): Piece[] {
    const wasShown = this.#isOpen && this.#shown.text !== '';
    this.#isOpen = false;
    return wasShown ? [{ type: 'withdrawn' }] : [];
  }

  /** What was shown is the beginning of the answer; if it is not, the answer is told as a whole. */
  #end({ turn, text, reason }: EventData<'turn-end'>): Piece[] {
    const isContinued = turn === this.#turn && text.startsWith(this.#shown.text);
    const before = isContinued ? [] : this.#withdraw();
    const rest = isContinued ? text.slice(this.#shown.text.length) : text;
    this.#turn = turn;
    this.#isOpen = false;
    return [
      ...before,
      ...(rest === '' ? [] : [{ type: 'text', text: rest } as const]),
      { type: 'answer', text },
      ...(reason === 'length' ? [{ type: 'note', text: 'the answer reached its token limit' } as const] : []),
    ];
  }
}

/** An objection is told as what it is; that nobody objects needs no word. */
function describeReview({ policy, state }: EventData<'review'>): Piece[] {
  if (state === 'started') return [{ type: 'note', text: `policy ${policy} judges the answer …` }];
  return state === 'failed' ? [{ type: 'note', text: `policy ${policy} could not judge the answer` }] : [];
}

function describeIntervention({ policy, action, reason, turn }: EventData<'intervention'>): string {
  const who = policy === 'person' ? 'a person' : `policy ${policy}`;
  if (turn === 0 && action === 'interject') return `${who} flagged the message: ${reason}`;
  return `${who} ${DEEDS[action].replace('the answer', `the ${subject({ turn })}`)}: ${reason}`;
}

/** What a turn is about; 0: the user's message. */
function subject({ turn }: { turn: number }): string {
  return turn === 0 ? 'message' : 'answer';
}
