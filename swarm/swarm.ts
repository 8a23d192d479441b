/**
 * Runs a swarm: several agents on one task, in one of the modes. Knows no process, no store and no HTTP; whoever is asked is behind
 * the runner. The same work with the records of the steps that ended goes on where it was, and gives the same result.
 */
import type { AgentSpec } from './agents.ts';
import { SwarmError } from './errors.ts';
import { complaints, MODES, type ModeName } from './modes.ts';
import type { SwarmResult } from './result.ts';
import { sideBySide } from './result.ts';
import { Steps, type SwarmPorts } from './steps.ts';
import type { SwarmWork } from './work.ts';

export interface SwarmPlan extends SwarmWork {
  mode: ModeName;
}

const NAME = /^[^/\s]{1,100}$/;

/**
 * Runs a swarm to its end. Agents that fail are outputs with an error.
 * @throws SwarmError InvalidSwarm before anything began; AgentFailed, NoOutput, MaxRoundsExceeded, BudgetExhausted with what there
 * was (`result`); the signal's reason when it was cancelled; what `onStep` rejects with. Nothing runs any more by then.
 */
export async function runSwarm(plan: SwarmPlan, ports: SwarmPorts): Promise<SwarmResult> {
  check(plan);
  const steps = new Steps(ports, plan.budget);
  try {
    return await MODES[plan.mode].pattern(plan, steps);
  } catch (error) {
    if (!(error instanceof SwarmError) || error.result !== undefined) throw error;
    const { outputs } = steps;
    throw new SwarmError(error.name, error.message, { task: plan.task, outputs, final_summary: sideBySide(outputs) });
  }
}

/** @throws SwarmError InvalidSwarm that says all that is wrong */
function check(plan: SwarmPlan): void {
  const { mode, agents, synthesizer, reviewer, judge, reducer } = plan;
  if (!Object.hasOwn(MODES, mode)) throw new SwarmError('InvalidSwarm', `mode: there is no "${mode}"`);
  const specs = [...agents, synthesizer, reviewer, judge, reducer].filter((spec) => spec !== undefined);
  const found = complaints(mode, { ...plan, agents: agents.map(({ name }) => name) });
  const lines = [...found.map(({ field, reason }) => `${field}: ${reason}`), ...specs.flatMap(checkSpec)];
  if (lines.length > 0) throw new SwarmError('InvalidSwarm', [...new Set(lines)].join('; '));
}

function checkSpec({ name, tools }: AgentSpec): string[] {
  const named = NAME.test(name) ? [] : [`agents: "${name}" is no name: 1 to 100 characters without / and spaces`];
  return tools.length === 0
    ? named
    : [...named, `tools: are not supported yet, and ${name} has some (${tools.join(', ')})`];
}
