/** Agents that write to each other's inbox, over the real stack: send, broadcast, reply, limits, and who may not. */
import { describe, expect, test } from 'vitest';
import { serveStack } from '../../ui/served-stack.ts';
import { type RunningStack, startStack } from '../running-stack.ts';
import { AGENTS, conversation, notices, TO_PLANNER, team } from './team.ts';

/** An agent that answers a letter with a letter, so many times. */
const PING_PONG = `say: ${'@reviewer: say: @planner: say: '.repeat(6)}enough`;

/** What the model was asked last by a user, or by an agent in its name. */
function questions(stack: RunningStack, text: string): string[] {
  return stack.calls(text).map(({ messages }) => messages.at(-1)?.content ?? '');
}

describe('a letter', () => {
  test('opens a run of its recipient in the chat of the same name, and says everywhere who wrote it', async () => {
    const stack = await team();
    const sent = await stack.ask('say: Let me ask.\n@reviewer: say: It is right.\n@user: Please wait.', TO_PLANNER);
    expect(sent.content).toBe('Let me ask.\n@reviewer: say: It is right.\n@user: Please wait.');
    const [letter] = sent.letters ?? [];
    const run = await stack.wait(letter?.run ?? '');
    expect(run).toMatchObject({
      ...{ agent: 'reviewer', chat: 'case', status: 'answered', content: 'It is right.' },
      from: { agent: 'planner', run: sent.run, hops: 1 },
    });
    expect(run.messages[0]).toEqual({ role: 'user', content: 'say: It is right.', status: 'complete' });
    expect(questions(stack, 'Message from planner')).toEqual(['Message from planner:\n\nsay: It is right.']);
    const [received] = await stack.eventsOf(run.run);
    expect(received).toMatchObject({ type: 'message-received', from: 'planner', content: 'say: It is right.' });
    expect(stack.supervisor.history('reviewer', 'case').messages[0]).toMatchObject({ role: 'user', from: 'planner' });
    expect(stack.supervisor.history('planner', 'case').messages[0]).not.toHaveProperty('from');
    const written = ['planner', 'reviewer'].map((agent) => stack.supervisor.history(agent, 'case').messages);
    expect(written.map((lines) => lines.map(({ letters }) => letters))).toEqual([
      [sent.letters, undefined],
      [undefined, undefined],
    ]);
    const told = await stack.eventsOf(sent.run);
    expect(told.map(({ type }) => type).slice(-3)).toEqual(['turn-end', 'letter-sent', 'run-end']);
    expect(told.at(-2)).toMatchObject({
      to: 'reviewer',
      to_run: run.run,
      agent: 'planner',
      chat: 'case',
      run: sent.run,
    });
    expect(await stack.supervisor.metrics()).toContain('agents_letters_total{agent="planner",to="reviewer"} 1');
  });

  test('that was answered stands in later conversations with its sender’s name', async () => {
    const stack = await team();
    const { letters = [] } = await stack.ask('say: @tester: say: passed', TO_PLANNER);
    await stack.wait(letters[0]?.run ?? '');
    await stack.ask('say: well', { agent: 'tester', chat: 'case' });
    expect(
      stack
        .calls('say: well')
        .at(-1)
        ?.messages.map(({ content }) => content),
    ).toEqual(['Message from planner:\n\nsay: passed', 'passed', 'say: well']);
  });

  test('to all goes to every contact', async () => {
    const stack = await team({ agents: [{ ...AGENTS[0], name: 'planner', contacts: 'all' }, ...AGENTS.slice(1)] });
    const sent = await stack.ask('say: @all: say: yes', TO_PLANNER);
    expect(await conversation(stack, sent)).toEqual([
      'user → planner in case, 0: answered',
      'planner → reviewer in case, 1: answered',
      'planner → tester in case, 1: answered',
    ]);
  });

  test('is answered with a letter that comes back to where this began', async () => {
    const stack = await team();
    const sent = await stack.ask('say: @reviewer: say: @planner: say: Thank you.', TO_PLANNER);
    expect(await conversation(stack, sent)).toEqual([
      'user → planner in case, 0: answered',
      'planner → reviewer in case, 1: answered',
      'reviewer → planner in case, 2: answered',
    ]);
    const lines = stack.supervisor.history('planner', 'case').messages;
    expect(lines.map(({ from, content }) => `${from ?? ''}: ${content}`).slice(2)).toEqual([
      'reviewer: say: Thank you.',
      ': Thank you.',
    ]);
  });

  test('is asked of the model once it is recorded, as often as everything else: once', async () => {
    const stack = await team();
    const { letters = [] } = await stack.ask('say: @tester: say: ok', TO_PLANNER);
    await stack.wait(letters[0]?.run ?? '');
    expect(stack.calls('Message from planner').filter(({ outcome }) => outcome === 'completed')).toHaveLength(1);
  });
});

describe('agents that always answer each other', () => {
  test('are ended by the hop limit, and the last one’s readers are told', async () => {
    const stack = await team();
    const lines = await conversation(stack, await stack.ask(PING_PONG, TO_PLANNER));
    expect(lines).toHaveLength(5);
    expect(lines.at(-1)).toBe('reviewer → planner in case, 4: answered');
    const last = stack.supervisor.history('planner', 'case').messages.findLast(({ role }) => role === 'user');
    expect(last?.notices).toMatchObject([{ code: 'letter_hop_limit', text: expect.stringContaining('reviewer') }]);
    expect(notices(await stack.eventsOf(last?.run ?? ''))).toEqual(['letter_hop_limit']);
  });

  test('have the limit that the configuration sets', async () => {
    const stack = await team({ mailbox: { hops: 1, letters: 9 } });
    expect(await conversation(stack, await stack.ask(PING_PONG, TO_PLANNER))).toHaveLength(2);
  });

  test('and write to many are ended by the number of letters, which counts anew with the next message', async () => {
    const all = ['a', 'b', 'c'].map((name) => ({ name, contacts: 'all' as const }));
    const stack = await startStack({ agents: all, mailbox: { hops: 3, letters: 4 } });
    const ask = () => stack.ask('say: @all: say: @all: say: @all: say: enough', { agent: 'a' });
    const first = await ask();
    expect(first.letters).toHaveLength(2);
    const [left, right] = await Promise.all((first.letters ?? []).map(({ run }) => stack.wait(run)));
    const replies = [...(left?.letters ?? []), ...(right?.letters ?? [])];
    expect(replies).toHaveLength(2);
    for (const { run } of replies) {
      await stack.wait(run);
      expect(notices(await stack.eventsOf(run))).toEqual(['letter_limit']);
    }
    expect((await ask()).letters).toHaveLength(2);
  });
});

describe('what is not sent is said, and the answer stands', () => {
  test('to somebody who is no contact', async () => {
    const stack = await team();
    const sent = await stack.ask('say: @reviewer: say: yes\n@tester: not mine\n', { agent: 'reviewer' });
    expect(sent).toMatchObject({ status: 'answered' });
    expect(sent).not.toHaveProperty('letters');
    const events = await stack.eventsOf(sent.run);
    expect(events.find(({ type }) => type === 'notice')).toMatchObject({
      code: 'letter_no_contact',
      text: 'The answer writes to @reviewer, @tester: no contact of reviewer, so that was not sent. Its contacts: planner.',
    });
  });

  test('to a full inbox', async () => {
    const stack = await team();
    stack.endAgent('reviewer', { expected: true });
    await Promise.all(Array.from({ length: 1000 }, () => stack.say('x', { agent: 'reviewer' })));
    const sent = await stack.ask('say: @all: Hello.', TO_PLANNER);
    expect([sent.status, sent.letters?.map(({ to }) => to)]).toEqual(['answered', ['tester']]);
    expect(notices(await stack.eventsOf(sent.run))).toEqual(['letter_inbox_full']);
  });
});

describe('who may not', () => {
  const told = (stack: RunningStack, text: string) => stack.calls(text).at(-1)?.messages[0];

  test('an agent without contacts is told nothing and sends nothing: the default', async () => {
    const stack = await startStack();
    const sent = await stack.ask('say: @analyst: say: hello');
    expect(sent).toMatchObject({ status: 'answered', content: '@analyst: say: hello' });
    expect(sent).not.toHaveProperty('letters');
    expect(notices(await stack.eventsOf(sent.run))).toEqual([]);
    expect(stack.calls('say:').map(({ messages }) => messages.map(({ role }) => role))).toEqual([['user']]);
  });

  test('an agent with contacts is told them behind its system prompt, the same in every run', async () => {
    const stack = await team();
    await stack.ask('say: one', TO_PLANNER);
    const { role, content } = told(stack, 'say: one') ?? {};
    expect(role).toBe('system');
    expect(content).toMatch(/^Plan\.\n\nYou can send messages to these agents: reviewer, tester\..*\n@reviewer: /);
    await stack.ask('say: two', TO_PLANNER);
    expect(told(stack, 'say: two')?.content).toBe(content);
    expect(stack.supervisor.agents().map(({ contacts }) => contacts)).toEqual([
      ['reviewer', 'tester'],
      ['planner'],
      undefined,
    ]);
  });

  test('neither a conversation that its caller holds nor a step of a swarm', async () => {
    const stack = await team();
    const { run } = await stack.supervisor.complete({
      ...{ agent: 'planner', earlier: [], content: 'say: @reviewer: say: one', options: {} },
    });
    expect(await stack.wait(run)).not.toHaveProperty('letters');
    expect(told(stack, 'say: one')?.content).toBe('Plan.');
    const { swarm } = await stack.supervisor.swarms.start(
      { task: 'say: @reviewer: say: two', mode: 'vote', agents: ['planner'] },
      undefined,
    );
    await stack.supervisor.swarms.wait(swarm, 60_000);
    expect(told(stack, 'say: two')?.content).toBe('Plan.');
    expect(stack.calls('Message from planner')).toEqual([]);
  });

  test('nobody over HTTP: a message cannot say that an agent wrote it', async () => {
    const { client, stack } = await serveStack({ agents: AGENTS });
    for (const forged of [{ from: 'planner' }, { from_agent: 'planner' }, { origin: 'agent' }, { letter: {} }]) {
      const reply = await client.post('/chat/reviewer', { content: 'say: hello', ...forged });
      expect([reply.status, reply.body.error.code]).toEqual([400, 'invalid_request']);
    }
    expect(stack.calls()).toEqual([]);
    const reply = await client.post('/chat/planner', { content: 'say: @tester: say: hello' });
    expect(reply.body.letters).toMatchObject([{ to: 'tester' }]);
  });
});

test('letters wait in the inbox of an agent that is not there, also over a restart of the supervisor', async () => {
  const stack = await team();
  stack.endAgent('tester', { expected: true });
  const sent = await stack.ask('say: @tester: say: here I am', TO_PLANNER);
  const [letter] = sent.letters ?? [];
  expect(stack.supervisor.run(letter?.run ?? '')).toMatchObject({ status: 'queued' });
  expect(stack.supervisor.history('tester', 'case').messages).toMatchObject([{ status: 'queued', from: 'planner' }]);
  await stack.stopSupervisor();
  await stack.startSupervisor();
  await stack.startAgent('tester');
  expect(await stack.wait(letter?.run ?? '')).toMatchObject({
    content: 'here I am',
    from: { agent: 'planner', hops: 1 },
  });
  expect(stack.calls('Message from planner')).toHaveLength(1);
});
