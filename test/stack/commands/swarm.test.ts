/** `swarm`, with real processes. */
import { describe, expect, it } from 'vitest';
import { workplace } from '../command.ts';
import { eventually } from '../eventually.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { piped } from './piped.ts';

/** Takes longer to say than the test needs to stop it. */
const LONG = `say: ${'word '.repeat(2000)}`;

describe('what cannot be asked', () => {
  it.each([
    [['--agents', 'a'], 'Say what is to be done: swarm "TASK"'],
    [['x', '--agents', 'a', '--mode', 'chorus'], '--mode: "chorus" is not known; use parallel, sequential'],
    [['x', '--agents', 'a,b', '--mode', 'debate', '--isolated'], '--isolated: is not for debate, only for parallel'],
    [['x', '--agents', 'a', '--mode', 'review'], '--reviewer: is missing; review needs it'],
    [['x', '--agents', 'a,b,a'], '--agents: a is named twice'],
    [['x', '--agents', 'Not a name'], '--agents: use the name of an agent'],
    [['x', '--mode', 'map-reduce', '--reducer', 'a'], '--item: is missing'],
    [['x', '--max-rounds', '30', '--mode', 'review', '--reviewer', 'a'], '--max-rounds: '],
    [['x', '--budget-tokens', '0'], '--budget-tokens: "0" is not a whole number'],
    [['x', '--tools', 'search'], 'There is no option --tools'],
  ])('%j is refused in words, before anything is started', async (given, words) => {
    const folder = temporaryFolder();
    const { code, output, errors } = await piped(folder, ['swarm', ...given]).ended;
    expect({ code, output }).toEqual({ code: 2, output: '' });
    expect(errors).toContain(`interject: ${words}`);
    expect(errors).not.toContain('private stack');
  });
});

describe('without a running stack', () => {
  it('runs the agents that are named on a private one: the result on stdout, who runs on stderr', async () => {
    const folder = temporaryFolder();
    const given = ['say: one\u001b[31m', '--agents', 'a,b', '--mode', 'sequential'];
    const { code, output, errors } = await piped(folder, ['swarm', ...given]).ended;
    expect({ code, errors }).toMatchObject({ code: 0 });
    expect(output).toMatch(/^## a\none␛\[31m\n\n## b\none␛\[31m\n\nPrior agents' findings:\n- a: one/);
    const told = errors.split('\n').filter((line) => /agent\/|finished/.test(line));
    expect(told.map((line) => line.replace('interject: ', ''))).toEqual([
      'agent/a began',
      'agent/a answered',
      'agent/b began',
      'agent/b answered',
      'finished',
    ]);
    expect(errors).toContain('sequential: a, b; a private stack: nothing is kept');
  });
});

describe('with a running stack', () => {
  it('asks its agents, prints JSON, fails as the swarm does, and Ctrl-C stops the swarm', async () => {
    const place = workplace();
    await place.start(['--agents', 'a,b', '--backend', 'simulator']);
    const swarm = (...given: string[]) => place.run(['swarm', ...given]);

    const json = await swarm('say: hello', '--json').ended;
    expect(json).toMatchObject({ code: 0 });
    expect(JSON.parse(json.output)).toMatchObject({
      state: 'finished',
      agents: ['a', 'b'],
      result: { final_summary: '## a\nhello\n\n## b\nhello' },
    });

    const unknown = await swarm('say: hello', '--agents', 'a,bb').ended;
    expect(unknown).toMatchObject({ code: 2, output: '' });
    expect(unknown.errors).toContain('There is no agent "bb". The agents of this stack are: a, b. Did you mean');

    const failed = await swarm('say: no', '--mode', 'review', '--reviewer', 'b', '--agents', 'a', '--max-rounds', '1')
      .ended;
    expect(failed).toMatchObject({ code: 1, output: '' });
    expect(failed.errors).toContain('failed: the reviewer approved none of 1 rounds');

    const nobody = await swarm('fault: garbage\nsay: hello', '--agents', 'a').ended;
    expect(nobody).toMatchObject({ code: 1, output: '[no agent produced an answer]\n' });
    expect(nobody.errors).toMatch(/agent\/a: failed: \S/);

    const long = swarm(LONG);
    await eventually(() => long.errors().includes('agent/b began'));
    long.process.kill('SIGINT');
    const { code, errors } = await long.ended;
    expect(code).toBe(130);
    const [, id] = /swarm (\w+) is stopped/.exec(errors) ?? [];
    const view = await (await fetch(`${place.url()}/swarms/${id}`)).json();
    expect(view).toMatchObject({ state: 'stopped', steps: [{ state: 'stopped' }, { state: 'stopped' }] });
  });
});
