import { describe, expect, it } from 'vitest';
import { AnswerPieces, type Piece } from '../../../stack/commands/chat/answer-pieces.ts';
import type { RunEvent } from '../../../stack/commands/chat/run-events.ts';
import { printable } from '../../../stack/printable.ts';

function piecesOf(...events: RunEvent[]): Piece[] {
  const pieces = new AnswerPieces();
  return events.flatMap((event) => pieces.of(event));
}

const delta = (turn: number, offset: number, text: string): RunEvent => ({ type: 'text-delta', turn, offset, text });
const thought = (turn: number, offset: number, text: string): RunEvent =>
  ({ ...delta(turn, offset, text), type: 'reasoning-delta' }) as RunEvent;

describe('the pieces of an answer', () => {
  it('are its text once, the rest of it at its end, and how it ended', () => {
    const end: RunEvent = { type: 'turn-end', turn: 1, text: 'Hello you', reason: 'length' };
    expect(
      piecesOf({ type: 'turn-start', turn: 1 }, delta(1, 0, 'Hel'), delta(1, 2, 'llo'), end, {
        type: 'run-end',
        status: 'answered',
      }),
    ).toEqual([
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
      { type: 'text', text: ' you' },
      { type: 'answer', text: 'Hello you' },
      { type: 'note', text: 'the answer reached its token limit' },
      { type: 'end', status: 'answered', reason: '' },
    ]);
  });

  it('say of a message that it waits for a person, of an answer that it does', () => {
    const pause = { policy: 'p', action: 'pause', reason: 'x', offset: 0 } as const;
    const paused = (turn: number): RunEvent[] => [
      { type: 'intervention', ...pause, turn },
      { type: 'run-paused', approval: 1, policy: 'p', reason: 'x', turn },
    ];
    expect(piecesOf(...paused(0), ...paused(1)).map((piece) => 'text' in piece && piece.text)).toEqual([
      'policy p holds the message for a person to decide: x',
      'the message waits for a person; see the page, or GET /approvals',
      'policy p holds the answer for a person to decide: x',
      'the answer waits for a person; see the page, or GET /approvals',
    ]);
  });

  it('say that an answer is being judged, and when it could not be', () => {
    const review = { type: 'review', turn: 1, policy: 'judge', when: 'after' } as const;
    expect(
      piecesOf(
        delta(1, 0, 'Hi'),
        { ...review, state: 'started' },
        { ...review, state: 'failed' },
        { ...review, state: 'passed' },
        { ...review, state: 'objected' },
      ),
    ).toEqual([
      { type: 'text', text: 'Hi' },
      { type: 'note', text: 'policy judge judges the answer …' },
      { type: 'note', text: 'policy judge could not judge the answer' },
    ]);
  });

  it('say who objected and that what was shown is withdrawn, before the next turn', () => {
    const objection = { policy: 'p', action: 'interject', reason: 'Not so.', turn: 1, offset: 3 } as const;
    expect(
      piecesOf(
        delta(1, 0, 'Bad'),
        { type: 'intervention', ...objection },
        { type: 'turn-cut', turn: 1, text: 'Bad', reason: 'p' },
        { type: 'turn-start', turn: 2 },
        delta(2, 0, 'Good'),
      ),
    ).toEqual([
      { type: 'text', text: 'Bad' },
      { type: 'note', text: 'policy p corrected the answer: Not so.' },
      { type: 'withdrawn' },
      { type: 'text', text: 'Good' },
    ]);
  });

  it('go on seamlessly where the next turn goes on from what was shown, whatever is said in between', () => {
    expect(
      piecesOf(
        delta(1, 0, 'Well begun '),
        { type: 'turn-cut', turn: 1, text: 'Well begun ', reason: 'p' },
        { type: 'notice', code: 'backend_fallback', text: 'Elsewhere.' },
        { type: 'turn-start', turn: 2, continues: 11 },
        delta(2, 11, 'is half'),
        { type: 'turn-end', turn: 2, text: 'Well begun is half done', reason: 'stop' },
      ),
    ).toEqual([
      { type: 'text', text: 'Well begun ' },
      { type: 'note', text: 'Elsewhere.' },
      { type: 'text', text: 'is half' },
      { type: 'text', text: ' done' },
      { type: 'answer', text: 'Well begun is half done' },
    ]);
  });

  it('say whom the answer was sent to', () => {
    const [sent] = piecesOf({ type: 'letter-sent', to: 'critic', to_run: 'r2' });
    expect(sent).toEqual({ type: 'note', text: 'sent to critic, in the chat of the same name' });
  });

  it('withdraw nothing where nothing was shown, or where a person stopped the run', () => {
    const cut: RunEvent = { type: 'turn-cut', turn: 1, text: '', reason: 'p' };
    expect(piecesOf({ type: 'turn-start', turn: 1 }, cut, { type: 'turn-start', turn: 2 })).toEqual([]);
    expect(piecesOf(delta(1, 0, 'Half'), { ...cut, text: 'Half' }, { type: 'run-end', status: 'stopped' })).toEqual([
      { type: 'text', text: 'Half' },
      { type: 'end', status: 'stopped', reason: '' },
    ]);
  });

  it('withdraw a turn that nobody ended: its agent died', () => {
    expect(piecesOf(delta(1, 0, 'Half'), { type: 'turn-start', turn: 2 }, delta(2, 0, 'Whole'))).toEqual([
      { type: 'text', text: 'Half' },
      { type: 'withdrawn' },
      { type: 'text', text: 'Whole' },
    ]);
  });

  it('keep reasoning apart, name what is held back once, and pass notices on', () => {
    expect(
      piecesOf(
        thought(1, 0, 'Hm'),
        { type: 'held', turn: 1, characters: 5 },
        { type: 'held', turn: 1, characters: 9 },
        { type: 'notice', code: 'prompt_truncated', text: 'the prompt was cut' },
        { type: 'turn-end', turn: 1, text: 'Yes', reason: 'stop' },
      ),
    ).toEqual([
      { type: 'reasoning', text: 'Hm' },
      { type: 'note', text: 'the answer is held back until it is judged …' },
      { type: 'note', text: 'the prompt was cut' },
      { type: 'text', text: 'Yes' },
      { type: 'answer', text: 'Yes' },
    ]);
  });
});

describe('printable', () => {
  it('leaves text, newlines and tabs, and obeys no control character', () => {
    expect(printable('a\n\tä€😀')).toBe('a\n\tä€😀');
    expect(printable('\u001b[31mred\u001b]0;title\u0007')).toBe('␛[31mred␛]0;title␇');
    expect(printable('a\r\nb\rc\bd\u007f\u009b2J\u202e')).toBe('a\nbc␈d␡\ufffd2J\ufffd');
    const all = printable(Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join(''));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be there
    expect(all).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
  });
});
