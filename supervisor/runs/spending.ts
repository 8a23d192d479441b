/**
 * What a run and its chat have used up, for policies: kept true before they are asked. Costs a few number writes for a delta; the text is
 * never read again. Tokens of a turn are an estimate until the server has counted them.
 */
import type { Spent, TextToJudge } from '../../policy/policy.ts';
import { tokensOfBytes } from '../context/token-estimate.ts';

export class Spending {
  readonly #run = nothingSpent();
  readonly #chat = nothingSpent();
  /** What policies are told: one object whose numbers change, but not by them. */
  readonly told: TextToJudge['spent'] = Object.freeze({ run: readOnly(this.#run), chat: readOnly(this.#chat) });
  #isRestored = false;
  #atStart = copyOf(this.told);
  /** Of the newest turn: when it began (milliseconds since 1970), bytes that came, and how much of `told` is due to it. */
  #startedAt = 0;
  #bytes = 0;
  #tokens = 0;
  #ms = 0;

  /** Earlier turns have been read from the store. */
  get isRestored(): boolean {
    return this.#isRestored;
  }

  /** What policies were told when the newest turn began; what it used up was not in that, but for its being a turn. */
  get atStart(): { readonly run: Spent; readonly chat: Spent } {
    return this.#atStart;
  }

  /** Tokens of the newest turn. */
  get turnTokens(): number {
    return this.#tokens;
  }

  /** Milliseconds from the start of the newest turn to its latest delta. */
  get turnMs(): number {
    return this.#ms;
  }

  /** What is in the store of this run, and of its whole chat, this run included. */
  restore(run: Spent, chat: Spent): void {
    Object.assign(this.#run, run);
    Object.assign(this.#chat, chat);
    this.#isRestored = true;
  }

  /** A new turn begins. */
  begin(now: number): void {
    this.#run.turns++;
    this.#chat.turns++;
    this.resume(now);
  }

  /** A turn that the store has counted already goes on. */
  resume(startedAt: number): void {
    this.#startedAt = startedAt;
    this.#bytes = this.#tokens = this.#ms = 0;
    this.#atStart = copyOf(this.told);
  }

  /** Text of the turn came: this many bytes of UTF-8. */
  received(bytes: number, now: number): void {
    this.#bytes += bytes;
    this.#setTokens(tokensOfBytes(this.#bytes));
    const ms = Math.max(this.#ms, now - this.#startedAt);
    this.#run.ms += ms - this.#ms;
    this.#chat.ms += ms - this.#ms;
    this.#ms = ms;
  }

  /** The server has counted the tokens of the turn; 0: it does not count. */
  counted(tokens: number): void {
    if (tokens > 0) this.#setTokens(tokens);
  }

  #setTokens(tokens: number): void {
    this.#run.tokens += tokens - this.#tokens;
    this.#chat.tokens += tokens - this.#tokens;
    this.#tokens = tokens;
  }
}

function nothingSpent(): Spent {
  return { turns: 0, tokens: 0, ms: 0 };
}

/** Shows the numbers of `spent` as they are at the moment. */
function readOnly(spent: Spent): Readonly<Spent> {
  return Object.freeze({
    get turns() {
      return spent.turns;
    },
    get tokens() {
      return spent.tokens;
    },
    get ms() {
      return spent.ms;
    },
  });
}

function copyOf({ run, chat }: Spending['told']): { run: Spent; chat: Spent } {
  return { run: { ...run }, chat: { ...chat } };
}
