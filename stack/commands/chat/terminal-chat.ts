/**
 * A chat in a terminal: a prompt, the answer as it comes, quiet lines about what happened to it. What is typed while an answer comes is
 * kept for the next prompt. Ctrl-C stops the answer; when there is none, or a second time, it leaves, as Ctrl-D does.
 */
import { createInterface, type Interface } from 'node:readline';
import { type Readable, Writable } from 'node:stream';
import { EXIT } from '../../failure.ts';
import { printable } from '../../printable.ts';
import type { Paint } from '../../start-lines.ts';
import type { Piece } from './answer-pieces.ts';
import type { Conversation, PendingAnswer } from './conversation.ts';
import { StackError } from './stack-access.ts';

export interface TerminalStreams {
  input: Readable;
  output: Writable & { columns?: number };
  paint: Paint;
  /** For people: the stack that it talks to. */
  description: string;
}

const PROMPT = '> ';

export class TerminalChat {
  readonly #conversation: Conversation;
  readonly #output: TerminalStreams['output'];
  readonly #paint: Paint;
  readonly #screen: Screen;
  readonly #lines: Interface;
  readonly #typed: string[] = [];
  readonly #leaving = new AbortController();
  readonly #description: string;
  #exitCode: number = EXIT.ok;
  #onLine: () => void = () => {};
  #answer: { pending: PendingAnswer; isStopping: boolean } | undefined;
  #isLineBegun = false;
  #channel: 'text' | 'reasoning' | undefined;

  constructor(conversation: Conversation, { input, output, paint, description }: TerminalStreams) {
    this.#description = description;
    this.#conversation = conversation;
    this.#output = output;
    this.#paint = paint;
    this.#screen = new Screen(output);
    this.#lines = createInterface({ input, output: this.#screen, terminal: true, prompt: paint.bold(PROMPT) });
    this.#lines.on('line', (line) => {
      // At once: what follows in the same piece of input must not be drawn any more.
      this.#screen.isMuted = true;
      this.#typed.push(line);
      this.#onLine();
    });
    this.#lines.on('SIGINT', () => this.interrupt());
    this.#lines.on('close', () => this.leave(EXIT.ok));
  }

  /** Ctrl-C. */
  interrupt(): void {
    if (this.#answer === undefined || this.#answer.isStopping) {
      this.leave(EXIT.interrupted);
      return;
    }
    this.#answer.isStopping = true;
    void this.#answer.pending.stop();
  }

  /** Ends the chat, whatever is going on. A run that is open goes on without us. */
  leave(exitCode: number): void {
    if (this.#leaving.signal.aborted) return;
    this.#exitCode = exitCode;
    this.#leaving.abort();
    this.#onLine();
    this.#lines.close();
  }

  /** A quiet line, wherever the cursor is. */
  note(text: string): void {
    if (this.#leaving.signal.aborted) return;
    if (this.#answer === undefined) this.#output.write('\r\u001b[K');
    this.#quiet(text);
    if (this.#answer === undefined) this.#lines.prompt(true);
  }

  /** Resolves with the exit code when somebody leaves. @throws Failure when the stack is gone */
  async run(): Promise<number> {
    const { agent, chat, model } = this.#conversation;
    this.#write(`${this.#paint.bold(printable(agent))}  ${printable(model)}\n`);
    this.#write(
      this.#paint.dim(`chat ${printable(chat)}, ${this.#description}\nCtrl-C stops an answer, Ctrl-D leaves\n`),
    );
    try {
      for (;;) {
        const line = await this.#nextLine();
        if (line === undefined) return this.#exitCode;
        if (line.trim() !== '') await this.#converse(line);
      }
    } finally {
      this.leave(EXIT.failed);
      this.#screen.isMuted = false;
      if (this.#isLineBegun) this.#write('\n');
    }
  }

  /** Undefined: somebody left. */
  async #nextLine(): Promise<string | undefined> {
    const early = this.#typed.shift();
    if (early !== undefined) {
      // It was typed unseen, while an answer came.
      this.#write(`\n${this.#paint.bold(PROMPT)}${printable(early)}\n`);
      return early;
    }
    if (this.#leaving.signal.aborted) return undefined;
    this.#write('\n');
    this.#screen.isMuted = false;
    this.#lines.prompt(true);
    this.#isLineBegun = true;
    while (this.#typed.length === 0 && !this.#leaving.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
    const line = this.#leaving.signal.aborted ? undefined : this.#typed.shift();
    if (line !== undefined) this.#isLineBegun = false;
    return line;
  }

  async #converse(line: string): Promise<void> {
    this.#channel = undefined;
    const pending = this.#conversation.say(line, this.#leaving.signal);
    this.#answer = { pending, isStopping: false };
    try {
      for await (const piece of pending.pieces) this.#show(piece);
    } catch (error) {
      if (this.#leaving.signal.aborted) return;
      if (!(error instanceof StackError)) throw error;
      this.#quiet(`not answered: ${error.message}`, true);
    } finally {
      this.#answer = undefined;
    }
  }

  #show(piece: Piece): void {
    if (piece.type === 'text' || piece.type === 'reasoning') this.#say(piece.type, printable(piece.text));
    else if (piece.type === 'note') this.#quiet(piece.text);
    else if (piece.type === 'withdrawn') this.#quiet('withdrawn: the text above is not the answer', true);
    else if (piece.type === 'end') this.#end(piece);
  }

  #say(channel: 'text' | 'reasoning', text: string): void {
    if (this.#channel !== channel) this.#endLine();
    this.#channel = channel;
    this.#write(channel === 'text' ? text : this.#paint.dim(text));
    this.#isLineBegun = !text.endsWith('\n');
  }

  #end({ status, reason }: Extract<Piece, { type: 'end' }>): void {
    this.#endLine();
    if (status !== 'answered') this.#quiet(`${status}${reason === '' ? '' : `: ${reason}`}`, true);
  }

  #quiet(text: string, isWarning = false): void {
    this.#endLine();
    const line = `  · ${printable(text)}`;
    this.#write(`${isWarning ? this.#paint.yellow(line) : this.#paint.dim(line)}\n`);
    this.#channel = undefined;
  }

  #endLine(): void {
    if (this.#isLineBegun) this.#write('\n');
    this.#isLineBegun = false;
  }

  #write(text: string): void {
    this.#output.write(text);
  }
}

/** What readline draws on: it can be told to draw nothing, while an answer comes. */
class Screen extends Writable {
  isMuted = false;
  readonly #output: TerminalStreams['output'];

  constructor(output: TerminalStreams['output']) {
    super({ decodeStrings: false });
    this.#output = output;
    output.on('resize', () => this.emit('resize'));
  }

  /** As of a terminal; readline asks for it. */
  get columns(): number | undefined {
    return this.#output.columns;
  }

  override _write(text: string | Buffer, _encoding: BufferEncoding, written: () => void): void {
    if (!this.isMuted) this.#output.write(text);
    written();
  }
}
