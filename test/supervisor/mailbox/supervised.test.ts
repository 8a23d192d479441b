/** Letters are judged like any message, and only what readers were shown of a final answer is sent. */
import { describe, expect, test } from 'vitest';
import { tested } from '../backtest/replayed.ts';
import { sayCoded } from '../running-stack.ts';
import { AGENTS, conversation, TO_PLANNER, team } from './team.ts';

describe('a letter is supervised', () => {
  test('the policies of its recipient judge it as a message, and know who wrote it', async () => {
    const policy = `{ name: 'strict', onMessage: ({ from, agent }) => from === 'planner' && agent === 'reviewer'
      ? { action: 'block', reason: 'not from ' + from } : undefined }`;
    const stack = await team({ policies: [policy] });
    const sent = await stack.ask('say: @all: say: yes', TO_PLANNER);
    expect(await conversation(stack, sent)).toEqual([
      'user → planner in case, 0: answered',
      'planner → reviewer in case, 1: blocked',
      'planner → tester in case, 1: answered',
    ]);
    const blocked = stack.supervisor.run(sent.letters?.[0]?.run ?? '');
    expect(blocked).toMatchObject({ reason: 'strict: not from planner', content: '' });
    expect(await stack.ask('say: yes', { agent: 'reviewer' })).toMatchObject({ status: 'answered' });
  });

  test('what is masked in the answer arrives masked', async () => {
    const stack = await team({ policies: [{ use: 'secrets' }] });
    const key = `sk-proj-${'Ab3'.repeat(16)}`;
    const sent = await stack.ask(sayCoded(`@tester: The key is ${key} today.`), TO_PLANNER);
    const [letter] = sent.letters ?? [];
    const { messages } = await stack.wait(letter?.run ?? '');
    expect(messages[0]?.content).toMatch(/^The key is .+ today\.$/);
    expect(messages[0]?.content).not.toContain('Ab3Ab3');
    expect(JSON.stringify(stack.calls('Message from planner'))).not.toContain('Ab3Ab3');
  });

  test.each(['regenerate', 'continue'] as const)(
    'what was cut is not sent; what is answered after the correction (%s) is, once',
    async (resume) => {
      const stack = await team({ agents: AGENTS.map((agent) => ({ ...agent, resume })) });
      const sent = await stack.ask(sayCoded('@reviewer: say: fine\n@tester: the ERROR'), TO_PLANNER);
      expect(sent.interventions).toMatchObject([{ action: 'interject' }]);
      const events = await stack.eventsOf(sent.run);
      const end = events.findIndex(({ type }) => type === 'turn-end');
      expect(events.slice(0, end).map(({ type }) => type)).not.toContain('letter-sent');
      expect(sent.letters?.map(({ to }) => to)).toEqual(['reviewer', 'tester']);
      expect(await stack.wait(sent.letters?.[1]?.run ?? '')).toMatchObject({ messages: [{ content: 'the' }, {}] });
    },
  );

  test.each(['cut', 'block'])(
    'an answer that is ended by %s sends nothing, also not what was shown',
    async (action) => {
      const policy = `{ name: 'ends', patterns: ['END'], onText: ({ match }) => match && { action: '${action}', reason: 'no' } }`;
      const stack = await team({ policies: [policy] });
      const sent = await stack.ask(sayCoded('@reviewer: say: fine\n@tester: END'), TO_PLANNER);
      expect(sent.status).not.toBe('answered');
      expect(sent).not.toHaveProperty('letters');
      expect(stack.calls('Message from planner')).toEqual([]);
    },
  );

  test('what a review refuses is not sent, what it lets pass is sent when it has', async () => {
    const policy = `{ name: 'reads', review: ({ text }) => text.includes('never') ? { action: 'block', reason: 'no' } : undefined }`;
    const stack = await team({ policies: [{ use: 'error-keyword' }, policy] });
    const refused = await stack.ask('say: @tester: say: never', TO_PLANNER);
    expect(refused).toMatchObject({ status: 'blocked' });
    expect(refused).not.toHaveProperty('letters');
    const sent = await stack.ask('say: @tester: say: soon', TO_PLANNER);
    const types = (await stack.eventsOf(sent.run)).map(({ type }) => type);
    expect(types.indexOf('letter-sent')).toBeGreaterThan(types.lastIndexOf('review'));
    expect(await stack.wait(sent.letters?.[0]?.run ?? '')).toMatchObject({ content: 'soon' });
  });

  test('a test of a policy on what was recorded is told who wrote it, too', async () => {
    const stack = await team();
    const sent = await stack.ask('say: @tester: say: yes', TO_PLANNER);
    await stack.wait(sent.letters?.[0]?.run ?? '');
    const report = tested(stack, {
      name: 'strict',
      onMessage: ({ from }) => (from === 'planner' ? { action: 'block', reason: 'r' } : undefined),
    });
    expect(report.items.map(({ run, decisions }) => [run, decisions.map(({ action }) => action)])).toEqual([
      [sent.letters?.[0]?.run, ['block']],
    ]);
  });

  test('what a person lets through, or writes, is sent then', async () => {
    const policy = `{ name: 'asks', patterns: ['NOW'], onText: ({ match }) => match && { action: 'pause', reason: 'may it?' } }`;
    const stack = await team({ policies: [policy] });
    const run = await stack.say(sayCoded('@tester: say: NOW'), TO_PLANNER);
    await stack.event(run, 'run-paused');
    expect(stack.supervisor.run(run)).not.toHaveProperty('letters');
    const id = String(stack.supervisor.approvals()[0]?.id);
    await stack.supervisor.decideApproval(id, { decision: 'edit', content: '@reviewer: say: later' });
    const sent = await stack.wait(run);
    expect(sent.letters?.map(({ to }) => to)).toEqual(['reviewer']);
    expect(await stack.wait(sent.letters?.[0]?.run ?? '')).toMatchObject({ content: 'later' });
  });

  test('reasoning is not read', async () => {
    const stack = await team();
    const sent = await stack.ask('think: @reviewer: say: hello\nsay: Well.', TO_PLANNER);
    expect(sent).toMatchObject({ content: 'Well.', status: 'answered' });
    expect(sent).not.toHaveProperty('letters');
  });
});
