/** Tests of policies on what a real stack has recorded. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { errorKeyword } from '../../../policy/error-keyword.ts';
import type { Policy } from '../../../policy/policy.ts';
import { backtest } from '../../../supervisor/backtest/backtest.ts';
import type { RecordedTurn } from '../../../supervisor/backtest/recorded.ts';
import { callHook } from '../../../supervisor/policies/verdict.ts';
import { type RunningStack, sayCoded, startStack, startWithoutAgents } from '../running-stack.ts';
import { recordedTurns, tested } from './replayed.ts';

const silent: Policy = { name: 'silent', onText: () => undefined, holdback: 0 };

/** Answers that pass, an offence split over deltas, an offending message, an offending reasoning. */
async function conversation(stack: RunningStack): Promise<void> {
  await stack.ask('say: all is well');
  await stack.ask(sayCoded('one two ERROR three'));
  await stack.ask('say: the word ERROR is in the message');
  await stack.ask('hello', { agent: 'analyst', chat: 'other' });
}

test('what a model wrote is recorded as it came, withheld text included', async () => {
  const stack = await startStack();
  await conversation(stack);
  const [first, offence] = recordedTurns(stack);
  expect(first).toMatchObject({ isWhole: true, streams: [{ channel: 'text', text: 'all is well' }], decided: [] });
  expect(offence?.isWhole).toBe(false);
  expect(offence?.streams[0]?.text).toMatch(/^one two ERROR/);
  expect(offence?.decided).toMatchObject([{ policy: 'error-keyword', action: 'interject', from: 8 }]);
  for (const { streams } of recordedTurns(stack)) {
    for (const { text, deltas } of streams) {
      expect(deltas.reduce((sum, { length }) => sum + length, 0)).toBe(text.length);
      const times = deltas.map(({ ms }) => ms);
      expect(times).toEqual([...times].sort((one, other) => one - other));
    }
  }
});

test('the policy that was active agrees with itself about everything', async () => {
  const stack = await startStack();
  await conversation(stack);
  const report = tested(stack, errorKeyword);
  expect(report).toMatchObject({ messages: 4, disagreements: 0, unknown: 0 });
  expect(report.flagged).toBeGreaterThanOrEqual(2);
  const cut = report.items.find(({ kind }) => kind === 'turn');
  expect(cut?.decisions).toMatchObject([{ action: 'interject', from: 8, withheld: expect.stringMatching(/^ERROR/) }]);
});

const policies: [string, string][] = [
  [
    'judges the end',
    `{ name: 'p', onTurnEnd: ({ text }) => (text.includes('well') ? { action: 'cut', reason: 'r' } : undefined) }`,
  ],
  [
    'holds the turn back',
    `{ name: 'p', holdback: 'turn', onText: ({ text }) => (text.includes('two') ? { action: 'block', reason: 'r' } : undefined) }`,
  ],
  [
    'blocks messages',
    `{ name: 'p', onMessage: ({ content }) => (content.includes('well') ? { action: 'block', reason: 'r' } : undefined) }`,
  ],
  ['throws', `{ name: 'p', onText: ({ text }) => { if (text.includes('well')) throw new Error('broken'); } }`],
];

test.each(policies)('a policy that %s agrees with itself', async (_what, source) => {
  const stack = await startStack({ policies: [source] });
  await conversation(stack);
  const { default: policy } = (await import(join(stack.folder, 'policies', '0.mjs'))) as { default: Policy };
  const report = tested(stack, policy);
  expect(report).toMatchObject({ disagreements: 0, unknown: 0 });
  expect(report.flagged).toBeGreaterThan(0);
});

test('a candidate that would not have cut: it disagrees, and the rest is unknown', async () => {
  const stack = await startStack();
  await conversation(stack);
  const cut = tested(stack, silent).items.find(({ turn }) => turn === 1);
  expect(cut).toMatchObject({ isUnknown: true, decisions: [], disagreements: [{ kind: 'missed' }] });
});

test('a candidate that flags what passed is told apart; a chat and a date narrow the test', async () => {
  const stack = await startStack();
  await conversation(stack);
  const candidate: Policy = {
    name: 'well',
    patterns: ['well'],
    onText: ({ match }) => (match === undefined ? undefined : { action: 'cut', reason: 'not so well' }),
  };
  const [first] = tested(stack, candidate).items;
  expect(first).toMatchObject({
    decisions: [{ action: 'cut', from: 7, withheld: 'well' }],
    disagreements: [{ kind: 'new' }],
  });
  expect(tested(stack, silent, { chat: 'other' }).messages).toBe(1);
  expect(tested(stack, silent, { chat: 'assistant/main' }).messages).toBe(3);
  expect(tested(stack, silent, { since: Date.now() + 60_000 }).messages).toBe(0);
});

test('a candidate that does nothing about a run that was marked as bad misses it', async () => {
  const stack = await startStack();
  const { run } = await stack.ask('say: nonsense');
  expect(await stack.supervisor.labelRun(run, { label: 'bad', note: 'not true' })).toMatchObject({
    label: { label: 'bad', note: 'not true' },
  });
  expect(tested(stack, silent).missed).toEqual([run]);
  const strict: Policy = { name: 'strict', onTurnEnd: () => ({ action: 'block', reason: 'no' }) };
  expect(tested(stack, strict).missed).toEqual([]);
  expect((await stack.supervisor.labelRun(run, { label: 'good' })).label).toEqual({ label: 'good' });
  expect(tested(stack, silent).missed).toEqual([]);
});

test('a turn that went on after a restart of the supervisor is recorded whole', async () => {
  const stack = await startWithoutAgents({ simulator: { tokensPerSecond: 100 } });
  await stack.startAgents();
  const words = Array.from({ length: 120 }, (_, index) => `word${index}`).join(' ');
  const run = await stack.say(`say: ${words}`);
  await stack.event(run, 'text-delta');
  await stack.stopSupervisor();
  await stack.startSupervisor();
  expect((await stack.wait(run)).content).toBe(words);
  const [turn] = recordedTurns(stack);
  expect(turn).toMatchObject({ isWhole: true, streams: [{ text: words }] });
  expect(turn?.streams[0]?.deltas.reduce((sum, { length }) => sum + length, 0)).toBe(words.length);
  expect(tested(stack, errorKeyword).disagreements).toBe(0);
});

test('how long a hold-back delays text is told by the recorded times', () => {
  const text = 'abcdefghij';
  const turn: RecordedTurn = {
    ...{ kind: 'turn', agent: 'a', chat: 'c', run: 'r', turn: 1, isWhole: true, decided: [], policies: undefined },
    streams: [
      {
        ...{ channel: 'text', text, origin: 0, resumed: 0, secrets: [] },
        deltas: Array.from(text, (_, index) => ({ length: 1, ms: index * 10 })),
      },
    ],
    spent: { atStart: { run: { turns: 1, tokens: 0, ms: 0 }, chat: { turns: 1, tokens: 0, ms: 0 } }, tokens: 3 },
  };
  const delaysOf = (holdback: number | 'turn') => {
    const policy: Policy = { name: 'p', holdback, onText: () => undefined };
    const loaded = { name: 'p', version: 'v', policy };
    return backtest({ loaded, judge: callHook }, [turn], []).delays;
  };
  expect(delaysOf(0)).toEqual({ characters: 10, median: 0, p99: 0, max: 0 });
  expect(delaysOf(3)).toEqual({ characters: 10, median: 30, p99: 30, max: 30 });
  expect(delaysOf('turn')).toEqual({ characters: 10, median: 40, p99: 90, max: 90 });
});

test('what was spent is told: turns, tokens and milliseconds of the run and its chat', async () => {
  const stack = await startStack();
  await stack.ask('say: one two three');
  await stack.ask('say: four five six');
  const seen: number[][] = [];
  const onText: Policy['onText'] = ({ spent }) => {
    seen.push([spent.run.turns, spent.chat.turns, spent.chat.tokens]);
    return undefined;
  };
  tested(stack, { name: 'p', holdback: 0, onText });
  expect(seen[0]?.slice(0, 2)).toEqual([1, 1]);
  expect(seen.at(-1)?.slice(0, 2)).toEqual([1, 2]);
  expect(seen.at(-1)?.[2]).toBeGreaterThan(seen[0]?.[2] ?? 0);
});
