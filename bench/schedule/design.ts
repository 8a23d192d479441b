/**
 * What is measured in which order. `sound`: a discarded warm-up, then per run each agent alone, both one after the other, and both at once,
 * forwards and backwards in turn (ABBA), so that a drift of the machine falls on all alike. `legacy`: both at once, as the original did.
 */
import type { DesignName } from '../choices.ts';
import type { Kind } from '../results/recording.ts';

/** A part of a run; `agents`: names, in the order in which they work. */
export interface Step {
  kind: Kind;
  agents: readonly string[];
}

/** The parts of a run in their order; `run` counts from 1. A single agent is measured alone, whatever the design. */
export function stepsOf(design: DesignName, run: number, agents: readonly string[]): Step[] {
  if (agents.length === 1) return [{ kind: 'solo', agents }];
  const concurrent: Step = { kind: 'concurrent', agents };
  if (design === 'legacy') return [concurrent];
  const isForwards = run % 4 === 1 || run % 4 === 0;
  const solos = agents.map((agent): Step => ({ kind: 'solo', agents: [agent] }));
  const serial = (order: readonly string[]): Step => ({ kind: 'serial', agents: order });
  return isForwards
    ? [...solos, serial(agents), concurrent]
    : [concurrent, serial(agents.toReversed()), ...solos.toReversed()];
}

/** Warm-ups when nobody says how many. */
export function defaultWarmUps(design: DesignName): number {
  return design === 'sound' ? 1 : 0;
}
