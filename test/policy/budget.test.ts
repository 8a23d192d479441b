/** `budget`: which limit ends a run, in which words. */
import { expect, test } from 'vitest';
import { gateOf, PLACE, play } from '../gate/playing.ts';
import { builtIn } from './built-in-options.ts';

const NOTHING = { turns: 0, tokens: 0, ms: 0 };

test.each([
  [{ run: { tokens: 10 } }, 'run', { tokens: 11 }, 'the budget of 10 tokens per run is used up'],
  [{ run: { tokens: 10 } }, 'run', { tokens: 10 }, undefined],
  [{ run: { tokens: 10 } }, 'chat', { tokens: 11 }, undefined],
  [{ chat: { seconds: 1.5 } }, 'chat', { ms: 1501 }, 'the budget of 1.5 seconds per chat is used up'],
  [{ chat: { seconds: 1.5 } }, 'chat', { ms: 1500 }, undefined],
  [{ run: { turns: 2 }, chat: { turns: 9 } }, 'run', { turns: 3 }, 'the budget of 2 turns per run is used up'],
] as const)('%j, with %s %j spent', (options, of, used, reason) => {
  const spent = { run: NOTHING, chat: NOTHING, [of]: { ...NOTHING, ...used } };
  const { ruling } = play(gateOf([builtIn('budget', options)], { place: { ...PLACE, spent } }), ['Hello']);
  expect(ruling?.verdict).toEqual(reason && { action: 'cut', reason });
});

test('it cuts in mid-stream, before what came last', () => {
  const spent = { run: { ...NOTHING }, chat: NOTHING };
  const gate = gateOf([builtIn('budget', { run: { tokens: 2 } })], { place: { ...PLACE, spent } });
  expect(gate.push('one ')).toEqual({ released: 'one ' });
  spent.run.tokens = 3;
  expect(gate.push('two')).toMatchObject({ released: '', ruling: { from: 4 } });
});

test.each([
  [{}, 'options: give at least one limit, for example { run: { tokens: 2000 } }'],
  [undefined, 'options: give at least one limit'],
  [{ run: {} }, 'options.run: give at least one of tokens, seconds, turns'],
  [{ run: { tokens: 0 } }, 'options.run.tokens: '],
  [{ run: { minutes: 3 } }, 'options.run: Unrecognized key: "minutes"'],
])('%j is refused', (options, message) => {
  expect(() => builtIn('budget', options as never)).toThrow(message);
});
