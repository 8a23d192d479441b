/** One swarm of each mode that takes every kind of step the mode has, and agents whose answers make it do so. */
import type { SwarmPlan } from '../../swarm/swarm.ts';
import { ScriptedRunner, spec, specs } from './scripted-runner.ts';

const agents = specs('a', 'b', 'c');
const task = 'Count.';
const [synthesizer, reviewer, judge, reducer] = [spec('s'), spec('r'), spec('j'), spec('d')];

export const SWARMS: readonly SwarmPlan[] = [
  { mode: 'parallel', task, agents, synthesizer },
  { mode: 'parallel', task, agents, synthesizer, isolated: true },
  { mode: 'sequential', task, agents, synthesizer },
  { mode: 'debate', task, agents, synthesizer },
  { mode: 'pipeline', task, agents: [...agents, ...specs('a')] },
  { mode: 'review', task, agents, reviewer, synthesizer },
  { mode: 'map-reduce', task, agents, items: ['x', 'y', 'z', 'u'], reducer, maxConcurrent: 2 },
  { mode: 'vote', task, agents, judge },
  { mode: 'adversarial', task, agents, reviewer, criteria: 'It is true.' },
];

/** Agents that answer differently to each question, write into the state, and one of which crashes. */
export function differingRunner(): ScriptedRunner {
  return new ScriptedRunner(({ step, spec: { name }, task: asked }, { state }) => {
    state.set('last', step);
    state.set(`at ${step}`, state.get('last') ?? '');
    if (step === 'review2') return 'APPROVED';
    if (step.startsWith('review/')) return '{"verdict": "pass", "findings": []}';
    if (name === 'b') return new Error(`crash of ${step}`);
    return { answer: `${step} of ${asked.length}`, tokens: asked.length };
  });
}

/** Steps that each of them has, in the same order. */
export const STEPS: readonly number[] = [4, 4, 4, 7, 4, 9, 5, 4, 5];
