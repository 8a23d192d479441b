/** Policies that misbehave: their runs fail closed and say why, everybody else goes on. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../supervisor/store/store.ts';
import { transact } from '../store/temporary-store.ts';
import { type RunningStack, shownText, startStack, startWithoutAgents } from './running-stack.ts';

const MISBEHAVIOURS: [string, string, string][] = [
  ['throws', `() => { throw new Error('oh no'); }`, 'it threw Error'],
  ['returns 42', '() => 42', 'it returned a number'],
  ['returns a promise', 'async () => undefined', 'it returned a promise'],
  ['rejects', `async () => { throw new Error('late'); }`, 'it returned a promise'],
];

describe.each(MISBEHAVIOURS)('a policy that %s', (_, misbehave, problem) => {
  test('when it is asked about a message: the run fails closed by its name, the model is not asked', async () => {
    const stack = await startStack({ policies: [`{ name: 'mine', onMessage: ${misbehave} }`] });
    const view = await stack.ask('say: hello');
    expect(view.status).toBe('failed');
    expect(view.reason).toContain(`policy_failed: policy mine failed in onMessage: ${problem}`);
    expect(stack.calls()).toEqual([]);
  });

  test.each(['onText', 'onTurnEnd'])('in %s: nothing unjudged is shown, the model is cut off', async (hook) => {
    const policy = `{ name: 'mine', holdback: 'turn', ${hook}: ${misbehave} }`;
    const stack = await startStack({ policies: [policy] });
    const view = await stack.ask('say: hello');
    expect(view).toMatchObject({ status: 'failed', content: '' });
    expect(view.reason).toContain(`policy mine failed in ${hook}: ${problem}`);
    expect(shownText(await stack.eventsOf(view.run), 1)).toBe('');
    await stack.until(() => stack.engine.bench.runs.all().length === 0);
  });
});

describe('what was withheld is not told to readers', () => {
  test.each([
    ['the parser quotes it', 'JSON.parse(text)', 'it threw SyntaxError'],
    ['it is thrown', 'throw text', 'it threw something'],
    ['it names the error', `throw Object.assign(new Error(text), { name: text })`, 'it threw Error'],
    ['it is taken for an action', 'return { action: text }', 'unknown action; known are'],
    ['it is taken for a field', `return { action: 'cut', reason: 'x', [text]: 1 }`, 'unknown field for cut; known are'],
  ])('%s', async (_, does, told) => {
    const stack = await startStack({
      policies: [`{ name: 'mine', holdback: 'turn', onTurnEnd: ({ text }) => { ${does} } }`],
    });
    const view = await stack.ask('say: Hush123');
    expect(view).toMatchObject({ status: 'failed', content: '' });
    expect(view.reason).toContain(`policy_failed: policy mine failed in onTurnEnd: ${told}`);
    const events = (await stack.eventsOf(view.run)).filter(({ type }) => type !== 'message-received');
    expect(JSON.stringify([view.reason, events])).not.toContain('Hush');
    expect(stack.supervisor.policies()[0]?.lastFailure).toMatch(
      /^policy mine failed in onTurnEnd: .*(Hush|a string|H)/,
    );
  });
});

test('a policy of one agent that fails leaves the stream of another agent alone', async () => {
  const stack = await startWithoutAgents({ policies: [], simulator: { tokensPerSecond: 200 } });
  await stack.stopSupervisor();
  const policy = `{ name: 'mine', onText: () => { throw new Error('oh no'); } }`;
  stack.setPolicies([sourceOf(stack, policy, { agents: ['assistant'] })]);
  await stack.startSupervisor();
  await stack.startAgents();
  const long = Array.from({ length: 60 }, (_, index) => index).join(' ');
  const run = await stack.say(`say: ${long}`, { agent: 'analyst' });
  await stack.event(run, 'text-delta');
  expect((await stack.ask('say: hello')).status).toBe('failed');
  expect(await stack.wait(run)).toMatchObject({ status: 'answered', content: long });
});

function sourceOf(stack: RunningStack, text: string, changes: { agents?: string[] } = {}) {
  mkdirSync(join(stack.folder, 'policies'), { recursive: true });
  const file = join(stack.folder, 'policies', 'mine.mjs');
  writeFileSync(file, `export default ${text}`);
  return { use: './mine.ts', file, version: 'v1', ...changes };
}

describe('a policy in quarantine', () => {
  const POLICY = `{ name: 'mine', holdback: 0, onText: ({ text }) => {
    if (text.length > 1_000_000) throw new Error('it was asked'); } }`;

  /** Charges version v1 of the policy twice, while no supervisor runs. */
  function quarantine(folder: string): void {
    const store = openStore(join(folder, 'interject.db'), 'normal');
    transact(store, () => {
      for (const now of [1, 2]) store.offences.count('mine', 'v1', now);
    });
    store.close();
  }

  test('refuses new messages by its name', async () => {
    const stack = await startWithoutAgents();
    await stack.stopSupervisor();
    quarantine(stack.folder);
    stack.setPolicies([sourceOf(stack, POLICY)]);
    await stack.startSupervisor();
    await stack.startAgents();
    const view = await stack.ask('say: hello');
    expect(view.status).toBe('failed');
    expect(view.reason).toContain('policy_quarantined: policy mine (v1)');
    expect(stack.calls()).toEqual([]);
    expect(stack.supervisor.policies()).toMatchObject([{ name: 'mine', version: 'v1', quarantined: true }]);
  });

  test('is not asked about runs that were being answered either', async () => {
    const stack = await startWithoutAgents({ simulator: { tokensPerSecond: 100 } });
    await stack.stopSupervisor();
    stack.setPolicies([sourceOf(stack, POLICY)]);
    await stack.startSupervisor();
    await stack.startAgents();
    const long = `say: ${'word '.repeat(100)}`;
    const [streaming, lost] = [await stack.say(long), await stack.say(long, { agent: 'analyst' })];
    await stack.event(streaming, 'text-delta');
    await stack.event(lost, 'text-delta');
    await stack.stopSupervisor();
    stack.endAgent('analyst', { tell: false });
    quarantine(stack.folder);
    await stack.startSupervisor();
    await stack.startAgent('analyst');
    for (const run of [streaming, lost]) {
      const view = await stack.wait(run);
      expect(view.status).toBe('failed');
      expect(view.reason).toContain('policy_quarantined: policy mine (v1)');
    }
    expect(stack.calls()).toHaveLength(2);
  });

  test('judges nobody any more where another version of it is loaded', async () => {
    const stack = await startWithoutAgents();
    await stack.stopSupervisor();
    quarantine(stack.folder);
    stack.setPolicies([{ ...sourceOf(stack, POLICY), version: 'v2' }]);
    await stack.startSupervisor();
    await stack.startAgents();
    expect((await stack.ask('say: hello')).status).toBe('answered');
  });
});

test('the run that a policy hung on fails closed after the restart, and the policy is charged', async () => {
  const stack = await startWithoutAgents({ policies: [] });
  const [hung, other] = [await stack.say('say: first'), await stack.say('say: second', { chat: 'side' })];
  const number = stack.engine.bench.store.runs.byId(hung)?.number;
  await stack.stopSupervisor();
  const offence = { pid: 1, policy: 'mine', version: 'v1', run: number, state: 'hung' };
  writeFileSync(join(stack.folder, 'policy-offence.json'), JSON.stringify(offence));
  await stack.startSupervisor();
  await stack.startAgents();
  expect((await stack.wait(hung)).reason).toBe('policy_failed: policy mine (v1) did not return within 500 ms');
  expect(await stack.wait(other)).toMatchObject({ status: 'answered', content: 'second' });
  await stack.stopSupervisor();
  await stack.startSupervisor();
  expect(stack.engine.bench.store.offences.isQuarantined('mine', 'v1')).toBe(false);
});

test('a thousand messages that one policy refuses are refused, each of them', async () => {
  const stack = await startWithoutAgents({ policies: [`{ name: 'mine', onMessage: () => 42 }`] });
  const agents = ['assistant', 'analyst'];
  const all = Array.from({ length: 1000 }, (_, index) => ({ chat: `c${index}`, content: 'hello' }));
  const runs = await Promise.all(
    agents.flatMap((agent) => all.map(({ content, chat }) => stack.say(content, { agent, chat }))),
  );
  await stack.startAgents();
  const views = await Promise.all(runs.map((run) => stack.wait(run)));
  expect(new Set(views.map(({ reason }) => reason))).toEqual(new Set([views[0]?.reason]));
  expect(views[0]?.reason).toContain('policy mine failed in onMessage');
  expect(stack.engine.degraded).toBeUndefined();
});
