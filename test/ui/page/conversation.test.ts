/** A chat on the page: nothing is missed and nothing counts twice, whenever the snapshot comes. */
import { expect, test } from 'vitest';
import type { History } from '../../../ui/page/chat-view.ts';
import { Conversation } from '../../../ui/page/conversation.ts';
import type { PageEvent } from '../../../ui/page/fold.ts';

const place = { agent: 'a', chat: 'main', run: 'r1' };
const delta = (seq: number, offset: number, text: string): PageEvent => ({
  type: 'text-delta',
  seq,
  ...place,
  turn: 1,
  offset,
  text,
});
const snapshot = (seq: number, content: string): History => ({
  chat: 'main',
  seq,
  messages: [
    { id: 1, run: 'r1', role: 'user', content: 'Why?', ts: 0, status: 'complete' },
    { id: 2, run: 'r1', role: 'assistant', content, ts: 0, status: 'streaming', turn: 1 },
  ],
});
const textOf = (talk: Conversation) =>
  talk.view.runs[0]?.items.map((item) => (item.kind === 'answer' ? item.text : ''));

test('events that come while the snapshot is on the way', async () => {
  let arrive = (_history: History): void => undefined;
  const talk = new Conversation('a', 'main', () => {
    return new Promise((resolve) => {
      arrive = resolve;
    });
  });
  const loading = talk.load();
  expect(talk.receive(delta(5, 0, 'Be'))).toBe(true);
  expect(talk.receive(delta(6, 2, 'cause'))).toBe(true);
  arrive(snapshot(5, 'Be'));
  await loading;
  expect(textOf(talk)).toEqual(['Because']);
  talk.receive(delta(7, 7, ' so.'));
  expect(textOf(talk)).toEqual(['Because so.']);
});

test('events of other chats are not taken', async () => {
  const talk = new Conversation('a', 'main', async () => snapshot(5, 'Be'));
  await talk.load();
  expect(talk.receive({ ...delta(6, 2, 'x'), chat: 'other' })).toBe(false);
  expect(talk.receive({ ...delta(6, 2, 'x'), agent: 'b' })).toBe(false);
  expect(textOf(talk)).toEqual(['Be']);
});

test('of two loads the last one counts, whichever comes first', async () => {
  const arrivals: ((history: History) => void)[] = [];
  const talk = new Conversation('a', 'main', () => new Promise((resolve) => arrivals.push(resolve)));
  const loads = [talk.load(), talk.load()];
  arrivals[1]?.(snapshot(9, 'new'));
  arrivals[0]?.(snapshot(5, 'old'));
  await Promise.all(loads);
  expect(textOf(talk)).toEqual(['new']);
});

test('a load that fails asks for another one', async () => {
  const answers = [Promise.reject(new Error('offline')), Promise.resolve(snapshot(5, 'Be'))];
  const talk = new Conversation('a', 'main', () => answers.shift() ?? Promise.reject(new Error('asked too often')));
  await expect(talk.load()).rejects.toThrow('offline');
  expect(talk.needsLoad).toBe(true);
  await talk.load();
  expect([talk.needsLoad, textOf(talk)]).toEqual([false, ['Be']]);
});
