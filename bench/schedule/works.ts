/** How much is measured, in whole agents' works done one after the other: two at once on two servers count as one. Pure. */
import type { RunSettings } from '../run/settings.ts';
import { PAIR } from './agent-work.ts';
import { type Step, stepsOf } from './design.ts';

type Counted = Pick<RunSettings, 'design' | 'runtime' | 'warmup'>;

/** Works of a step; `servers`: different ones. */
export function worksOfStep({ kind, agents }: Step, { runtime }: Counted, servers: number): number {
  if (kind === 'serial' || runtime.startsWith('serial')) return agents.length;
  return Math.ceil(agents.length / servers);
}

/** Works of so many runs of a configuration, with its warm-ups; `agents`: those that work. */
export function worksOf(settings: Counted, runs: number, servers: number, agents: readonly string[] = PAIR): number {
  if (runs === 0) return 0;
  const works = (steps: readonly Step[]): number =>
    steps.reduce((sum, step) => sum + worksOfStep(step, settings, servers), 0);
  return settings.warmup * works([{ kind: 'warm_up', agents }]) + runs * works(stepsOf(settings.design, 1, agents));
}
