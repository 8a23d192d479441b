/** What one may ask of a swarm from outside. */
import { describe, expect, test } from 'vitest';
import { MODE_NAMES, MODES } from '../../swarm/modes.ts';
import { planOf, swarmRequestSchema } from '../../swarm/request.ts';
import { spec } from './scripted-runner.ts';

const task = 'Count.';
const agents = ['a', 'b'];

/** A value for each option that a mode can need. */
const GIVEN: Record<string, unknown> = { reviewer: 'r', reducer: 'd', items: ['x'], criteria: 'It is true.' };

/** Field → what is said of it. */
function issues(request: object): Record<string, string> {
  const checked = swarmRequestSchema.safeParse(request);
  return Object.fromEntries((checked.error?.issues ?? []).map(({ path, message }) => [path.join('.'), message]));
}

describe('a request', () => {
  test.each(MODE_NAMES)('of %s is taken with what it needs, and each of these is missed', (mode) => {
    const needs: readonly string[] = MODES[mode].needs;
    const request = { task, mode, agents, ...Object.fromEntries(needs.map((field) => [field, GIVEN[field]])) };
    expect(swarmRequestSchema.parse(request)).toEqual(request);
    for (const field of needs)
      expect(issues({ ...request, [field]: undefined })[field]).toMatch(/is missing; .* needs it/);
  });

  test.each([
    ['isolated', { mode: 'sequential', isolated: true }, 'isolated', /not for sequential, only for parallel/],
    ['an option of another mode', { mode: 'parallel', maxRounds: 2 }, 'maxRounds', /only for review/],
    ['an agent twice', { mode: 'parallel', agents: ['a', 'a'] }, 'agents', /a is named twice/],
    ['no agent', { mode: 'parallel', agents: [] }, 'agents', /at least one/],
    ['no name', { mode: 'parallel', agents: ['A b'] }, 'agents.0', /name of an agent/],
    ['no task', { mode: 'parallel', task: '' }, 'task', /./],
    ['no number', { mode: 'parallel', budgetTokens: 0 }, 'budgetTokens', /./],
    ['an unknown mode', { mode: 'chaos' }, 'mode', /^use one of parallel, sequential, /],
    ['delegation', { mode: 'delegator' }, 'mode', /^delegation to specialists is not supported yet; use one of/],
    ['a tournament', { mode: 'tournament' }, 'mode', /^tournaments are not supported yet/],
    ['tools', { mode: 'parallel', tools: ['search'] }, '', /^tools are not supported yet; leave out tools$/],
    ['specialists', { mode: 'parallel', specialists: [] }, '', /^delegation to specialists is not supported yet/],
    ['what does not exist', { mode: 'parallel', colour: 1 }, '', /[Uu]nrecognized key.*colour/],
  ])('%s is refused where it stands', (_, request, field, message) => {
    expect(issues({ task, agents, ...request })[field]).toMatch(message);
  });

  test('isolation may be declined anywhere', () => {
    expect(issues({ task, mode: 'debate', agents, isolated: false })).toEqual({});
  });

  test('a pipeline may have an agent twice', () => {
    expect(issues({ task, mode: 'pipeline', agents: ['a', 'b', 'a'] })).toEqual({});
  });

  test('that is not complete says everything that is wrong', () => {
    expect(Object.keys(issues({ task, mode: 'adversarial', agents, judge: 'j' })).sort()).toEqual([
      'criteria',
      'judge',
      'reviewer',
    ]);
  });
});

describe('a plan', () => {
  const find = (name: string) => (name.length === 1 ? spec(name) : undefined);

  test('has the agents of the names', () => {
    const request = swarmRequestSchema.parse({
      task,
      mode: 'review',
      agents,
      reviewer: 'r',
      budgetTokens: 5,
      maxRounds: 2,
    });
    expect(planOf(request, find)).toEqual({
      mode: 'review',
      task,
      agents: [spec('a'), spec('b')],
      synthesizer: undefined,
      reviewer: spec('r'),
      judge: undefined,
      reducer: undefined,
      maxRounds: 2,
      budget: { tokens: 5, agents: undefined },
    });
  });

  test('is refused with all the names that nobody has', () => {
    const request = swarmRequestSchema.parse({ task, mode: 'vote', agents: ['a', 'bob', 'eve'], judge: 'bob' });
    expect(() => planOf(request, find)).toThrow(
      expect.objectContaining({ name: 'UnknownSpecialist', message: 'there is no agent named bob, eve' }),
    );
  });
});
