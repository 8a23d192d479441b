/** What the page says. */
import { expect, test } from 'vitest';
import type { ApprovalView } from '../../../supervisor/service.ts';
import type { Stack } from '../../../ui/page/api.ts';
import { type Answer, type RunLines, withWaiting } from '../../../ui/page/chat-view.ts';
import { describeNotices, foldNotices, type StackNotices } from '../../../ui/page/stack-notices.ts';
import {
  describeBackend,
  describeChoice,
  describeEnding,
  describeIntervention,
  describeLetters,
  describeReasoning,
  describeState,
  describeStep,
  describeSwarm,
  describeSwarms,
  isAboutLetters,
  isApprovable,
} from '../../../ui/page/words.ts';

const stack = (backend: Partial<Stack['backends'][number]>): Stack => ({
  agents: [
    {
      id: 'a',
      state: 'ready',
      model: 'tiny',
      backend: 'b',
      policies: ['error-keyword'],
      queued: 0,
      running: 0,
      restarts: 0,
    },
  ],
  backends: [
    { name: 'b', url: 'http://127.0.0.1:8080', server: 'llama-server', up: true, slots: 1, model: 'tiny', ...backend },
  ],
  policies: [],
});

test('the backend: a simulator is called one, one that is down says why', () => {
  expect(describeBackend(stack({}), 'a')).toBe(
    'tiny on llama-server (http://127.0.0.1:8080). Watched by error-keyword.',
  );
  expect(describeBackend(stack({ server: 'simulator' }), 'a')).toMatch(/^Simulator: .* not a real model\. .*--backend/);
  expect(describeBackend(stack({ up: false, detail: 'refused' }), 'a')).toContain('It does not answer: refused.');
  expect(describeBackend(stack({}), 'nobody')).toBe('');
});

test('the backend: of a pool all are named, and those that do not answer', () => {
  const { agents, backends, policies } = stack({ up: false, detail: 'refused' });
  const both = [...backends, ...stack({ name: 'c' }).backends, ...stack({ name: 'other', up: false }).backends];
  const pooled = agents.map((agent) => ({ ...agent, backend: 'fast', members: ['b', 'c'] }));
  expect(describeBackend({ agents: pooled, backends: both, policies }, 'a')).toBe(
    'tiny on 2 servers (b, c). b does not answer: refused. Watched by error-keyword.',
  );
});

test('the backend: what stands in for another one, and what others use, is said', () => {
  const { agents, backends, policies } = stack({ detail: 'others use it: 1 of our requests waits there' });
  expect(describeBackend({ agents, backends, policies }, 'a')).toContain(
    ' Now others use it: 1 of our requests waits there.',
  );
  const dead = stack({ up: false, detail: 'refused' }).backends;
  const other = stack({ name: 'c', url: 'http://127.0.0.1:8081' }).backends;
  const away = agents.map((agent) => ({ ...agent, fallback: 'c' }));
  expect(describeBackend({ agents: away, backends: [...dead, ...other], policies }, 'a')).toBe(
    'tiny on llama-server (http://127.0.0.1:8081). It stands in for b, which does not answer. Watched by error-keyword.',
  );
});

test('who intervened', () => {
  const intervention = {
    kind: 'intervention',
    policy: 'error-keyword',
    action: 'interject',
    reason: 'x',
    turn: 1,
  } as const;
  expect(describeIntervention(intervention)).toBe('Policy error-keyword corrected the answer');
  expect(describeIntervention({ ...intervention, turn: 0 })).toBe('Policy error-keyword flagged the message');
  expect(describeIntervention({ ...intervention, action: 'block' })).toBe('Policy error-keyword blocked the answer');
  expect(describeIntervention({ ...intervention, turn: 0, action: 'block' })).toBe(
    'Policy error-keyword blocked the message',
  );
  expect(describeIntervention({ ...intervention, policy: 'person' })).toBe('A person corrected the answer');
  expect(describeIntervention({ ...intervention, policy: '' })).toBe('The supervisor corrected the answer');
});

test('the backend: an agent that is stopped, and policies that are not as they should be, are said', () => {
  const { agents, backends } = stack({});
  const policy: Stack['policies'][number] = {
    ...{ name: 'error-keyword', use: 'error-keyword', version: 'built-in', agents: ['a'], onFailure: 'closed' },
    ...{ verdicts: { interject: 0, cut: 0, redact: 0, block: 0, pause: 0, terminate: 0 }, failures: 0 },
    quarantined: false,
  };
  const line = (changes: Partial<typeof policy>) =>
    describeBackend({ agents, backends, policies: [{ ...policy, ...changes }] }, 'a');
  expect(line({})).toMatch(/Watched by error-keyword\.$/);
  expect(line({ quarantined: true })).toContain('error-keyword (in quarantine: nothing is answered).');
  expect(line({ problem: 'x' })).toContain('error-keyword (what was saved last does not load).');
  const stopped = agents.map((agent) => ({ ...agent, state: 'stopped' as const }));
  expect(describeBackend({ agents: stopped, backends, policies: [] }, 'a')).toContain(
    'The agent is stopped; messages wait until it is restarted.',
  );
});

test('what a person may decide', () => {
  const approval: ApprovalView = {
    ...{ id: 1, run: 'r', agent: 'a', chat: 'main', policy: 'p', reason: 'x', created_at: 0 },
    kind: 'answer',
    ...{ shown: 'The ', withheld: 'secret', is_complete: false },
  };
  expect(describeChoice(approval)).toContain('Approve makes this the answer');
  expect(describeChoice({ ...approval, is_complete: true })).toContain('the whole answer');
  expect(describeChoice({ ...approval, kind: 'message' })).toContain('sends the message');
  expect(describeChoice({ ...approval, kind: 'error' })).toContain('once more');
  const reasoned = { ...approval, shown: '', withheld: '', withheld_reasoning: 'Hm' };
  expect(describeChoice(reasoned)).toContain('before it answered');
  expect([approval, reasoned, { ...reasoned, kind: 'error' as const }].map(isApprovable)).toEqual([true, false, true]);
});

test('what waits for a person is known after a snapshot too', () => {
  const run: RunLines = { run: 'r', question: 'x', notices: [], letters: [], items: [], state: 'ended', reason: '' };
  const view = withWaiting({ seq: 1, stale: false, runs: [run] }, [{ id: 7, run: 'r' }]);
  expect(view.runs).toMatchObject([{ state: 'running', waitsFor: 7 }]);
  expect(describeState(view, 'connected', 'a')).toBe('Waiting for a person to decide.');
});

test('the state line', () => {
  const run: RunLines = { run: 'r', question: 'x', notices: [], letters: [], items: [], state: 'answered', reason: '' };
  const line = (changes: Partial<RunLines>) =>
    describeState({ seq: 1, stale: false, runs: [{ ...run, ...changes }] }, 'connected', 'a');
  expect(line({ state: 'running' })).toBe('a is answering …');
  expect(line({ state: 'queued' })).toMatch(/waits/);
  expect(line({})).toBe('Answer complete.');
  expect(line({ state: 'ended' })).toBe('Ready.');
  expect(line({ state: 'blocked', reason: 'no' })).toBe('Blocked: no.');
  expect(describeState({ seq: 0, stale: false, runs: [] }, 'lost', 'a')).toMatch(/reconnecting/);
  expect(describeEnding({ ...run, state: 'failed', reason: 'context_overflow' })).toBe(
    'No answer: it failed: context_overflow',
  );
});

test('a model that reasons and has not begun to answer is thinking', () => {
  const answer: Answer = {
    ...{ kind: 'answer', turn: 1, text: '', reasoning: 'Hm', state: 'streaming', note: '', held: 0 },
  } as const;
  const line = (item: Answer) =>
    describeState(
      {
        seq: 1,
        stale: false,
        runs: [{ run: 'r', question: 'x', notices: [], letters: [], items: [item], state: 'running', reason: '' }],
      },
      'connected',
      'a',
    );
  expect([describeReasoning(answer), line(answer)]).toEqual(['Thinking …', 'a is thinking …']);
  const said: Answer = { ...answer, text: 'So' };
  expect([describeReasoning(said), line(said)]).toEqual(['Reasoning', 'a is answering …']);
  expect(line({ ...answer, reasoning: '' })).toBe('a is answering …');
  expect(describeReasoning({ ...answer, state: 'interrupted' })).toBe('Reasoning');
});

test('notices about model servers: the newest of each, for those who talk to it, until it comes up anew', () => {
  const notice = (text: string, backend?: string, run?: string) =>
    ({ type: 'notice', code: 'roles_mapped', text, ...(backend && { backend }), ...(run && { run }) }) as const;
  const none: StackNotices = new Map();
  const told = [notice('old', 'b'), notice('new', 'b'), notice('other', 'c'), notice('of a run', 'b', 'r1')].reduce(
    foldNotices,
    none,
  );
  expect(['b', 'c', 'd'].map((backend) => describeNotices(told, [backend]))).toEqual(['new', 'other', '']);
  expect(describeNotices(foldNotices(told, notice('all')), ['b'])).toBe('all new');
  expect(describeNotices(told, ['c', 'b'])).toBe('other new');
  const after = foldNotices(told, { type: 'backend-up', backend: 'b' });
  expect(['b', 'c'].map((backend) => describeNotices(after, [backend]))).toEqual(['', 'other']);
  expect(foldNotices(told, { type: 'backend-up', backend: 'd' })).toBe(told);
});

test('a swarm in a line, and who ran in it when', () => {
  const at = new Date(2026, 0, 2, 3, 4, 5).getTime();
  const place = { swarm: 's', mode: 'vote' as const, agents: ['a', 'b'], created_at: at };
  const swarm = { ...place, state: 'running' as const, task: `one\n two ${'x'.repeat(200)}` };
  expect(describeSwarm(swarm)).toBe(`03:04:05 · vote · a, b · running · one two ${'x'.repeat(92)} …`);
  expect(describeSwarms([swarm, { ...swarm, state: 'finished' }])).toBe('Swarms (1 running)');
  expect(describeSwarms([])).toBe('Swarms');
  const step = { step: 'vote/a', name: 'a', agent: 'a', started_at: at };
  expect(describeStep({ ...step, state: 'running' })).toBe('a · vote/a · 03:04:05 · running');
  const ended = { ...step, state: 'ended' as const, ended_at: at + 1250 };
  expect(describeStep({ ...ended, answer: 'x' })).toBe('a · vote/a · 03:04:05, 1.3 s');
  expect(describeStep({ ...ended, error: 'x' })).toBe('a · vote/a · 03:04:05, 1.3 s · failed');
});

test('whom an answer wrote to, and where that goes on', () => {
  expect(describeLetters({ letters: [] })).toBe('');
  expect(describeLetters({ letters: ['critic', 'writer'] })).toBe(
    'Sent to critic, writer: see the chat of the same name there.',
  );
});

test('what is said of letters stands below the answer, all else above it', () => {
  const codes = ['letter_no_contact', 'letter_hop_limit', 'context_shortened', 'backend_fallback'] as const;
  expect(codes.filter((code) => isAboutLetters({ code }))).toEqual(['letter_no_contact', 'letter_hop_limit']);
});
