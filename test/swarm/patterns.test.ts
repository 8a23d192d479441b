/** pipeline, review, map-reduce, vote and adversarial: each promise on its own. */
import { describe, expect, test } from 'vitest';
import { SwarmError } from '../../swarm/errors.ts';
import { runSwarm } from '../../swarm/swarm.ts';
import { ScriptedRunner, spec, specs } from './scripted-runner.ts';

const agents = specs('a', 'b', 'c');
const task = 'Count.';
const failed = new SwarmError('AgentFailed', 'gone');

describe('pipeline', () => {
  test("each agent's answer is, word for word, what the next one is asked", async () => {
    const runner = new ScriptedRunner({ 'stage1/a': ' one\n', 'stage2/b': 'two', 'stage3/a': 'three' });
    const result = await runSwarm({ mode: 'pipeline', task, agents: specs('a', 'b', 'a') }, { runner });
    expect(runner.calls.map((call) => call.task)).toEqual([task, ' one\n', 'two']);
    expect(result).toMatchObject({
      task,
      final_summary: 'three',
      outputs: [{ name: 'a' }, { name: 'b' }, { name: 'a' }],
    });
  });

  test('a stage without an answer is skipped', async () => {
    const runner = new ScriptedRunner({ 'stage1/a': 'one', 'stage2/b': failed, 'stage3/c': '' });
    const result = await runSwarm({ mode: 'pipeline', task, agents }, { runner });
    expect(runner.calls.map((call) => call.task)).toEqual([task, 'one', 'one']);
    expect(result.final_summary).toBe('one');
    expect(result.outputs.map(({ error }) => error)).toEqual([undefined, 'gone', undefined]);
  });

  test('without any answer it fails by name, with what there was', async () => {
    const runner = new ScriptedRunner(() => failed);
    await expect(runSwarm({ mode: 'pipeline', task, agents }, { runner })).rejects.toMatchObject({
      name: 'NoOutput',
      result: { task, outputs: [{ error: 'gone' }, { error: 'gone' }, { error: 'gone' }] },
    });
  });
});

describe('review', () => {
  const reviewer = spec('r');
  const two = specs('a', 'b');

  test('the agents work again with the feedback and their own last answer, until the reviewer approves', async () => {
    const runner = new ScriptedRunner({
      'round1/a': 'A1',
      'round1/b': failed,
      review1: 'REVISE\nshorter',
      'round2/a': 'A2',
      'round2/b': 'B2',
      review2: 'APPROVED',
      synthesis: 'both',
    });
    const result = await runSwarm({ mode: 'review', task, agents: two, reviewer, synthesizer: spec('s') }, { runner });
    expect(runner.steps).toEqual(['round1/a', 'round1/b', 'review1', 'round2/a', 'round2/b', 'review2', 'synthesis']);
    expect(runner.task('review1')).toContain('## a\nA1');
    expect(runner.task('review1')).not.toContain('## b');
    expect(runner.task('round2/a')).toMatch(
      /^Count\.\n\nYour last answer was:\nA1\n\nA reviewer says[^\n]*\nREVISE\nshorter/,
    );
    expect(runner.task('round2/b')).not.toContain('Your last answer');
    expect(result).toMatchObject({ final_summary: 'both', outputs: { length: 4 } });
    expect(result.rounds?.map(({ approved, feedback }) => [approved, feedback])).toEqual([
      [false, 'REVISE\nshorter'],
      [true, 'APPROVED'],
    ]);
  });

  test.each([
    ['APPROVED', true],
    ['  **Approved.**', true],
    ['**Approved**.', true],
    ['\nverdict: approved\nwell done', true],
    ['Approved. Well done.', true],
    ['# APPROVED', true],
    ['Approved, if you add a source', false],
    ['approved by nobody', false],
    ['Not approved', false],
    ['It is APPROVED', false],
    ['REVISE\nAPPROVED', false],
    ['', false],
    ['*'.repeat(200_000), false],
  ])('%j is an approval: %s', async (said, approved) => {
    const runner = new ScriptedRunner({ review1: said });
    const run = runSwarm({ mode: 'review', task, agents: two, reviewer, maxRounds: 1 }, { runner });
    if (approved) expect((await run).rounds).toMatchObject([{ approved }]);
    else await expect(run).rejects.toMatchObject({ name: 'MaxRoundsExceeded' });
  });

  test('after 3 rounds without an approval it fails by name, with the rounds', async () => {
    const runner = new ScriptedRunner(({ step }) => (step.startsWith('review') ? 'REVISE' : step));
    const error = await runSwarm({ mode: 'review', task, agents: two, reviewer }, { runner }).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'MaxRoundsExceeded', message: 'the reviewer approved none of 3 rounds' });
    expect(error.result).toMatchObject({ outputs: { length: 6 }, rounds: { length: 3 } });
    expect(error.result.final_summary).toBe('## a\nround3/a\n\n## b\nround3/b');
  });

  test.each([
    ['a reviewer that failed', { review1: failed }, 'AgentFailed', /r failed in round 1: gone/],
    ['a round without work', { 'round1/a': '', 'round1/b': failed }, 'NoOutput', /round 1/],
  ])('%s ends it by name', async (_, script, name, message) => {
    const run = runSwarm({ mode: 'review', task, agents: two, reviewer }, { runner: new ScriptedRunner(script) });
    await expect(run).rejects.toMatchObject({ name, message, result: { outputs: { length: 2 } } });
  });
});

describe('map-reduce', () => {
  const reducer = spec('r');
  const items = ['x', 'y', 'z', 'u', 'v', 'w', 't'];

  test('items go to the agents in turn, five at a time; the reducer gets all of it', async () => {
    const runner = new ScriptedRunner(async ({ step }) => {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      return step === 'map2/b' ? failed : `<${step}>`;
    });
    const result = await runSwarm({ mode: 'map-reduce', task, agents, items, reducer }, { runner });
    expect(runner.most).toBe(5);
    expect([...runner.steps].sort()).toEqual([
      ...'1a 2b 3c 4a 5b 6c 7a'.split(' ').map((id) => `map${id[0]}/${id[1]}`),
      'reduce',
    ]);
    expect(runner.task('map3/c')).toBe('Count.\n\nItem 3 of 7:\nz');
    expect(runner.task('reduce')).toContain(
      '## Item 1\n<map1/a>\n\n## Item 2\n(no answer: gone)\n\n## Item 3\n<map3/c>',
    );
    expect(result).toMatchObject({ final_summary: '<reduce>', outputs: { length: 7 } });
  });

  test.each([1, 2, 3])('at most %i at a time', async (maxConcurrent) => {
    const runner = new ScriptedRunner(async () => Promise.resolve('x'));
    await runSwarm({ mode: 'map-reduce', task, agents, items, reducer, maxConcurrent }, { runner });
    expect(runner.most).toBe(maxConcurrent);
  });

  test('a reducer that fails leaves the results side by side; without results it fails by name', async () => {
    const runner = new ScriptedRunner({ reduce: failed, 'map1/a': '1', 'map2/b': '2' });
    const two = { mode: 'map-reduce' as const, task, agents, items: ['x', 'y'], reducer };
    expect((await runSwarm(two, { runner })).final_summary).toBe('## Item 1\n1\n\n## Item 2\n2');
    await expect(runSwarm(two, { runner: new ScriptedRunner(() => failed) })).rejects.toMatchObject({
      name: 'NoOutput',
    });
  });
});

describe('vote', () => {
  const vote = (answers: string[], judge?: string | Error) => {
    const names = answers.map((_, place) => `v${place}`);
    const script = Object.fromEntries(names.map((name, place) => [`vote/${name}`, answers[place] ?? '']));
    const runner = new ScriptedRunner({ ...script, ...(judge !== undefined && { judge }) });
    const plan = {
      mode: 'vote' as const,
      task,
      agents: specs(...names),
      ...(judge !== undefined && { judge: spec('j') }),
    };
    return runSwarm(plan, { runner }).then((result) => ({ ...result, runner }));
  };

  test.each([
    ['the most frequent answer', ['4', '5', '5'], '5', 2 / 3],
    [
      'case, spaces, quotes, emphasis and a full stop aside',
      ['Paris', '**paris.**', '" PARIS "', 'Rome'],
      'Paris',
      3 / 4,
    ],
    ['composed and decomposed characters are the same', ['Orle\u0301ans', 'Orl\u00e9ans', 'x'], 'Orle\u0301ans', 2 / 3],
    ['signs are not decoration', ['-5', '5', '5'], '5', 2 / 3],
    [
      'the marked line counts, the last one',
      ['I think\nANSWER: 3\nno\n**Answer:** 4', 'so\nanswer: 4', '3'],
      '4',
      2 / 3,
    ],
    ['those without an answer do not vote', ['', '7', ''], '7', 1],
  ])('%s', async (_, answers, winner, agreement) => {
    const result = await vote(answers);
    expect(result).toMatchObject({ final_summary: winner, vote: { agreement, decided_by: 'majority' } });
  });

  test('candidates are listed with their voters, most votes first', async () => {
    const result = await vote(['x', 'y', 'Y']);
    expect(result.vote?.candidates).toEqual([
      { answer: 'y', agents: ['v1', 'v2'] },
      { answer: 'x', agents: ['v0'] },
    ]);
    expect(result.runner.task('vote/v0')).toMatch(/^Count\.\n\n.*ANSWER: 42$/);
  });

  test.each([
    ['by number', 'CHOICE 2', 'y', 'judge'],
    ['by a bare number', '2.', 'y', 'judge'],
    ['in words', '"Y"', 'y', 'judge'],
    ['not at all', 'hm', 'x', 'order'],
    ['twice', 'CHOICE 1 or CHOICE 2', 'x', 'order'],
    ['outside of the list', 'CHOICE 3', 'x', 'order'],
    ['and fails', failed, 'x', 'order'],
  ])('a tie goes to the judge, who decides %s', async (_, said, winner, decided_by) => {
    const result = await vote(['x', 'y', 'Y', 'X', 'z'], said);
    expect(result).toMatchObject({ final_summary: winner, vote: { decided_by, agreement: 2 / 5 } });
    expect(result.runner.task('judge')).toContain('CHOICE 1:\nx\n\nCHOICE 2:\ny\n\n');
  });

  test('a bare number that is also an answer is no clear word', async () => {
    expect(await vote(['2', '3'], '2')).toMatchObject({ final_summary: '2', vote: { decided_by: 'order' } });
  });

  test('the judge is asked in a tie only; without a judge the first wins; without votes it fails by name', async () => {
    expect((await vote(['x', 'y', 'y'], 'CHOICE 1')).runner.steps).not.toContain('judge');
    expect(await vote(['x', 'y'])).toMatchObject({ final_summary: 'x', vote: { decided_by: 'order' } });
    await expect(vote(['', ''])).rejects.toMatchObject({ name: 'NoOutput' });
  });
});

describe('adversarial', () => {
  const plan = {
    mode: 'adversarial' as const,
    task: 'SECRET TASK',
    agents: specs('a'),
    reviewer: spec('r'),
    criteria: 'It is true.',
  };
  const minor = '{"severity": "minor", "finding": "a comma"}';
  const grave = '{"severity": "critical", "finding": "it is false"}';

  test('the reviewer sees only the work and the criteria', async () => {
    const runner = new ScriptedRunner({ 'work/a': 'The sky is green.' });
    await runSwarm(plan, { runner });
    expect(runner.task('review/a')).toContain('<work>\nThe sky is green.\n</work>');
    expect(runner.task('review/a')).toContain('Criteria:\nIt is true.\n');
    expect(runner.task('review/a')).not.toContain(plan.task);
    expect(runner.calls[1]?.spec).toBe(plan.reviewer);
  });

  test.each([
    ['pass', 'pass', '{"verdict": "pass", "findings": []}'],
    [
      'a pass in a fence, with a minor finding',
      'pass',
      `Well:\n\`\`\`json\n{"verdict": "pass", "findings": [${minor}]}\n\`\`\``,
    ],
    ['a pass with a grave finding', 'fail', `{"verdict": "pass", "findings": [${minor}, ${grave}]}`],
    ['fail', 'fail', '{"verdict": "fail", "findings": []}'],
    ['words', 'inconclusive', 'PASS. It is perfect.'],
    ['no findings', 'inconclusive', '{"verdict": "pass"}'],
    [
      'a severity that does not exist',
      'inconclusive',
      '{"verdict": "pass", "findings": [{"severity": "x", "finding": "y"}]}',
    ],
    ['two verdicts', 'inconclusive', '{"verdict": "fail", "findings": []} {"verdict": "pass", "findings": []}'],
    ['half of it', 'inconclusive', '{"verdict": "pass", "findings": ['],
    ['nothing', 'inconclusive', ''],
    ['an error', 'inconclusive', failed],
    ['an error after a pass', 'inconclusive', { answer: '{"verdict": "pass", "findings": []}', error: 'gone' }],
  ])('%s is: %s', async (_, verdict, said) => {
    const { final_summary, reviews } = await runSwarm(plan, {
      runner: new ScriptedRunner({ 'work/a': 'W', 'review/a': said }),
    });
    expect(reviews).toMatchObject([{ agent: 'a', verdict }]);
    expect(final_summary === 'W').toBe(verdict === 'pass');
  });

  test('of several works the first that passes is the result; if none does, what is wrong with them', async () => {
    const review = {
      'review/a': `{"verdict": "fail", "findings": [${grave}]}`,
      'review/b': '{"verdict": "pass", "findings": []}',
    };
    const three = { ...plan, agents };
    const result = await runSwarm(three, { runner: new ScriptedRunner({ ...review, 'work/c': failed }) });
    expect(result.final_summary).toBe('answer of work/b');
    expect(result.reviews?.map(({ verdict }) => verdict)).toEqual(['fail', 'pass', 'inconclusive']);
    const none = await runSwarm(three, { runner: new ScriptedRunner({ ...review, 'work/b': '', 'work/c': failed }) });
    expect(none.final_summary).toBe(
      'No work passed the review.\n\n## a: fail\n- critical: it is false\n\n## b: inconclusive\nthere is no work: the answer is empty\n\n' +
        '## c: inconclusive\nthere is no work: gone',
    );
  });

  test('without any work it fails by name', async () => {
    await expect(runSwarm(plan, { runner: new ScriptedRunner(() => failed) })).rejects.toMatchObject({
      name: 'NoOutput',
    });
  });
});
