/** What all patterns have in common: progress, cancelling, mailboxes, budget, refusals. */
import { describe, expect, test } from 'vitest';
import { agentSpec } from '../../swarm/agents.ts';
import { SWARM_ERRORS, SwarmError } from '../../swarm/errors.ts';
import { Mailbox } from '../../swarm/mailbox.ts';
import { type StepEvent, Steps } from '../../swarm/steps.ts';
import { runSwarm } from '../../swarm/swarm.ts';
import { gate, listener, ScriptedRunner, spec, specs } from './scripted-runner.ts';
import { differingRunner, SWARMS } from './swarms.ts';

const task = 'Count.';
const agents = specs('a', 'b', 'c');

describe('progress', () => {
  test.each(SWARMS)('$mode tells of each step once when it starts and once when it has ended', async (plan) => {
    const { events, onStep } = listener();
    const runner = differingRunner();
    await runSwarm(plan, { runner, onStep });
    for (const type of ['step-started', 'step-ended']) {
      expect(
        events
          .filter((event) => event.type === type)
          .map(({ step }) => step)
          .sort(),
      ).toEqual([...runner.steps].sort());
    }
    for (const event of events) if (event.type === 'step-ended') expect(event.record.name).toBe(event.agent);
  });

  test('a step is recorded before the next one begins', async () => {
    const order: string[] = [];
    const onStep = async ({ type, step }: StepEvent): Promise<void> => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`${type} ${step}`);
    };
    const runner = new ScriptedRunner(({ step }) => {
      order.push(`run ${step}`);
      return 'x';
    });
    await runSwarm({ mode: 'sequential', task, agents: specs('a', 'b') }, { runner, onStep });
    expect(order).toEqual(
      ['a', 'b'].flatMap((name) => [`step-started agent/${name}`, `run agent/${name}`, `step-ended agent/${name}`]),
    );
  });

  test('what cannot be recorded ends the swarm, after what runs has ended', async () => {
    const ended: string[] = [];
    const onStep = ({ type, step }: StepEvent): void => {
      if (type === 'step-ended') ended.push(step);
      if (type === 'step-started' && step === 'agent/a') throw new Error('disk full');
    };
    const runner = new ScriptedRunner({});
    await expect(runSwarm({ mode: 'parallel', task, agents }, { runner, onStep })).rejects.toThrow('disk full');
    expect(ended).toEqual(['agent/b', 'agent/c']);
  });
});

test('after that no further step begins', async () => {
  const onStep = ({ type }: StepEvent): void => {
    if (type === 'step-ended') throw new Error('disk full');
  };
  const runner = new ScriptedRunner({});
  const plan = {
    mode: 'map-reduce' as const,
    task,
    agents,
    items: ['x', 'y', 'z'],
    reducer: spec('d'),
    maxConcurrent: 1,
  };
  await expect(runSwarm(plan, { runner, onStep })).rejects.toThrow('disk full');
  expect(runner.steps).toEqual(['map1/a']);
});

test('an output has the name of its spec, whatever the runner calls it', async () => {
  const runner = new ScriptedRunner(() => ({ name: 'run-17', answer: 'x' }));
  const { outputs } = await runSwarm({ mode: 'parallel', task, agents }, { runner });
  expect(outputs.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('two steps with one id are refused: a resume could not tell them apart', async () => {
  const steps = new Steps({ runner: new ScriptedRunner({}) });
  await steps.one({ id: 'x', spec: spec('a'), task });
  await expect(steps.one({ id: 'x', spec: spec('b'), task })).rejects.toMatchObject({ name: 'InvalidSwarm' });
});

describe('cancelled', () => {
  test.each(SWARMS)('before it began, $mode asks nobody', async (plan) => {
    const { events, onStep } = listener();
    const runner = differingRunner();
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(runSwarm(plan, { runner, signal, onStep })).rejects.toThrow('enough');
    expect([runner.calls, events]).toEqual([[], []]);
  });

  test('meanwhile, the agents are told, and what they throw for it is no output', async () => {
    const controller = new AbortController();
    const begun = gate();
    const { events, onStep } = listener();
    const runner = new ScriptedRunner(async ({ step }, { signal }) => {
      if (step === 'agent/a') return 'in time';
      if (runner.calls.length === 3) begun.open();
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return step === 'agent/b' ? new Error('aborted') : { error: 'aborted' };
    });
    const swarm = runSwarm({ mode: 'parallel', task, agents }, { runner, signal: controller.signal, onStep });
    await begun.opened;
    controller.abort(new Error('enough'));
    await expect(swarm).rejects.toThrow('enough');
    expect(events.filter(({ type }) => type === 'step-ended').map(({ step }) => step)).toEqual(['agent/a']);
  });
});

describe('budget', () => {
  test('of agents: who is over it is not asked, those that were may end', async () => {
    const runner = new ScriptedRunner({});
    const plan = { mode: 'parallel' as const, task, agents, budget: { agents: 2 } };
    await expect(runSwarm(plan, { runner })).rejects.toMatchObject({
      name: 'BudgetExhausted',
      message: 'agent/c was not started: the budget of 2 agents is used up',
      result: {
        outputs: [{ name: 'a' }, { name: 'b' }],
        final_summary: '## a\nanswer of agent/a\n\n## b\nanswer of agent/b',
      },
    });
    expect(runner.steps).toEqual(['agent/a', 'agent/b']);
  });

  test('of tokens: looked at before every start', async () => {
    const runner = new ScriptedRunner(() => ({ answer: 'x', tokens: 60 }));
    const plan = { mode: 'sequential' as const, task, agents, budget: { tokens: 100 } };
    await expect(runSwarm(plan, { runner })).rejects.toMatchObject({
      name: 'BudgetExhausted',
      message: /^agent\/c .*100 tokens/,
    });
    expect(runner.steps).toEqual(['agent/a', 'agent/b']);
  });

  test('that does not allow what is needed, like a reviewer, ends the swarm', async () => {
    const plan = { mode: 'review' as const, task, agents, reviewer: spec('r'), budget: { agents: 3 } };
    const swarm = runSwarm(plan, { runner: new ScriptedRunner({}) });
    await expect(swarm).rejects.toMatchObject({ name: 'BudgetExhausted', result: { outputs: { length: 3 } } });
  });

  test('of cost: in what costOf says', async () => {
    const runner = new ScriptedRunner({});
    const plan = { mode: 'sequential' as const, task, agents, budget: { cost: 0.5 } };
    await expect(runSwarm(plan, { runner, costOf: () => 0.5 })).rejects.toMatchObject({ name: 'BudgetExhausted' });
    expect(runner.steps).toEqual(['agent/a']);
  });

  test.each([
    ['synthesis', { mode: 'parallel', synthesizer: spec('s') }, { final_summary: /^## a\n/ }],
    ['reducer', { mode: 'map-reduce', items: ['x', 'y', 'z'], reducer: spec('d') }, { final_summary: /^## Item 1\n/ }],
    ['judge', { mode: 'vote', judge: spec('j') }, { vote: { decided_by: 'order' } }],
    [
      'review of work',
      { mode: 'adversarial', reviewer: spec('r'), criteria: 'x' },
      { reviews: [{ verdict: 'inconclusive' }, { verdict: 'inconclusive' }, { verdict: 'inconclusive' }] },
    ],
  ] as const)('that does not allow the %s: the swarm falls back', async (_, plan, expected) => {
    const runner = new ScriptedRunner({});
    const result = await runSwarm({ ...plan, task, agents, budget: { agents: 3 } }, { runner });
    const shaped =
      'final_summary' in expected ? { final_summary: expect.stringMatching(expected.final_summary) } : expected;
    expect(result).toMatchObject(shaped);
    expect(runner.calls.length).toBe(3);
  });

  test.each([
    ['tokens', { tokens: 100 }],
    ['agents', { agents: 3 }],
  ])(
    'of %s, after a resume: what was made counts, and steps that began together are counted as then',
    async (_, budget) => {
      const record = { name: 'a', answer: 'x', turns: 1, tool_calls: 0, duration_ms: 1, tokens: 1000 };
      const completed = new Map([['agent/a', record]]);
      const runner = new ScriptedRunner({});
      const plan = { mode: 'parallel' as const, task, agents, budget, synthesizer: spec('s') };
      const result = await runSwarm(plan, { runner, completed });
      expect(runner.steps).toEqual(['agent/b', 'agent/c']);
      expect(result.final_summary).toMatch(/^## a\nx\n/);
    },
  );
});

describe('a mailbox', () => {
  test('is there for the agents that work at the same time, and for no longer', async () => {
    const mailbox = new Mailbox();
    const runner = new ScriptedRunner(({ spec: { name } }) => {
      mailbox.send(name, { from: 'test', content: 'x' });
      return name;
    });
    const { outputs } = await runSwarm({ mode: 'debate', task, agents }, { runner, mailbox });
    expect(outputs.every(({ error }) => error === undefined)).toBe(true);
    for (const { name } of outputs) {
      expect(() => mailbox.send(name, { from: 'test', content: 'x' })).toThrow(/no mailbox/);
    }
  });
});

describe('refused by name, before anybody is asked', () => {
  const armed = agentSpec({ name: 'd', tools: ['search'] });
  test.each([
    ['tools', { mode: 'parallel', agents: [armed] }, /tools: are not supported yet, and d has some \(search\)/],
    ['tools of a judge', { mode: 'vote', agents, judge: armed }, /tools: are not supported yet/],
    [
      'isolation elsewhere',
      { mode: 'debate', agents, isolated: true },
      /isolated: is not for debate, only for parallel$/,
    ],
    [
      'an option of another mode',
      { mode: 'vote', agents, reviewer: spec('r') },
      /reviewer: .*only for review, adversarial$/,
    ],
    [
      'what is needed and missing',
      { mode: 'map-reduce', agents, items: ['x'] },
      /reducer: is missing; map-reduce needs it/,
    ],
    ['nobody', { mode: 'parallel', agents: [] }, /agents: at least one/],
    ['one twice', { mode: 'parallel', agents: specs('a', 'a') }, /agents: a is named twice/],
    ['a name with a slash', { mode: 'parallel', agents: specs('a/b') }, /"a\/b" is no name/],
    ['a mode that does not exist', { mode: 'toString' as 'vote', agents }, /mode: there is no "toString"/],
  ] as const)('%s', async (_, plan, message) => {
    const runner = new ScriptedRunner({});
    await expect(runSwarm({ ...plan, task }, { runner })).rejects.toMatchObject({ name: 'InvalidSwarm', message });
    expect(runner.calls).toEqual([]);
  });
});

test('every error by name is one', () => {
  for (const name of Object.keys(SWARM_ERRORS) as (keyof typeof SWARM_ERRORS)[]) {
    expect(new SwarmError(name, 'text')).toMatchObject({ name, message: 'text', result: undefined });
  }
});

test('a crowd costs no more for each than a few do', async () => {
  const timeOf = async (count: number): Promise<number> => {
    const crowd = specs(...Array.from({ length: count }, (_, place) => `agent-${place}`));
    const began = performance.now();
    const { outputs } = await runSwarm({ mode: 'parallel', task, agents: crowd }, { runner: new ScriptedRunner({}) });
    expect(outputs.length).toBe(count);
    return (performance.now() - began) / count;
  };
  await timeOf(100);
  // By design 2 ms a step; far from it on any machine, unless something is quadratic.
  expect(await timeOf(10_000)).toBeLessThan(2);
});
