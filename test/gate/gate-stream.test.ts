/** What the gate holds back, releases and tells its policies, rule by rule. */
import { describe, expect, test } from 'vitest';
import { errorKeyword } from '../../policy/error-keyword.ts';
import type { Policy, TextToJudge, Verdict } from '../../policy/policy.ts';
import { gateOf, listening, objecting, PLACE, play } from './playing.ts';

const HUNDRED = 'x'.repeat(100);

describe('what is held back', () => {
  const onTurnEnd = () => undefined;
  const onText = () => undefined;
  const table: { what: string; policies: Policy[]; text: string; released: number }[] = [
    { what: 'no policy: nothing', policies: [], text: HUNDRED, released: 100 },
    { what: 'only onMessage: nothing', policies: [{ name: 'a', onMessage: onText }], text: HUNDRED, released: 100 },
    { what: 'only onTurnEnd: nothing', policies: [{ name: 'a', onTurnEnd }], text: HUNDRED, released: 100 },
    { what: 'onText alone: 64', policies: [{ name: 'a', onText }], text: HUNDRED, released: 36 },
    { what: 'holdback 0: nothing', policies: [{ name: 'a', onText, holdback: 0 }], text: HUNDRED, released: 100 },
    { what: 'holdback 10', policies: [{ name: 'a', onText, holdback: 10 }], text: HUNDRED, released: 90 },
    {
      what: 'holdback without onText',
      policies: [{ name: 'a', onTurnEnd, holdback: 10 }],
      text: HUNDRED,
      released: 90,
    },
    { what: 'holdback beyond the text', policies: [{ name: 'a', onText, holdback: 101 }], text: HUNDRED, released: 0 },
    { what: 'the turn', policies: [{ name: 'a', onTurnEnd, holdback: 'turn' }], text: HUNDRED, released: 0 },
    { what: 'patterns in ordinary text: nothing', policies: [errorKeyword], text: 'To err is human', released: 15 },
    { what: 'what may become a pattern', policies: [errorKeyword], text: 'an ERRO', released: 3 },
    { what: 'what can no longer become one', policies: [errorKeyword], text: 'an ERRAND', released: 9 },
    {
      what: 'a shorter beginning inside a longer one',
      policies: [objecting('a', ['aab'])],
      text: 'aaaaa',
      released: 3,
    },
    {
      what: 'the end of an allowed match that may begin another',
      policies: [{ name: 'a', patterns: ['ab', 'baa'], onText }],
      text: 'ab',
      released: 1,
    },
    {
      what: 'patterns and holdback: the longer of the two',
      policies: [{ name: 'a', patterns: ['ERROR'], holdback: 2, onText }],
      text: 'an ERRO',
      released: 3,
    },
    {
      what: 'several policies: the longest',
      policies: [{ name: 'a', onText, holdback: 10 }, errorKeyword, { name: 'b', onText, holdback: 30 }],
      text: HUNDRED,
      released: 70,
    },
    {
      what: 'a count that ends inside a pair: one more',
      policies: [{ name: 'a', onText, holdback: 1 }],
      text: 'ab\u{1F600}',
      released: 2,
    },
  ];

  test.each(table)('$what', ({ policies, text, released }) => {
    const gate = gateOf(policies);
    expect(gate.push(text)).toEqual({ released: text.slice(0, released) });
    expect([gate.releasedLength, gate.heldLength, gate.closed]).toEqual([released, text.length - released, false]);
    expect(gate.end()).toEqual({ released: text.slice(released) });
    expect([gate.releasedLength, gate.heldLength, gate.closed]).toEqual([text.length, 0, true]);
  });
});

describe('the entrance', () => {
  test('a pair that is split over deltas comes out whole', () => {
    expect(play(gateOf([]), ['a\uD83D', '\uDE00b']).releases).toEqual(['a', '\u{1F600}b', '']);
  });

  test('lone surrogates become U+FFFD, one unit each', () => {
    expect(play(gateOf([]), ['\uDE00a\uD83D', 'b\uD83D\uD83D']).releases).toEqual([
      '\uFFFDa',
      '\uFFFDb\uFFFD',
      '\uFFFD',
    ]);
  });

  test('a high surrogate at the end of the turn is judged as what it becomes', () => {
    const { released, ruling } = play(gateOf([objecting('a', ['x\uFFFD'])]), ['abx\uD83D']);
    expect([released, ruling?.from, ruling?.decidedAt]).toEqual(['ab', 2, 4]);
  });

  test('nothing is judged while nothing new is certain', () => {
    const seen: TextToJudge[] = [];
    play(gateOf([listening(seen)]), ['', '\uD83D', '', '\uDE00']);
    expect(seen.map(({ text, delta }) => [text, delta])).toEqual([['\u{1F600}', '\u{1F600}']]);
  });
});

describe('what a policy is told', () => {
  test('the place, the text so far, the delta', () => {
    const seen: TextToJudge[] = [];
    play(gateOf([listening(seen)]), ['Hel', 'lo']);
    expect(seen).toEqual([
      { ...PLACE, text: 'Hel', delta: 'Hel', match: undefined, matches: [] },
      { ...PLACE, text: 'Hello', delta: 'lo', match: undefined, matches: [] },
    ]);
  });

  test('its own leftmost match that is not wholly released, again until it is', () => {
    const seen: TextToJudge[] = [];
    const keeping = listening([], { name: 'keeping', holdback: 4 });
    play(gateOf([keeping, listening(seen, { patterns: ['cd', 'abcd', 'zz'] })]), ['ab', 'cd', 'efg', 'h', 'zz']);
    const whole = { pattern: 'abcd', from: 0, to: 4 };
    expect(seen.map(({ match }) => match)).toEqual([
      undefined,
      whole,
      whole,
      whole,
      { pattern: 'zz', from: 8, to: 10 },
    ]);
  });

  test('of matches that start together, the one that was complete first', () => {
    const seen: TextToJudge[] = [];
    play(gateOf([listening(seen, { patterns: ['abc', 'ab'] })]), ['xabc']);
    expect(seen[0]?.match).toEqual({ pattern: 'ab', from: 1, to: 3 });
  });

  test('a match it allowed is released and forgotten', () => {
    const seen: TextToJudge[] = [];
    expect(play(gateOf([listening(seen, { patterns: ['ab'] })]), ['xab', 'y', 'ab']).released).toBe('xabyab');
    expect(seen.map(({ match }) => match?.from)).toEqual([1, undefined, 4]);
  });

  test('every policy in configuration order, also after one has objected', () => {
    const asked: string[] = [];
    const noting = (name: string, verdict?: Verdict): Policy => ({
      name,
      holdback: 0,
      onText: () => {
        asked.push(name);
        return verdict;
      },
    });
    play(gateOf([noting('one', { action: 'block', reason: 'No.' }), noting('two'), noting('three')]), ['a', 'b']);
    expect(asked).toEqual(['one', 'two', 'three']);
  });
});

describe('resuming', () => {
  test('what was released is neither judged nor released again, and offsets go on after it', () => {
    const seen: TextToJudge[] = [];
    const gate = gateOf([listening(seen, { patterns: ['ab'] })], { resumeFrom: 'xab' });
    expect([gate.text, gate.releasedLength, gate.heldLength]).toEqual(['xab', 3, 0]);
    expect(gate.push('-ab')).toEqual({ released: '-ab' });
    expect(seen).toMatchObject([{ text: 'xab-ab', delta: '-ab', match: { pattern: 'ab', from: 4, to: 6 } }]);
  });

  test('a match that began before is cut at the released offset', () => {
    const gate = gateOf([errorKeyword], { resumeFrom: 'an ERR' });
    expect(gate.push('O')).toEqual({ released: '' });
    expect(gate.push('R')).toMatchObject({ released: '', ruling: { from: 6, decidedAt: 8 } });
  });

  test('a beginning that comes to nothing is released', () => {
    const gate = gateOf([errorKeyword], { resumeFrom: 'an ERR' });
    expect(play(gate, ['O', 'L']).releases).toEqual(['', 'OL', '']);
  });

  test('a ruling does not wait for what could only start in released text', () => {
    const gate = gateOf([objecting('long', ['abcd']), objecting('short', ['c'])], { resumeFrom: 'ab' });
    expect(gate.push('c')).toMatchObject({ released: '', ruling: { policy: 'short', from: 2 } });
  });
});
