/** What a pattern gets: the task, the agents, and what only some patterns take. */
import type { AgentSpec } from './agents.ts';
import type { BudgetLimits } from './budget.ts';
import { SwarmError } from './errors.ts';
import type { SwarmResult } from './result.ts';
import type { Steps } from './steps.ts';

export interface SwarmWork {
  task: string;
  agents: readonly AgentSpec[];
  /** Makes one answer of several. */
  synthesizer?: AgentSpec | undefined;
  reviewer?: AgentSpec | undefined;
  /** Decides ties. */
  judge?: AgentSpec | undefined;
  reducer?: AgentSpec | undefined;
  isolated?: boolean | undefined;
  /** Default: 3. */
  maxRounds?: number | undefined;
  items?: readonly string[] | undefined;
  /** Mappers at a time; default: 5. */
  maxConcurrent?: number | undefined;
  criteria?: string | undefined;
  budget?: BudgetLimits | undefined;
}

/** A way to work together. @throws SwarmError; the reason of the signal that the steps have */
export type Pattern = (work: SwarmWork, steps: Steps) => Promise<SwarmResult>;

/** What a pattern cannot do without. @throws SwarmError InvalidSwarm when it is not given */
export function needed<K extends keyof SwarmWork>(work: SwarmWork, option: K): NonNullable<SwarmWork[K]> {
  const given = work[option];
  if (given === undefined || given === null) throw new SwarmError('InvalidSwarm', `${option}: is missing`);
  return given;
}
