/** Answers as OpenAI's API shows them: whole, or as a stream of chunks. What we add stands in `interject`, which clients ignore. */
import { InterjectError } from '../../supervisor/errors.ts';
import type { AcceptedCompletion, RunView } from '../../supervisor/service.ts';
import type { AnswerFold, FinishReason, Piece } from './answer-fold.ts';
import { openAiBody } from './errors.ts';

/** What all chunks, and the whole answer, begin with. */
function head({ run, agent }: Pick<AcceptedCompletion, 'run' | 'agent'>, object: string, created: number) {
  return { id: `chatcmpl-${run}`, object, created, model: agent };
}

function usageOf({ usage }: Pick<RunView, 'usage'>) {
  const { cached_tokens, ...rest } = usage;
  return { ...rest, prompt_tokens_details: { cached_tokens } };
}

/** What only interject says. */
function extra(run: string, { interventions }: Pick<AnswerFold, 'interventions'>) {
  return { interject: { run, interventions } };
}

/** An answer that is sent whole. */
export class WholeReply {
  readonly #accepted: AcceptedCompletion;
  readonly #created = seconds();
  #content = '';
  #reasoning = '';

  constructor(accepted: AcceptedCompletion) {
    this.#accepted = accepted;
  }

  /** Takes a piece; returns the reason when that was the end. @throws InterjectError what the run failed with */
  take(piece: Piece): FinishReason | undefined {
    if (piece.type === 'error') throw piece.error;
    if (piece.type === 'text') this.#content += piece.text;
    if (piece.type === 'reasoning') this.#reasoning += piece.text;
    return piece.type === 'end' ? piece.reason : undefined;
  }

  body(reason: FinishReason, fold: AnswerFold, view: Pick<RunView, 'usage'>) {
    const reasoning = this.#reasoning === '' ? {} : { reasoning_content: this.#reasoning };
    const message = { role: 'assistant', content: this.#content, ...reasoning, refusal: null };
    return {
      ...head(this.#accepted, 'chat.completion', this.#created),
      choices: [{ index: 0, message, logprobs: null, finish_reason: reason }],
      usage: usageOf(view),
      ...extra(this.#accepted.run, fold),
    };
  }
}

/** The frames of an answer that is streamed. */
export class StreamedReply {
  readonly #accepted: AcceptedCompletion;
  readonly #fold: AnswerFold;
  /** Read at the end; undefined: the caller did not ask for it. */
  readonly #usage: (() => Pick<RunView, 'usage'>) | undefined;
  readonly #created = seconds();

  constructor(accepted: AcceptedCompletion, fold: AnswerFold, usage: (() => Pick<RunView, 'usage'>) | undefined) {
    this.#accepted = accepted;
    this.#fold = fold;
    this.#usage = usage;
  }

  /** The first frame: whose answer it is. */
  opening(): string {
    return this.#chunk({ role: 'assistant', content: '' });
  }

  /** The last frame of a stream that the stack cannot send to its end: without it a client takes half of an answer for all of it. */
  farewell(): string {
    return dataLine(openAiBody(new InterjectError('stopping')));
  }

  frames(pieces: readonly Piece[]): string {
    return pieces.map((piece) => this.#frame(piece)).join('');
  }

  #frame(piece: Piece): string {
    if (piece.type === 'text') return this.#chunk({ content: piece.text });
    if (piece.type === 'reasoning') return this.#chunk({ reasoning_content: piece.text });
    if (piece.type === 'error') return dataLine(openAiBody(piece.error));
    const usage = this.#usage === undefined ? '' : this.#line([], { usage: usageOf(this.#usage()) });
    return `${this.#chunk({}, piece.reason, extra(this.#accepted.run, this.#fold))}${usage}data: [DONE]\n\n`;
  }

  #chunk(delta: object, reason: FinishReason | null = null, more: object = {}): string {
    return this.#line([{ index: 0, delta, logprobs: null, finish_reason: reason }], more);
  }

  #line(choices: object[], more: object): string {
    const none = this.#usage === undefined ? {} : { usage: null };
    return dataLine({ ...head(this.#accepted, 'chat.completion.chunk', this.#created), choices, ...none, ...more });
  }
}

function dataLine(value: object): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** Since 1970. */
function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
