/** A stream is searched as `matchAll` searches the whole text, however it is split; what is held back, expression by expression. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundPattern } from '../../policy/patterns/bounded-pattern.ts';
import type { PatternMatch, TextToJudge } from '../../policy/policy.ts';
import { ExpressionSearch } from '../../supervisor/gate/expression-search.ts';
import { Holdback } from '../../supervisor/gate/holdback.ts';
import { boundaryAt } from '../../supervisor/gate/surrogates.ts';
import { gateOf, listening, play } from './playing.ts';

const GRIN = '\u{1F600}';

const atom: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'A', ' ') },
  { weight: 2, arbitrary: fc.constantFrom('[ab]', '[^a]', '.', '\\w', '\\s', GRIN, '\\n') },
  { weight: 2, arbitrary: fc.constantFrom('\\b', '\\B', '^', '$') },
);

const { expression } = fc.letrec<{ expression: string; piece: string; quantified: string }>((tie) => ({
  expression: fc.oneof(
    { weight: 3, arbitrary: fc.array(tie('piece'), { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: fc.tuple(tie('expression'), tie('expression')).map((parts) => parts.join('|')) },
  ),
  piece: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    atom,
    tie('quantified'),
    fc.tuple(fc.constantFrom('?=', '?!', '?<=', '?<!'), tie('expression')).map(([kind, inner]) => `(${kind}${inner})`),
  ),
  quantified: fc
    .tuple(
      fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom('a', 'b', '[ab]', '.'),
        tie('expression').map((inner) => `(${inner})`),
      ),
      fc.constantFrom('', '?', '??', '{1,3}', '{2}', '{0,2}?', '{2,3}'),
    )
    .map((parts) => parts.join('')),
}));

const regexp = fc
  .tuple(expression, fc.constantFrom('u', 'iu', 'mu', 'su', 'ims', 'v'))
  .map(([source, flags]) => made(source, flags))
  .filter((one) => one !== undefined);

/** Undefined where the expression is refused; what is refused has a table of its own. */
function made(source: string, flags: string): RegExp | undefined {
  try {
    const whole = new RegExp(source, flags);
    // Only the counted ones: proving the others takes seconds.
    if (source.length > 40) return undefined;
    boundPattern(whole);
    return whole;
  } catch {
    return undefined;
  }
}

const pieces = fc.array(fc.oneof(fc.constantFrom('a', 'b'), fc.constantFrom('c', 'A', ' ', '\n', GRIN, 'ab')), {
  maxLength: 14,
});
const deltas = pieces.chain((list) =>
  fc.array(fc.boolean(), { minLength: list.length, maxLength: list.length }).map((ends) => {
    const split = [''];
    for (const [index, piece] of list.entries()) ends[index] ? split.push(piece) : split.push(split.pop() + piece);
    return split;
  }),
);

function nativeMatches(text: string, wanted: RegExp): [number, number][] {
  const found = [...text.matchAll(new RegExp(wanted.source, `${wanted.flags}g`))];
  return found.map((one) => [one.index, one.index + one[0].length]);
}

describe('however a text is split', () => {
  test('the matches are those of matchAll', () => {
    fc.assert(
      fc.property(regexp, deltas, (wanted, split) => {
        const search = new ExpressionSearch(boundPattern(wanted));
        for (const delta of split) search.feed(delta);
        search.finish();
        expect(search.undecided).toBe(0);
        expect(search.matches(0).map(({ from, to }) => [from, to])).toEqual(nativeMatches(split.join(''), wanted));
      }),
      { numRuns: 1000 },
    );
  });

  test('a cut releases the text before the first match, or all of it', () => {
    const judge = ({ match }: { match: PatternMatch | undefined }) =>
      match === undefined ? undefined : { action: 'cut' as const, reason: 'no' };
    fc.assert(
      fc.property(regexp, deltas, (wanted, split) => {
        const text = split.join('');
        const gate = gateOf([{ name: 'cutting', patterns: [wanted, 'cc'], onText: judge }]);
        const literal = text.indexOf('cc');
        const starts = [nativeMatches(text, wanted)[0]?.[0] ?? text.length, literal < 0 ? text.length : literal];
        expect(play(gate, split).released).toBe(text.slice(0, boundaryAt(text, Math.min(...starts))));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('what is held back after a text', () => {
  test.each<[RegExp, string, number]>([
    [/ERROR/, 'to err is human', 0],
    [/ERROR/, 'an ERRO', 4],
    [/ERROR/, 'an ERRAND', 0],
    [/error/i, 'an ErR', 3],
    [/a{1,5}b/, 'xaaa', 3],
    [/a{1,5}b/, 'xaaaaaaa', 5],
    [/a{1,5}b/, 'xaab', 0],
    [/\bx\b/, 'an x', 1],
    [/\bx\b/, 'an ax', 0],
    [/\bx\b/, 'an xy', 0],
    [/(?<=a)b/, 'xa', 0],
    [/(?<=a)bc/, 'ab', 1],
    [/(?<=a)bc/, 'xb', 0],
    [/a(?=bc)/, 'xab', 2],
    [/a(?=bc)/, 'xac', 0],
    [/a(?!b)/, 'xa', 1],
    [/^xy/, 'x', 1],
    [/^xy/, 'ax', 0],
    [/^xy/m, 'a\nx', 1],
    [/x$/, 'ax', 1],
    [/x$/, 'axy', 0],
    [/x$/m, 'x\n', 0],
    [/[0-9]{4}-[0-9]{2}/, 'in 2026-0', 6],
    [/cat|category/, 'a categ', 5],
    [/cat|dog/, 'a do', 2],
    [new RegExp(`${GRIN}!`, 'u'), `a${GRIN}`, 2],
    [new RegExp(`${GRIN}{2}`, 'u'), `a${GRIN}`, 2],
    [/foo.{0,3}bar/s, 'foo\n', 4],
    [/foo.{0,3}bar/s, 'foo1234', 0],
  ])('%s after %j: %d', (pattern, text, held) => {
    const holdback = new Holdback({ name: 'a', patterns: [pattern], onText: () => undefined });
    holdback.feed(text);
    expect(holdback.undecided).toBe(held);
    holdback.finish();
    expect(holdback.undecided).toBe(0);
  });
});

test('many lookarounds in a row are not tried in every combination', () => {
  const search = new ExpressionSearch(boundPattern(new RegExp(`${'(?!a)'.repeat(40)}(?<=z)x`)));
  for (const delta of ['a', 'b', 'zx', 'b']) search.feed(delta);
  expect(search.matches(0).map(({ from }) => from)).toEqual([3]);
});

describe('the end of a turn', () => {
  test('a match that only the end completes is told with an empty delta', () => {
    const seen: TextToJudge[] = [];
    expect(play(gateOf([listening(seen, { patterns: [/x$/] })]), ['ax']).released).toBe('ax');
    expect(seen.map(({ delta, match }) => [delta, match?.from])).toEqual([
      ['ax', undefined],
      ['', 1],
    ]);
  });

  test('a match that was told already is not told again', () => {
    const seen: TextToJudge[] = [];
    play(gateOf([listening(seen, { patterns: [/ab?/, 'a'] })]), ['xa']);
    expect(seen.map(({ delta }) => delta)).toEqual(['xa']);
  });
});

test('literals and expressions are told together, leftmost first', () => {
  const holdback = new Holdback({ name: 'a', patterns: ['cd', /b{2}/], onText: () => undefined });
  holdback.feed('abbcd bb');
  expect(holdback.matches(0).map(({ pattern, from, to }) => [pattern, from, to])).toEqual([
    ['/b{2}/', 1, 3],
    ['cd', 3, 5],
    ['/b{2}/', 6, 8],
  ]);
  expect(holdback.matches(5).map(({ from }) => from)).toEqual([6]);
});
