/** Model servers whose chat template raises at roles it does not take, through a whole stack in one process. */
import { expect, test } from 'vitest';
import { type RunningStack, type SeenEvent, startStack } from './running-stack.ts';
import { type StrictModel, type StrictSettings, strictModel } from './strict-model.ts';

const MAPPED = [{ role: 'user', content: 'Be brief.\n\nWhy?' }];

async function start(settings: StrictSettings, system = 'Be brief.'): Promise<[RunningStack, StrictModel]> {
  const model = await strictModel({ strictRoles: true, ...settings });
  return [await startStack({ backend: model.definition, agents: [{ name: 'assistant', system }] }), model];
}

/** All events up to the end of the last run of so many. */
async function eventsOfRuns(stack: RunningStack, runs: number): Promise<SeenEvent[]> {
  let ended = 0;
  return stack.eventsUntil({}, ({ type }) => type === 'run-end' && ++ended === runs);
}

const notices = (events: readonly SeenEvent[]): SeenEvent[] => events.filter(({ type }) => type === 'notice');

test('one that can be asked before is never sent what it would refuse; that is said once', async () => {
  const [stack, model] = await start({ canRender: true });
  expect((await stack.ask('Why?')).status).toBe('answered');
  expect((await stack.ask('And now?')).status).toBe('answered');
  expect(model.prompts).toEqual([
    MAPPED,
    [...MAPPED, { role: 'assistant', content: 'ok' }, { role: 'user', content: 'And now?' }],
  ]);
  const [notice, ...more] = notices(await eventsOfRuns(stack, 2));
  expect(notice).toMatchObject({ code: 'roles_mapped', backend: 'strict' });
  expect(notice?.text).toContain('system prompt goes in front of the first user message');
  expect(notice).not.toHaveProperty('run');
  expect(more).toEqual([]);
});

test.each([400, 500])(
  'one that refuses with %i is asked once more; that is remembered while it stays up',
  async (refusalStatus) => {
    const [stack, model] = await start({ refusalStatus });
    const view = await stack.ask('Why?');
    expect(view.status).toBe('answered');
    expect(model.prompts.map((prompt) => prompt[0]?.role)).toEqual(['system', 'user']);
    await stack.ask('And now?');
    expect(model.prompts).toHaveLength(3);
    const events = await eventsOfRuns(stack, 2);
    expect(notices(events)).toMatchObject([{ code: 'roles_mapped' }]);
    expect(events.filter(({ type }) => type === 'turn-cut')).toMatchObject([
      { run: view.run, turn: 1, reason: expect.stringContaining('System role not supported') },
    ]);
    expect(events.some(({ type }) => type === 'backend-down')).toBe(false);

    stack.engine.bench.backends.suspect('strict', 'restarted with another template');
    await stack.until(() => stack.supervisor.readiness().ready);
    await stack.ask('Once more');
    expect(model.prompts.slice(3).map((prompt) => prompt[0]?.role)).toEqual(['system', 'user']);
    expect(notices(await eventsOfRuns(stack, 3))).toHaveLength(2);
  },
);

test('one that refuses what cannot be mapped any further is not asked again', async () => {
  const model = await strictModel({});
  model.settings.refusesAll = 'Jinja Exception: only embeddings here';
  const stack = await startStack({ backend: model.definition, agents: [{ name: 'assistant' }] });
  expect(await stack.ask('Why?')).toMatchObject({
    status: 'failed',
    reason: expect.stringMatching(/^backend_refused: .*only embeddings/),
  });
  expect(model.prompts).toHaveLength(1);
});

test('one that refuses for another reason is not asked again', async () => {
  const [stack, model] = await start({ strictRoles: false });
  model.settings.refusesAll = 'max_tokens must be positive';
  expect(await stack.ask('Why?')).toMatchObject({ status: 'failed' });
  expect(model.prompts.map((prompt) => prompt[0]?.role)).toEqual(['system']);
});

test('one that takes all roles gets them, and nothing is said', async () => {
  const [stack, model] = await start({ strictRoles: false, canRender: true });
  await stack.ask('Why?');
  expect(model.prompts[0]).toEqual([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Why?' },
  ]);
  expect(notices(await eventsOfRuns(stack, 1))).toEqual([]);
});

test.each([
  ['any', ['system', 'user']],
  ['alternating', ['system', 'user']],
  ['no-system', ['user']],
  ['strict', ['user']],
] as const)('the simulator with the template %s', async (template, roles) => {
  const stack = await startStack({
    agents: [{ name: 'assistant', system: 'Be brief.' }],
    simulator: { template },
  });
  expect((await stack.ask('Why?')).status).toBe('answered');
  expect(stack.calls().map(({ messages }) => messages.map(({ role }) => role))).toEqual([roles]);
});

test('a template that changes while the server stays up: one refusal, then it is known', async () => {
  const stack = await startStack({ agents: [{ name: 'assistant', system: 'Be brief.' }] });
  await stack.ask('say: one');
  stack.simulator.change({ template: 'strict' });
  expect(await stack.ask('say: two')).toMatchObject({ status: 'answered', content: 'two' });
  expect(await stack.ask('say: three')).toMatchObject({ status: 'answered', content: 'three' });
  const events = await eventsOfRuns(stack, 3);
  expect(events.filter(({ type }) => type === 'turn-cut').length).toBeLessThanOrEqual(1);
  expect(notices(events)).toMatchObject([{ code: 'roles_mapped' }]);
});
