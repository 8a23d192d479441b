/**
 * What a swarm may use, looked at before every start; what has begun may end. Who was asked before a resume counts, but is not asked
 * again. Pure.
 */
import type { AgentOutput } from './agents.ts';
import { SwarmError } from './errors.ts';

/** Caps; what is absent has none. */
export interface BudgetLimits {
  /** Tokens, as far as the runner says them. */
  tokens?: number | undefined;
  /** In the unit of `costOf`. */
  cost?: number | undefined;
  /** Times that an agent is asked, synthesizer, reviewer, judge and reducer included. */
  agents?: number | undefined;
}

type Spent = Record<keyof BudgetLimits, number>;

const KINDS = ['tokens', 'cost', 'agents'] as const;

export class Budget {
  readonly #limits: BudgetLimits;
  readonly #costOf: (output: AgentOutput) => number;
  readonly #spent: Spent = { tokens: 0, cost: 0, agents: 0 };

  /** @param costOf cost of an output; default: nothing costs */
  constructor(limits: BudgetLimits, costOf: (output: AgentOutput) => number = () => 0) {
    this.#limits = limits;
    this.#costOf = costOf;
  }

  get spent(): Readonly<Spent> {
    return this.#spent;
  }

  /** Counts a start that was made before a resume. */
  recall(): void {
    this.#spent.agents++;
  }

  /** Counts a start. @throws SwarmError BudgetExhausted when something is used up; then nothing is counted */
  start(step: string): void {
    for (const kind of KINDS) {
      const limit = this.#limits[kind];
      if (limit === undefined || this.#spent[kind] < limit) continue;
      throw new SwarmError('BudgetExhausted', `${step} was not started: the budget of ${limit} ${kind} is used up`);
    }
    this.#spent.agents++;
  }

  /** Counts what an agent used. */
  spend(output: AgentOutput): void {
    this.#spent.tokens += output.tokens ?? 0;
    this.#spent.cost += this.#costOf(output);
  }
}
