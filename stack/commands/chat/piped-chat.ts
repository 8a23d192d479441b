/**
 * A chat over a pipe: each line of the input is a message, answered in order. The answers, and nothing else, go to the output; everything
 * that is said about them goes to the other one.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { EXIT } from '../../failure.ts';
import { printable } from '../../printable.ts';
import type { Piece } from './answer-pieces.ts';
import type { Conversation, PendingAnswer } from './conversation.ts';
import { StackError } from './stack-access.ts';

export interface PipedStreams {
  input: Readable;
  output: Writable;
  /** Whoever reads it gets notes, line by line. */
  note(line: string): void;
}

/**
 * Returns the exit code: 1 when a message was not answered. When nobody reads the output any more it ends early, which is no failure.
 * `signal`: leave now.
 */
export async function pipedChat(
  conversation: Conversation,
  { input, output, note }: PipedStreams,
  signal: AbortSignal,
): Promise<number> {
  const lost = new AbortController();
  output.on('error', () => lost.abort());
  const leaving = AbortSignal.any([signal, lost.signal]);
  const lines = createInterface({ input, terminal: false, signal: leaving });
  let code: number = EXIT.ok;
  for await (const line of lines) {
    if (leaving.aborted) break;
    if (line.trim() === '') continue;
    const answer = await answerTo(conversation.say(line, leaving), note, leaving);
    if (leaving.aborted) break;
    if (answer.isFailed) code = EXIT.failed;
    if (answer.text !== undefined) output.write(`${printable(answer.text)}\n`);
  }
  return code;
}

interface Answered {
  /** The final text; undefined: there is none. */
  text: string | undefined;
  isFailed: boolean;
}

async function answerTo(answer: PendingAnswer, note: PipedStreams['note'], signal: AbortSignal): Promise<Answered> {
  try {
    return await collect(answer.pieces, note);
  } catch (error) {
    // Whoever leaves does not want the answer any more.
    if (signal.aborted) await answer.stop();
    else if (error instanceof StackError) note(`not answered: ${error.message}`);
    else throw error;
    return { text: undefined, isFailed: true };
  }
}

async function collect(pieces: AsyncIterable<Piece>, note: PipedStreams['note']): Promise<Answered> {
  const answered: Answered = { text: undefined, isFailed: false };
  for await (const piece of pieces) {
    if (piece.type === 'answer') answered.text = piece.text;
    if (piece.type === 'end') answered.isFailed = piece.status !== 'answered';
    const said = describe(piece);
    if (said !== '') note(said);
  }
  return answered;
}

function describe(piece: Piece): string {
  if (piece.type === 'note') return piece.text;
  if (piece.type !== 'end' || piece.status === 'answered') return '';
  return `${piece.status}${piece.reason === '' ? '' : `: ${piece.reason}`}`;
}
