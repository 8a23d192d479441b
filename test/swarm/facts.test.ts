/** parallel, sequential, debate, synthesis and shared state: each promise on its own. */
import { describe, expect, test } from 'vitest';
import { SwarmError } from '../../swarm/errors.ts';
import { SharedState } from '../../swarm/shared-state.ts';
import { runSwarm } from '../../swarm/swarm.ts';
import { gate, ScriptedRunner, spec, specs } from './scripted-runner.ts';

const agents = specs('a', 'b', 'c');
const task = 'Count.';

describe('parallel', () => {
  test('asks all at once the same, and gives the outputs in the order of the specs', async () => {
    const gates = new Map(['c', 'b', 'a'].map((name) => [name, gate()] as const));
    const runner = new ScriptedRunner(async ({ spec: { name } }) => {
      if (runner.calls.length === 3) gates.get('c')?.open();
      await gates.get(name)?.opened;
      gates.get(name === 'c' ? 'b' : 'a')?.open();
      return `${name}!`;
    });
    const { outputs } = await runSwarm({ mode: 'parallel', task, agents }, { runner });
    expect(runner.calls.map(({ step, task: asked }) => [step, asked])).toEqual([
      ['agent/a', task],
      ['agent/b', task],
      ['agent/c', task],
    ]);
    expect(outputs.map(({ name, answer }) => `${name} ${answer}`)).toEqual(['a a!', 'b b!', 'c c!']);
  });

  test.each([
    ['failed', new SwarmError('AgentFailed', 'the model is gone'), 'the model is gone'],
    ['crashed', new TypeError('x is undefined'), 'join error: x is undefined'],
  ])('an agent that %s is an output, and the others go on', async (_, error, text) => {
    const runner = new ScriptedRunner({ 'agent/b': error });
    const { outputs } = await runSwarm({ mode: 'parallel', task, agents }, { runner });
    expect(outputs[1]).toEqual({ name: 'b', answer: '', turns: 0, tool_calls: 0, duration_ms: 0, error: text });
    expect(outputs.map(({ answer }) => answer)).toEqual(['answer of agent/a', '', 'answer of agent/c']);
  });

  test('a runner that throws at once, or gives nothing, has crashed or failed too', async () => {
    const runner = {
      run: ({ name }: { name: string }) => {
        if (name === 'a') throw new Error('at once');
        return Promise.resolve(undefined as never);
      },
    };
    const { outputs } = await runSwarm({ mode: 'parallel', task, agents: specs('a', 'b') }, { runner });
    expect(outputs.map(({ error }) => error)).toEqual(['join error: at once', 'the runner gave no output for b']);
  });

  test('the agents share one mailbox, in which all have a box before one begins', async () => {
    const runner = new ScriptedRunner(async ({ spec: { name } }, { mailbox }) => {
      if (name === 'a') mailbox.broadcast({ from: 'a', content: 'hear me' });
      return name === 'a' ? 'said' : (await mailbox.receive(name, 10_000)).content;
    });
    const { outputs } = await runSwarm({ mode: 'parallel', task, agents }, { runner });
    expect(outputs.map(({ answer }) => answer)).toEqual(['said', 'hear me', 'hear me']);
  });
});

describe('sequential', () => {
  test('each later task has the findings of all earlier agents that succeeded', async () => {
    const runner = new ScriptedRunner({
      'agent/a': 'one',
      'agent/b': { answer: 'half of', error: 'no' },
      'agent/c': '',
      'agent/d': 'four',
    });
    await runSwarm({ mode: 'sequential', task, agents: specs('a', 'b', 'c', 'd', 'e') }, { runner });
    const found = "Count.\n\nPrior agents' findings:\n- a: one";
    expect(runner.calls.map((call) => call.task)).toEqual([task, found, found, found, `${found}\n- d: four`]);
  });

  test.each([
    ['300 bytes stay', 'x'.repeat(300), 'x'.repeat(300)],
    ['301 bytes are cut', 'x'.repeat(301), 'x'.repeat(300)],
    ['a character of 2 bytes over the limit goes whole', `${'x'.repeat(299)}é`, 'x'.repeat(299)],
    ['one of 3 bytes that just fits stays', `${'x'.repeat(297)}€€`, `${'x'.repeat(297)}€`],
    ['one of 4 bytes over the limit goes whole', `${'x'.repeat(297)}😀`, 'x'.repeat(297)],
  ])('an answer is cut by bytes: %s', async (_, answer, cut) => {
    const runner = new ScriptedRunner({ 'agent/a': answer });
    await runSwarm({ mode: 'sequential', task, agents: specs('a', 'b') }, { runner });
    expect(runner.task('agent/b')).toBe(`${task}\n\nPrior agents' findings:\n- a: ${cut}`);
  });

  test('goes on after an error, with the time that really passed', async () => {
    let clock = 1000;
    const runner = new ScriptedRunner(({ spec: { name } }) => {
      clock += 250;
      return name === 'a' ? new SwarmError('AgentFailed', 'no') : 'yes';
    });
    const { outputs } = await runSwarm(
      { mode: 'sequential', task, agents: specs('a', 'b') },
      { runner, now: () => clock },
    );
    expect(outputs).toMatchObject([
      { name: 'a', answer: '', turns: 0, duration_ms: 250, error: 'no' },
      { name: 'b', answer: 'yes' },
    ]);
  });

  test('asks one at a time', async () => {
    const runner = new ScriptedRunner(async () => Promise.resolve('x'));
    await runSwarm({ mode: 'sequential', task, agents }, { runner });
    expect([runner.most, runner.steps]).toEqual([1, ['agent/a', 'agent/b', 'agent/c']]);
  });
});

describe('debate', () => {
  test('2N outputs: in round 2 every agent, also one that failed, criticises the answers of the others that succeeded', async () => {
    const runner = new ScriptedRunner({ 'round1/a': 'A'.repeat(400), 'round1/b': new Error('gone'), 'round1/c': 'C' });
    const { outputs } = await runSwarm({ mode: 'debate', task, agents }, { runner });
    expect(outputs.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'a_critique', 'b_critique', 'c_critique']);
    const [a, b, c] = runner.calls.slice(3);
    for (const [name, call] of Object.entries({ a, b, c })) {
      expect(call).toMatchObject({ step: `critique/${name}`, task, spec: { name: `${name}_critique` } });
      expect(call?.spec.system_prompt).toContain(`You are ${name}.`);
      expect(call?.spec.system_prompt).toContain(`The original task was:\n${task}`);
    }
    expect(b?.spec.system_prompt).toContain(`\n- a: ${'A'.repeat(300)}\n- c: C\n`);
    expect(a?.spec.system_prompt).not.toContain('- a:');
    expect(a?.spec.system_prompt).not.toContain('- b:');
    expect(a?.spec.system_prompt).toContain('- c: C');
  });

  test('both rounds are parallel', async () => {
    const runner = new ScriptedRunner(async () => Promise.resolve('x'));
    await runSwarm({ mode: 'debate', task, agents }, { runner });
    expect(runner.most).toBe(3);
    expect(runner.steps).toEqual(['round1/a', 'round1/b', 'round1/c', 'critique/a', 'critique/b', 'critique/c']);
  });

  test('an agent with the name of a critic is refused', async () => {
    const swarm = runSwarm(
      { mode: 'debate', task, agents: specs('a', 'a_critique') },
      { runner: new ScriptedRunner({}) },
    );
    await expect(swarm).rejects.toMatchObject({ name: 'InvalidSwarm' });
  });
});

describe('synthesis', () => {
  const synthesizer = spec('s');
  const failed = new SwarmError('AgentFailed', 'gone');

  test.each([
    ['no answer: a fixed text, no call', { a: failed, b: '', c: failed }, 'unused', '[no agent produced an answer]', 0],
    ['exactly one: verbatim, no call', { a: failed, b: ' one\n', c: '' }, 'unused', ' one\n', 0],
    ['more: what the synthesizer says', { a: '1', b: '2', c: '' }, 'both', 'both', 1],
    ['also when that is empty', { a: '1', b: '2', c: '' }, '', '', 1],
    ['when it fails: headings', { a: '1', b: '2', c: '' }, failed, '## a\n1\n\n## b\n2', 1],
  ])('%s', async (_, said, synthesis, summary, calls) => {
    const runner = new ScriptedRunner({
      'agent/a': said.a,
      'agent/b': said.b,
      'agent/c': said.c,
      synthesis,
    });
    const result = await runSwarm({ mode: 'parallel', task, agents, synthesizer }, { runner });
    expect(result.final_summary).toBe(summary);
    expect(result.outputs.length).toBe(3);
    expect(runner.steps.filter((step) => step === 'synthesis').length).toBe(calls);
  });

  test('without a synthesizer: headings with whole answers', async () => {
    const runner = new ScriptedRunner({ 'agent/a': 'x'.repeat(600) });
    const { final_summary } = await runSwarm({ mode: 'sequential', task, agents: specs('a', 'b') }, { runner });
    expect(final_summary).toBe(`## a\n${'x'.repeat(600)}\n\n## b\nanswer of agent/b`);
  });

  test('the synthesizer gets the task and 500 bytes of each answer, characters whole', async () => {
    const runner = new ScriptedRunner({ 'agent/a': `${'x'.repeat(498)}€`, 'agent/b': `${'y'.repeat(497)}€` });
    await runSwarm({ mode: 'parallel', task, agents: specs('a', 'b'), synthesizer }, { runner });
    const asked = runner.task('synthesis');
    expect(asked).toContain(task);
    expect(asked).toContain(`## a\n${'x'.repeat(498)}\n\n## b\n${'y'.repeat(497)}€\n`);
  });
});

describe('shared state', () => {
  test('an answer is noted whenever the runner returned without an error, also an empty one', async () => {
    const state = new SharedState();
    const runner = new ScriptedRunner({ 'agent/a': 'one', 'agent/b': new Error('gone'), 'agent/c': '' });
    await runSwarm({ mode: 'parallel', task, agents }, { runner, state });
    expect(state.entries()).toEqual([
      ['agent.a.answer', { value: 'one', writer: 'swarm.a' }],
      ['agent.c.answer', { value: '', writer: 'swarm.c' }],
    ]);
  });

  test('what an agent writes has its name, and the next one reads it', async () => {
    const state = new SharedState();
    const runner = new ScriptedRunner(({ spec: { name } }, context) => {
      const read = context.state.get('note') ?? 'nothing';
      context.state.set('note', `by ${name}`);
      return read;
    });
    const { outputs } = await runSwarm({ mode: 'sequential', task, agents: specs('a', 'b') }, { runner, state });
    expect(outputs.map(({ answer }) => answer)).toEqual(['nothing', 'by a']);
    expect(state.entry('note')).toEqual({ value: 'by b', writer: 'b' });
  });
});
