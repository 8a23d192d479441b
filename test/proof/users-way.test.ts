/** What a user does with the stack, from the command to the database: chat, be corrected, stop, come back, read along. */
import { describe, expect, test } from 'vitest';
import type { LoggedRequest } from '../../agent/backend/simulator/request-log.ts';
import { sayCoded, words } from './messages.ts';
import { type StackUnderTest, sharedStack, startedStack } from './stack-under-test.ts';
import { readDatabase, readRun } from './stored-run.ts';
import { expectAnsweredOnce } from './whole-run.ts';

const CORRECTION = 'Your answer was stopped because it contained "ERROR". Answer again without that word.';

describe('a user', () => {
  const shared = sharedStack();

  test('gets an answer without what the policy objects to, and never sees it', async () => {
    const stack = shared();
    const reader = stack.reader();
    const content = sayCoded('All went well until an ERROR came up.');
    const shown = 'All went well until an ';
    const answer = 'All went well until an came up.';
    const run = await stack.client.send('assistant', { content, chat: 'cut' });
    await expectAnsweredOnce(stack, reader, { run, content, answer });
    const events = reader.of(run).filter(({ type }) => type !== 'text-delta');
    expect(events.map(({ type }) => type)).toEqual([
      ...['message-received', 'run-start', 'turn-start', 'intervention', 'turn-cut'],
      ...['turn-start', 'turn-end', 'run-end'],
    ]);
    const place = { turn: 1, offset: shown.length };
    const objection = { policy: 'error-keyword', action: 'interject', reason: CORRECTION, ...place };
    expect(events[3]).toMatchObject(objection);
    expect((await stack.client.run(run)).interventions).toMatchObject([objection]);
    expect(linesOf(stack, run)).toEqual([
      ['user', content, 'complete'],
      ['assistant', shown, 'interrupted'],
      ['supervisor', CORRECTION, 'complete'],
      ['assistant', answer, 'complete'],
    ]);
    const [first, second, ...more] = (await stack.client.modelCalls(content)).map(conversation);
    expect(first).toEqual([['user', content]]);
    expect(second).toEqual([...(first ?? []), ['assistant', shown], ['user', CORRECTION]]);
    expect(more).toEqual([]);
    const told = reader.of(run).filter(({ type }) => type !== 'intervention');
    expect(JSON.stringify(told)).not.toContain('ERROR');
  });

  test('is corrected for when the message itself is objected to', async () => {
    const stack = shared();
    const reader = stack.reader();
    const content = 'say: An ERROR is what I ask for.';
    const run = await stack.client.send('assistant', { content, chat: 'flagged' });
    await expectAnsweredOnce(stack, reader, { run, content, answer: 'An is what I ask for.' });
    const { interventions } = await stack.client.run(run);
    expect(interventions).toMatchObject([{ policy: 'error-keyword', action: 'interject', turn: 0 }]);
    expect(readRun(stack.data, run).history.map(({ role, turn }) => [role, turn])).toEqual([
      ['user', 0],
      ['supervisor', 0],
      ['assistant', 1],
    ]);
    const [call] = await stack.client.modelCalls('what I ask for');
    expect(call?.messages.at(-1)?.content).toBe(`${content}\n\n[correction] ${interventions[0]?.reason}`);
  });

  test('finds everything again after a stop and a start, and the model is told of it', async () => {
    const stack = shared();
    const reader = stack.reader();
    const chat = 'kept';
    await stack.client.ask('assistant', { content: 'say: My name is Ada.', chat });
    const second = await stack.client.ask('assistant', { content: sayCoded('You said ERROR once.'), chat });
    const { seq: cursor = 0 } = await reader.nextOf(second.run, 'run-end');
    const before = await stack.client.history('assistant', chat);
    expect(before.map(({ role, status }) => `${role} ${status}`)).toEqual([
      ...['user complete', 'assistant complete'],
      ...['user complete', 'assistant interrupted', 'supervisor complete', 'assistant complete'],
    ]);
    await stack.stop();
    expect(chatHistory(stack, `assistant/${chat}`)).toEqual(before.map(({ role, content }) => ({ role, content })));

    await stack.start();
    expect(await stack.client.history('assistant', chat)).toEqual(before);
    const content = 'say: I remember you.';
    const run = await stack.client.send('assistant', { content, chat });
    await expectAnsweredOnce(stack, reader, { run, content, answer: 'I remember you.' });
    expect(reader.of(run)[0]?.seq).toBeGreaterThan(cursor);
    const [call] = await stack.client.modelCalls(content);
    expect(call && conversation(call)).toEqual([
      ['user', 'say: My name is Ada.'],
      ['assistant', 'My name is Ada.'],
      ['user', sayCoded('You said ERROR once.')],
      ['assistant', 'You said once.'],
      ['user', content],
    ]);
  });

  test('sees the same as everybody else who reads along', async () => {
    const stack = shared();
    const reader = stack.reader();
    await stack.client.simulate({ tokensPerSecond: 200 });
    const content = `say: ${words(60)}`;
    const own = stack.client.stream('assistant', { content, chat: 'shared', key: 'shared' });
    const { run = '' } = await reader.next(({ type, key }) => type === 'message-received' && key === 'shared');
    await reader.nextOf(run, 'text-delta');
    const late = stack.reader(`after=0&run=${run}`);
    const chat = stack.reader('after=0&agent=assistant&chat=shared');
    for (const one of [late, chat]) await one.nextOf(run, 'run-end');
    await expectAnsweredOnce(stack, reader, { run, content, answer: words(60) });
    for (const events of [await own, late.of(run), chat.of(run)]) expect(events).toEqual(reader.of(run));
    expect(late.events).toEqual(late.of(run));
  });
});

test('an answer that is under way when the stack is stopped comes after the next start', async () => {
  const stack = await startedStack({ flags: ['--grace-seconds', '1'] });
  const reader = stack.reader();
  await stack.client.simulate({ ttftMs: 5, tokensPerSecond: 10 });
  const content = `say: ${words(50)}`;
  const run = await stack.client.send('assistant', { content });
  await reader.nextOf(run, 'text-delta');
  await stack.stop();
  expect(readRun(stack.data, run).status).toBe('running');
  await stack.start();
  await expectAnsweredOnce(stack, reader, { run, content, answer: words(50) });
});

test('twenty chats at once share four slots, and none is left out', async () => {
  const stack = await startedStack();
  const reader = stack.reader();
  await stack.client.simulate({ ttftMs: 20, tokensPerSecond: 200 });
  const messages = Array.from({ length: 20 }, (_, index) => {
    return {
      agent: index % 2 === 0 ? 'assistant' : 'analyst',
      content: `say: ${index} ${words(20)}`,
      chat: `chat-${index}`,
    };
  });
  const runs = await Promise.all(messages.map(({ agent, ...message }) => stack.client.send(agent, message)));
  for (const [index, run] of runs.entries()) {
    const content = messages[index]?.content ?? '';
    await expectAnsweredOnce(stack, reader, { run, content, answer: content.replace('say: ', '') });
  }
  const calls = await stack.client.modelCalls();
  expect(calls.map(({ outcome }) => outcome)).toEqual(messages.map(() => 'completed'));
  expect(mostAtOnce(calls)).toBe(4);
});

/** Without the system prompt. */
function conversation({ messages }: LoggedRequest): [role: string, content: string][] {
  return messages.slice(1).map(({ role, content }) => [role, content]);
}

/** The lines of a run in the database. */
function linesOf({ data }: StackUnderTest, run: string): [role: string, content: string, status: string][] {
  return readRun(data, run).history.map(({ role, content, status }) => [role, content, status]);
}

/** What a person asks the database for, see the documentation. */
function chatHistory({ data }: StackUnderTest, chat: string): unknown[] {
  const sql = 'select role, content from chat_history where chat_id = ? order by id';
  return readDatabase(data, (database) => database.prepare(sql).all(chat));
}

/** How many of them were with the model server at the same time. */
function mostAtOnce(calls: readonly LoggedRequest[]): number {
  const isOpen = (call: LoggedRequest, time: number): boolean =>
    call.started <= time && time < (call.endedAt ?? Infinity);
  return Math.max(...calls.map(({ started }) => calls.filter((call) => isOpen(call, started)).length));
}
