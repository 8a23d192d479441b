/** A swarm that ended after any step goes on where it was: no step is run twice, and the result is the same. */
import { describe, expect, test } from 'vitest';
import type { StepRecord } from '../../swarm/agents.ts';
import { SharedState } from '../../swarm/shared-state.ts';
import type { StepEvent } from '../../swarm/steps.ts';
import { runSwarm, type SwarmPlan } from '../../swarm/swarm.ts';
import type { ScriptedRunner } from './scripted-runner.ts';
import { differingRunner, STEPS, SWARMS } from './swarms.ts';

/** Runs a swarm until so many steps have ended in all, noting each; then it is cancelled. */
async function runUntil(plan: SwarmPlan, runner: ScriptedRunner, completed: Map<string, StepRecord>, end: number) {
  const controller = new AbortController();
  const state = new SharedState();
  const onStep = (event: StepEvent): void => {
    if (event.type !== 'step-ended' || completed.size === end) return;
    completed.set(event.step, JSON.parse(JSON.stringify(event.record)));
    if (completed.size === end) controller.abort(new Error('killed'));
  };
  // As after a crash, the records of before are all that is known.
  const ports = { runner, completed: new Map(completed), onStep, signal: controller.signal, state, now: () => 0 };
  const result = await runSwarm(plan, ports).catch((error: Error) => error.message);
  return { result, state: state.entries() };
}

describe.each(
  SWARMS.map((plan, place) => ({ plan, name: plan.mode, isolated: plan.isolated, steps: STEPS[place] ?? 0 })),
)('$name, isolated: $isolated', ({ plan, steps }) => {
  test('killed after any step it goes on, asks once for each step in all, and ends the same', async () => {
    const whole = differingRunner();
    const { result, state } = await runUntil(plan, whole, new Map(), Number.POSITIVE_INFINITY);
    expect(result).toMatchObject({ final_summary: expect.any(String) });
    expect(whole.steps.length).toBe(steps);
    for (let end = 1; end < steps; end++) {
      const completed = new Map<string, StepRecord>();
      const before = differingRunner();
      expect((await runUntil(plan, before, completed, end)).result).toBe('killed');
      expect([...completed.keys()].sort()).toEqual(before.steps.slice(0, end).sort());
      const after = differingRunner();
      const resumed = await runUntil(plan, after, completed, Number.POSITIVE_INFINITY);
      expect(resumed.result).toEqual(result);
      expect(new Map(resumed.state)).toEqual(new Map(state));
      expect(after.calls.map(({ step, task }) => [step, task])).toEqual(
        whole.calls.filter(({ step }) => after.steps.includes(step)).map(({ step, task }) => [step, task]),
      );
      expect([...after.steps, ...completedSteps(before, end)].sort()).toEqual([...whole.steps].sort());
    }
  });

  test('killed after each step in turn, too', async () => {
    const { result } = await runUntil(plan, differingRunner(), new Map(), Number.POSITIVE_INFINITY);
    const completed = new Map<string, StepRecord>();
    for (let end = 1; end <= steps; end++) await runUntil(plan, differingRunner(), completed, end);
    const last = differingRunner();
    expect((await runUntil(plan, last, completed, Number.POSITIVE_INFINITY)).result).toEqual(result);
    expect(last.steps).toEqual([]);
  });

  test('the ids of its steps are unique and depend on nothing but its inputs', async () => {
    const [one, other] = [differingRunner(), differingRunner()];
    await runSwarm(plan, { runner: one });
    await runSwarm(plan, { runner: other });
    expect(one.steps).toEqual(other.steps);
    expect(new Set(one.steps).size).toBe(steps);
  });
});

function completedSteps(runner: ScriptedRunner, count: number): string[] {
  return runner.steps.slice(0, count);
}

test('a failure that was recorded is not tried again', async () => {
  const plan = { ...SWARMS[2], mode: 'sequential' } as SwarmPlan;
  const failed = { name: 'a', answer: '', turns: 0, tool_calls: 0, duration_ms: 5, error: 'gone' };
  const runner = differingRunner();
  const { outputs } = await runSwarm(plan, { runner, completed: new Map([['agent/a', failed]]) });
  expect(outputs[0]).toEqual(failed);
  expect(runner.steps).not.toContain('agent/a');
});
