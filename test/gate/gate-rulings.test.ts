/** Where a verdict cuts, who wins, when a ruling waits, how a turn ends, and what a failing policy does; rule by rule. */
import { describe, expect, test } from 'vitest';
import { errorKeyword } from '../../policy/error-keyword.ts';
import type { Channel, Policy, Verdict } from '../../policy/policy.ts';
import { PolicyFailure } from '../../supervisor/policies/verdict.ts';
import { gateOf, judging, listening, objecting, PLACE, play } from './playing.ts';

describe('where a verdict cuts', () => {
  const cut = (from?: number): Verdict => ({
    action: 'cut',
    reason: 'Enough.',
    ...(from === undefined ? {} : { from }),
  });
  const whenSix = (text: string) => text.length >= 6;
  const table: { what: string; policy: Policy; deltas: string[]; from: number }[] = [
    { what: 'where it says', policy: judging('a', whenSix, cut(2)), deltas: ['abc', 'defg'], from: 2 },
    {
      what: 'below the released offset: there',
      policy: judging('a', whenSix, cut(2), { holdback: 1 }),
      deltas: ['abcd', 'efg'],
      from: 3,
    },
    {
      what: 'beyond the text: at its end',
      policy: judging('a', whenSix, cut(99)),
      deltas: ['abc', 'defg', 'hij'],
      from: 7,
    },
    { what: 'inside a pair: before it', policy: judging('a', whenSix, cut(3)), deltas: ['ab\u{1F600}cdef'], from: 2 },
    {
      what: 'without from or match: the first unreleased character',
      policy: judging('a', whenSix, cut(), { holdback: 2 }),
      deltas: ['abcd', 'efg'],
      from: 2,
    },
    {
      what: 'without from: the leftmost match',
      policy: objecting('a', ['ef', 'de'], cut()),
      deltas: ['abcdefg'],
      from: 3,
    },
    { what: 'from before the match', policy: objecting('a', ['ef'], cut(1)), deltas: ['abcdefg'], from: 1 },
    {
      what: 'a block: the released offset',
      policy: objecting('a', ['ef'], { action: 'block', reason: 'No.' }),
      deltas: ['abc', 'defg'],
      from: 3,
    },
  ];

  test.each(table)('$what', ({ policy, deltas, from }) => {
    const gate = gateOf([policy]);
    const { released, ruling } = play(gate, deltas);
    expect(released).toBe(deltas.join('').slice(0, from));
    expect(ruling).toMatchObject({ policy: 'a', version: 'a-v1', from });
    expect([gate.releasedLength, gate.closed]).toEqual([from, true]);
  });

  test('what was read and not shown stays readable', () => {
    const gate = gateOf([errorKeyword]);
    play(gate, ['An ERROR', ' came']);
    expect([gate.text, gate.releasedLength, gate.heldLength]).toEqual(['An ERROR', 3, 5]);
  });
});

describe('who wins', () => {
  const at = (action: 'interject' | 'cut', from: number): Verdict =>
    action === 'cut' ? { action, reason: 'Enough.', from } : { action, text: 'Again.', from };
  const block: Verdict = { action: 'block', reason: 'No.' };
  const table: { what: string; verdicts: Verdict[]; winner: number }[] = [
    { what: 'the earlier from', verdicts: [at('cut', 5), at('interject', 4), at('cut', 6)], winner: 1 },
    { what: 'at the same place a cut over an interject', verdicts: [at('interject', 4), at('cut', 4)], winner: 1 },
    { what: 'at the same place a block over a cut', verdicts: [at('cut', 0), at('interject', 0), block], winner: 2 },
    { what: 'a block over whatever starts later', verdicts: [at('cut', 1), block], winner: 1 },
    { what: 'inside a pair counts as before it', verdicts: [at('interject', 5), at('cut', 6)], winner: 1 },
    { what: 'else the order of the configuration', verdicts: [at('cut', 5), at('cut', 4), at('cut', 4)], winner: 1 },
  ];

  test.each(table)('$what', ({ verdicts, winner }) => {
    const policies = verdicts.map((verdict, index) =>
      judging(`policy-${index}`, () => true, verdict, { holdback: 20 }),
    );
    expect(play(gateOf(policies), ['Some \u{1F600} text']).ruling).toMatchObject({
      policy: `policy-${winner}`,
      verdict: verdicts[winner],
    });
  });

  test.each([at('cut', 4), block])('what is shown already counts for nobody: $action wins there', (verdict) => {
    const whenSix = (text: string) => text.length >= 6;
    const early = judging('early', whenSix, at('interject', 1), { holdback: 0 });
    const late = judging('late', whenSix, verdict, { holdback: 0 });
    expect(play(gateOf([early, late]), ['Some', ' text']).ruling).toMatchObject({ policy: 'late', from: 4 });
  });
});

describe('a ruling waits', () => {
  const pair = () => gateOf([objecting('short', ['cd']), objecting('long', ['bcdXY'])]);

  test('while a pattern that starts earlier can still complete, and nothing beyond its start is released', () => {
    const gate = pair();
    expect(gate.push('abcd')).toEqual({ released: 'a' });
    expect(gate.push('X')).toEqual({ released: '' });
    expect([gate.closed, gate.heldLength]).toEqual([false, 4]);
  });

  test('and stands when that pattern does not come', () => {
    const { releases, ruling } = play(pair(), ['abcd', 'X', 'Z']);
    expect(releases).toEqual(['a', '', 'b', '']);
    expect(ruling).toMatchObject({ policy: 'short', from: 2, decidedAt: 4 });
  });

  test('and gives way when it does', () => {
    const { released, ruling } = play(pair(), ['abcd', 'X', 'Y']);
    expect(released).toBe('a');
    expect(ruling).toMatchObject({ policy: 'long', from: 1, decidedAt: 6 });
  });

  test('at most until the turn ends', () => {
    const gate = pair();
    gate.push('abcd');
    expect(gate.end()).toMatchObject({ released: 'b', ruling: { policy: 'short', from: 2, decidedAt: 4 } });
  });

  test('also when both patterns are of one policy', () => {
    const { releases, ruling } = play(gateOf([objecting('both', ['cd', 'bcdXY'])]), ['abcd', 'Z']);
    expect([releases, ruling?.from]).toEqual([['a', 'b', ''], 2]);
  });

  test('not for a pattern that would start at the same place or later', () => {
    const gate = gateOf([objecting('short', ['ab']), objecting('long', ['abc', 'b-'])]);
    expect(gate.push('xab')).toMatchObject({ released: 'x', ruling: { policy: 'short', from: 1 } });
  });

  test('not if it is a block', () => {
    const gate = gateOf([objecting('short', ['cd'], { action: 'block', reason: 'No.' }), objecting('long', ['bcdXY'])]);
    expect(gate.push('abcd')).toMatchObject({ released: '', ruling: { policy: 'short', from: 0 } });
  });
});

describe('a cut and what others hold back by count', () => {
  const others: { holdback: number | 'turn'; from: number }[] = [
    { holdback: 3, from: 6 },
    { holdback: 10, from: 1 },
    { holdback: 'turn', from: 0 },
  ];

  test.each(others)('holdback $holdback: that text is withheld with the rest, at once', ({ holdback, from }) => {
    const gate = gateOf([errorKeyword, listening([], { holdback })]);
    const { released, ruling } = play(gate, ['Hello ', 'ERROR'], false);
    expect([released, ruling?.from]).toEqual(['Hello ERROR'.slice(0, from), from]);
  });

  test('the objecting policy has judged what it holds back itself', () => {
    const gate = gateOf([judging('a', (text) => text.includes('bad'), { action: 'cut', reason: 'Enough.', from: 4 })]);
    expect(gate.push('All bad')).toMatchObject({ released: 'All ', ruling: { from: 4 } });
  });
});

describe('the end of the turn', () => {
  const atEnd = (verdict: Verdict | undefined, extra: Partial<Policy> = {}): Policy => ({
    name: 'at-end',
    ...extra,
    onTurnEnd: () => verdict,
  });

  test('every onTurnEnd is asked with the whole text, then the rest is released', () => {
    const asked: unknown[] = [];
    const policy: Policy = { name: 'a', holdback: 'turn', onTurnEnd: (turn) => void asked.push(turn) as undefined };
    expect(play(gateOf([policy, policy]), ['Hel', 'lo']).releases).toEqual(['', '', 'Hello']);
    expect(asked).toEqual([
      { ...PLACE, text: 'Hello' },
      { ...PLACE, text: 'Hello' },
    ]);
  });

  test.each([
    { what: 'from', verdict: { action: 'cut', reason: 'Enough.', from: 3 } as const, released: 'Hel' },
    { what: 'no from', verdict: { action: 'cut', reason: 'Enough.' } as const, released: '' },
    { what: 'a block', verdict: { action: 'block', reason: 'No.' } as const, released: '' },
  ])('an objection with $what, although others hold back the whole turn', ({ verdict, released }) => {
    const gate = gateOf([atEnd(verdict, { holdback: 'turn' }), atEnd(undefined, { holdback: 'turn' })]);
    expect(play(gate, ['Hello'])).toMatchObject({ released, ruling: { verdict, from: released.length, decidedAt: 5 } });
  });

  test('reasoning that never came is not judged, an empty answer is', () => {
    const policies = [atEnd({ action: 'cut', reason: 'Say something.' })];
    const endOf = (channel: Channel) => gateOf(policies, { place: { ...PLACE, channel } }).end();
    expect(endOf('reasoning')).toEqual({ released: '' });
    expect(endOf('text')).toMatchObject({ ruling: { policy: 'at-end', from: 0, decidedAt: 0 } });
  });

  test('of a turn that is cut, nobody is asked whether it may be shown', () => {
    const policy: Policy = { name: 'a', onTurnEnd: () => ({ action: 'block', reason: 'No.' }) };
    expect(play(gateOf([policy, objecting('b', ['b', 'ab!'])]), ['ab']).ruling).toMatchObject({ policy: 'b', from: 1 });
    const asked: unknown[] = [];
    const listening: Policy = { name: 'a', onTurnEnd: (turn) => void asked.push(turn) as undefined };
    // Nothing is withheld that could hold a secret.
    const atEnd: Policy = { name: 'end', onText: () => ({ action: 'cut', reason: 'x', from: 9 }), holdback: 0 };
    expect(play(gateOf([listening, atEnd]), ['ab']).released).toBe('ab');
    expect(asked).toEqual([]);
  });
});

describe('a policy that changes what it is given', () => {
  const greedy = (change: (matches: unknown[]) => void): Policy => ({
    ...{ name: 'greedy', patterns: ['ab', 'cd'] },
    onText: ({ matches }) => {
      const isEnough = matches.length > 1;
      change(matches as unknown[]);
      return isEnough ? { action: 'cut', reason: 'x' } : undefined;
    },
  });

  test.each<[string, (matches: unknown[]) => void]>([
    ['sorts', (matches) => matches.reverse()],
    ['empties', (matches) => matches.splice(0)],
  ])('%s the list of matches: the cut is at the first one all the same', (_, change) => {
    const late = { name: 'late', holdback: 20, onText: () => undefined };
    const gate = gateOf([greedy(change), late]);
    expect(play(gate, ['x ab', ' y cd z'])).toMatchObject({ ruling: { policy: 'greedy', from: 0 } });
    expect(play(gateOf([greedy(change)]), ['x ab y cd z']).released).toBe('x ');
  });
});

describe('a policy that fails', () => {
  const boom = () => {
    throw new Error('boom');
  };
  const failing = (when: string): Policy => ({
    name: 'failing',
    holdback: 0,
    onText: ({ delta }) => (delta === when ? boom() : undefined),
  });

  test('closes the gate: nothing is released any more', () => {
    const gate = gateOf([objecting('a', ['zz']), failing('b')]);
    expect(gate.push('az')).toEqual({ released: 'a' });
    expect(() => gate.push('b')).toThrow(PolicyFailure);
    expect([gate.closed, gate.push('c'), gate.end()]).toEqual([true, { released: '' }, { released: '' }]);
    expect([gate.text, gate.releasedLength]).toEqual(['azb', 1]);
  });

  test('at the end of the turn too', () => {
    const gate = gateOf([{ name: 'failing', holdback: 'turn', onTurnEnd: boom }]);
    gate.push('Hello');
    expect(() => gate.end()).toThrow('policy failing failed in onTurnEnd: it threw Error: boom');
    expect([gate.closed, gate.end(), gate.releasedLength]).toEqual([true, { released: '' }, 0]);
  });

  test('also on the last half of a pair', () => {
    const gate = gateOf([failing('\uFFFD')]);
    gate.push('a\uD83D');
    expect(() => gate.end()).toThrow(PolicyFailure);
    expect([gate.closed, gate.releasedLength]).toEqual([true, 1]);
  });
});
