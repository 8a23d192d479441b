/** What policies are told about what a run and its chat have used up. */
import { expect, test } from 'vitest';
import { Spending } from '../../supervisor/runs/spending.ts';
import { startStack } from './running-stack.ts';

/** Cuts a turn with what it was told as the reason, when the text says `tell`. */
const TELLING = `{
  name: 'telling',
  patterns: ['tell'],
  onText: ({ match, turn, spent }) =>
    match || turn === 2 ? { action: 'cut', reason: JSON.stringify(spent) } : undefined,
}`;
/** Has the first turn of a run repeated. */
const REPEATING = `{
  name: 'repeating',
  holdback: 'turn',
  onTurnEnd: ({ turn, text }) => turn === 1 && text.includes('again') ? { action: 'interject', text: 'Once more.' } : undefined,
}`;

function toldIn(reason: string | undefined) {
  return JSON.parse((reason ?? '').replace('telling: ', ''));
}

test('a turn is counted by deltas, then by the server; the next one is added to it', () => {
  const spending = new Spending();
  spending.restore({ turns: 0, tokens: 0, ms: 0 }, { turns: 3, tokens: 100, ms: 1000 });
  spending.begin(5000);
  spending.received(3, 5010);
  spending.received(4, 5030);
  expect(spending.told).toEqual({
    run: { turns: 1, tokens: 3, ms: 30 },
    chat: { turns: 4, tokens: 103, ms: 1030 },
  });
  spending.counted(2);
  spending.begin(9000);
  spending.received(9, 9005);
  expect(spending.told).toEqual({
    run: { turns: 2, tokens: 5, ms: 35 },
    chat: { turns: 5, tokens: 105, ms: 1035 },
  });
});

test('a server that does not count leaves the estimate, and a clock that goes back takes nothing away', () => {
  const spending = new Spending();
  spending.begin(1000);
  spending.received(30, 1010);
  spending.received(30, 900);
  spending.counted(0);
  expect(spending.told.run).toEqual({ turns: 1, tokens: 20, ms: 10 });
});

test('a policy cannot change what others are told', () => {
  const { told, ...spending } = new Spending();
  expect(Object.keys(spending)).toEqual([]);
  expect(() => Object.assign(told.run, { tokens: 0 })).toThrow(TypeError);
  expect(() => Object.assign(told, { run: { tokens: 0 } })).toThrow(TypeError);
});

test('a policy is told of this run, of its earlier turns and of the chat', async () => {
  const stack = await startStack({ policies: [REPEATING, TELLING] });
  await stack.ask('say: one two three four');
  const first = await stack.ask('say: tell');
  expect(toldIn(first.reason)).toMatchObject({ run: { turns: 1 }, chat: { turns: 2 } });
  expect(toldIn(first.reason).chat.tokens).toBeGreaterThan(toldIn(first.reason).run.tokens);
  const second = await stack.ask('say: again');
  expect(toldIn(second.reason)).toMatchObject({ run: { turns: 2 }, chat: { turns: 4 } });
  const other = await stack.ask('say: tell', { chat: 'other' });
  expect(toldIn(other.reason)).toMatchObject({ run: { turns: 1 }, chat: { turns: 1 } });
});

test('a new supervisor knows what the chat has used up', async () => {
  const stack = await startStack({ policies: [TELLING] });
  await stack.ask('say: one two three four');
  const before = toldIn((await stack.ask('say: tell')).reason);
  await stack.stopSupervisor();
  await stack.startSupervisor();
  await stack.until(() => stack.engine.bench.links.connected('assistant') !== undefined);
  const after = toldIn((await stack.ask('say: tell')).reason);
  expect(after.chat.turns).toBe(3);
  expect(after.chat.tokens).toBeGreaterThanOrEqual(before.chat.tokens - before.run.tokens);
  expect(after.chat.ms).toBeGreaterThanOrEqual(before.chat.ms - before.run.ms);
});
