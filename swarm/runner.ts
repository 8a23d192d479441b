/** The one port of a swarm: whoever can ask an agent. */
import type { AgentOutput, AgentSpec } from './agents.ts';
import type { Mailbox } from './mailbox.ts';
import type { StepState } from './shared-state.ts';

/** What a runner gets beside agent and task. */
export interface StepContext {
  /** Stable id of this step within its swarm, for example `critique/b`: the same inputs give the same ids. */
  step: string;
  /** The swarm was cancelled: end the work and reject. The swarm waits for that. */
  signal: AbortSignal;
  /** One for the swarm; the agents that work at the same time are registered under their names. */
  mailbox: Mailbox;
  /** In an isolated swarm an overlay of this agent's own. */
  state: Pick<StepState, 'get' | 'set'>;
}

export interface AgentRunner {
  /**
   * Asks an agent once, in a conversation of its own. Called once per step. An agent that fails is an output with `error`, or a
   * rejection: with a SwarmError it failed, with anything else it crashed ("join error: …").
   */
  run(spec: AgentSpec, task: string, context: StepContext): Promise<AgentOutput>;
}
