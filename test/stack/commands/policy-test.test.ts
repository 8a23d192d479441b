/** `policy test` as a person runs it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startStack } from '../../supervisor/running-stack.ts';
import { workplace } from '../command.ts';

const TRANSCRIPT = new URL('../../fixtures/policies/transcript.jsonl', import.meta.url).pathname;

it('tests a policy on the recordings of a stack that runs, and fails when it misses what was marked as bad', async () => {
  const stack = await startStack();
  const { run: bad } = await stack.ask('say: nonsense');
  await stack.ask('say: one ERROR two');
  await stack.supervisor.labelRun(bad, { label: 'bad' });
  const { run, folder } = workplace();
  const missing = await run(['policy', 'test', 'error-keyword', '--data', stack.folder]).ended;
  expect(missing).toMatchObject({ code: 1, errors: '' });
  expect(missing.output).toContain(`MISSED: run ${bad} was marked as bad`);
  expect(missing.output).toMatch(/error-keyword: 2 messages, \d+ turns/);
  expect(missing.output).toContain('disagreements 0');
  const source =
    'export default { name: "n", patterns: ["nonsense"], onText: ({ match }) => match && { action: "cut", reason: "r" } };';
  writeFileSync(join(folder, 'n.ts'), source);
  const { code, output } = await run(['policy', 'test', './n.ts', '--json', '--data', stack.folder]).ended;
  expect(code).toBe(0);
  expect(JSON.parse(output)).toMatchObject({
    policy: 'n',
    missed: [],
    items: [{ run: bad, decisions: [{ from: 0 }] }, {}],
  });
});

it('tests a policy on a transcript', async () => {
  const { run, folder } = workplace();
  const good = await run(['policy', 'test', 'error-keyword', '--transcript', TRANSCRIPT]).ended;
  expect(good).toMatchObject({ code: 0, errors: '' });
  expect(good.output).toMatch(/interject at 13, withholds 14 characters/);
  writeFileSync(join(folder, 'lax.ts'), 'export default { name: "lax", onText: () => undefined };');
  const lax = await run(['policy', 'test', './lax.ts', '--transcript', TRANSCRIPT]).ended;
  expect(lax.code).toBe(1);
  expect(lax.output).toContain('MISSED: run line-2');
  expect(lax.output).toContain('NOT MET: line-2: expected interject, the policy does nothing');
  writeFileSync(join(folder, 'broken.jsonl'), '{"role": "user", "content": "x"}\n{"role": "robot"}\n');
  const broken = await run(['policy', 'test', 'error-keyword', '--transcript', 'broken.jsonl']).ended;
  expect(broken.code).toBe(2);
  expect(broken.errors).toContain('broken.jsonl:2: role');
});

it('tests two at once while the stack streams; says what is wrong with a candidate, its options and its choice', async () => {
  const stack = await startStack({ simulator: { tokensPerSecond: 50 } });
  await stack.ask('say: nonsense, as ever');
  const words = Array.from({ length: 2000 }, (_, index) => `word${index}`).join(' ');
  const streaming = await stack.say(`say: ${words}`, { chat: 'streams' });
  await stack.event(streaming, 'text-delta');
  const { run, folder } = workplace();
  const sources = {
    throws:
      'export default { name: "throws", onText: ({ text }) => { if (text.includes("ever")) throw new Error("boom"); } };',
  };
  for (const [name, source] of Object.entries(sources)) writeFileSync(join(folder, `${name}.ts`), source);
  const test = (...given: string[]) => run(['policy', 'test', ...given, '--data', stack.folder]).ended;
  const [one, throwing, optionless, withOptions, wrongChat] = await Promise.all([
    test('error-keyword'),
    test('./throws.ts'),
    test('pattern', '--options', '{"literals":1}'),
    test('pattern', '--options', '{"literals":["ever"],"action":"cut"}', '--chat', 'assistant/main'),
    test('error-keyword', '--chat', 'mian'),
  ]);
  expect(one).toMatchObject({ code: 0, errors: '' });
  expect(one.output).toContain('error-keyword: 2 messages, 1 turns');
  expect(throwing.code).toBe(1);
  expect(throwing.output).toMatch(
    /turn 1 {2}failed at 0, withholds 0 characters: policy throws failed in onText.*boom/,
  );
  expect(optionless).toMatchObject({
    code: 2,
    errors: expect.stringContaining('policy pattern cannot be loaded: options.literals: Invalid input'),
  });
  expect(withOptions.code).toBe(0);
  expect(withOptions.output).toMatch(/cut at 13, withholds 4 characters/);
  expect(wrongChat).toMatchObject({ code: 1, errors: expect.stringContaining('There is no chat "mian": there are') });
  expect(stack.supervisor.run(streaming).status).toBe('running');
  await stack.supervisor.stopRun(streaming);
});

const hanging: [string, string, string][] = [
  [
    'onText',
    'export default { name: "endless", onText() { for (;;); } };',
    'policy endless did not return within 3 s in onText (run line-2, turn 1)',
  ],
  ['its module', 'for (;;); export default {};', 'policy ./endless.ts did not return within 3 s while it was loaded'],
];

it.each(hanging)('ends and names a policy that hangs in %s', async (_where, source, said) => {
  const { run, folder } = workplace();
  writeFileSync(join(folder, 'endless.ts'), source);
  const { code, errors } = await run(['policy', 'test', './endless.ts', '--transcript', TRANSCRIPT]).ended;
  expect(code).toBe(1);
  expect(errors).toContain(said);
});

const wrong: [string, string[], string][] = [
  ['no action', ['policy'], 'say what to do'],
  ['no file', ['policy', 'test'], 'name a policy file'],
  ['an unknown policy', ['policy', 'test', 'eror-keyword'], 'did you mean "error-keyword"'],
  ['no date', ['policy', 'test', 'error-keyword', '--since', 'x'], '--since'],
  ['no JSON', ['policy', 'test', 'error-keyword', '--options', '{'], '--options'],
  ['one word too many', ['policy', 'test', 'error-keyword', 'more'], 'one policy, please; "more" is too much'],
  ['a wrong action', ['policy', 'tets'], 'Did you mean test?'],
  ['flags of test for new', ['policy', 'new', 'mine', '--json'], 'policy new: --json is of policy test'],
  ['a data folder for new', ['policy', 'new', 'mine', '--since', 'x'], 'policy new: --since is of policy test'],
  [
    'a chat of a transcript',
    ['policy', 'test', 'error-keyword', '--transcript', 'x', '--chat', 'c'],
    'use --chat or --transcript',
  ],
];

it.each(wrong)('refuses %s', async (_what, given, said) => {
  const { run, data } = workplace();
  const { code, errors } = await run([
    ...given,
    ...(given[1] === 'test' && given.length > 2 && !given.includes('--transcript') ? ['--data', data] : []),
  ]).ended;
  expect(errors).toContain(said);
  expect(code).toBe(2);
});

it('says so when there is nothing recorded, and makes no folder', async () => {
  const { run, data } = workplace();
  const { code, errors } = await run(['policy', 'test', 'error-keyword', '--data', data]).ended;
  expect(code).toBe(1);
  expect(errors).toContain(`There are no recordings in ${data}`);
});
