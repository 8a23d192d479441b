/** How a swarm fails: one class, one table of names. */
import type { AgentOutput } from './agents.ts';
import type { SwarmResult } from './result.ts';

/** Name → what it says. */
export const SWARM_ERRORS = {
  AgentFailed: 'an agent failed; from a runner: that agent, from a swarm: one that it cannot do without',
  MailboxSend: 'a message could not be delivered: nobody has that name, or the mailbox is full',
  MailboxTimeout: 'no message came in time',
  UnknownSpecialist: 'there is no agent of that name',
  NoOutput: 'nobody produced anything to go on with',
  MaxRoundsExceeded: 'the reviewer approved none of the rounds',
  BudgetExhausted: 'the budget of the swarm is used up',
  InvalidSwarm: 'the swarm is not one that can be run, or asks for what is not supported',
} as const;

export type SwarmErrorName = keyof typeof SWARM_ERRORS;

/** A swarm, or something in it, that failed; `name` is from the table. */
export class SwarmError extends Error {
  override readonly name: SwarmErrorName;
  /** What there was when the swarm failed; absent when nothing had begun, and on errors inside of it. */
  readonly result: SwarmResult | undefined;

  constructor(name: SwarmErrorName, message: string, result?: SwarmResult) {
    super(message);
    this.name = name;
    this.result = result;
  }
}

/** From a runner: this agent failed, and this is known of it all the same. */
export class AgentFailure extends SwarmError {
  readonly facts: Pick<AgentOutput, 'outcome' | 'tokens'>;

  constructor(message: string, facts: Pick<AgentOutput, 'outcome' | 'tokens'> = {}) {
    super('AgentFailed', message);
    this.facts = facts;
  }
}
