/** When a prompt counts as cut: certain cuts are said, prompts that fitted never are, also on servers that do not count their cache. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countCharacters, findCut, mayBeCut } from '../../agent/backend/cut-prompt.ts';

const isCut = (count: { characters: number; tokens: number | undefined }, context: number | undefined) =>
  findCut({ ...count, answerTokens: 0 }, context) !== undefined;

/** Characters of ordinary text that is so many tokens. */
const text = (tokens: number, charactersPerToken = 4.4) => Math.round(tokens * charactersPerToken);

describe('cut', () => {
  test.each([
    ['to the whole context, as up to 0.12.5', { characters: text(600), tokens: 512 }, 512],
    ['to the whole context of 4096', { characters: text(5000), tokens: 4096 }, 4096],
    ['to half of the context', { characters: text(3000), tokens: 1026 }, 2048],
    ['by leaving out old messages', { characters: text(9000), tokens: 2500 }, 4096],
    ['although the count is missing', { characters: text(9000), tokens: undefined }, 4096],
    ['to a default context of a server that does not say it', { characters: text(5000), tokens: 4096 }, undefined],
    ['in Chinese', { characters: text(6000, 1.5), tokens: 4096 }, 4096],
  ])('%s', (_, count, context) => {
    expect(isCut(count, context)).toBe(true);
    expect(mayBeCut({ ...count, answerTokens: 0 }, context)).toBe(true);
  });
});

describe('not cut', () => {
  test.each([
    ['short', { characters: text(100), tokens: 130 }, 4096],
    ['nearly full', { characters: text(4000), tokens: 4050 }, 4096],
    ['fits, and most of it was cached and not counted', { characters: text(4000), tokens: 12 }, 4096],
    ['fits, and the count is missing', { characters: text(4000), tokens: undefined }, 4096],
    ['one that nobody can judge', { characters: text(9000), tokens: 3000 }, undefined],
    ['words that are longer than usual', { characters: text(3000, 5.9), tokens: 3000 }, 4096],
  ])('%s', (_, count, context) => {
    expect(isCut(count, context)).toBe(false);
  });

  test('whatever fits into the context, however much of it a server leaves out of its count', () => {
    const contexts = fc.integer({ min: 512, max: 131072 });
    fc.assert(
      fc.property(
        contexts,
        fc.double({ min: 0, max: 0.99 }),
        fc.double({ min: 0, max: 1 }),
        (context, fill, cached) => {
          const whole = Math.floor((context - 2) * fill);
          const tokens = Math.floor(whole * (1 - cached));
          expect(isCut({ characters: text(whole), tokens }, context)).toBe(false);
        },
      ),
    );
  });

  test('nobody needs to ask about an ordinary short conversation', () => {
    expect(mayBeCut({ characters: text(1500), tokens: 1500, answerTokens: 100 })).toBe(false);
    expect(mayBeCut({ characters: text(1500), tokens: undefined, answerTokens: 0 })).toBe(false);
    expect(mayBeCut({ characters: text(300), tokens: 300, answerTokens: 100 }, 512)).toBe(false);
  });
});

describe('dropped while the answer was written', () => {
  test.each([
    ['the answer went beyond the context, as up to 0.12.5', 496, 30, 'during'],
    ['it filled the context and ended', 61, 451, undefined],
    ['the same, miscounted by one, as by 0.12.6', 61, 452, undefined],
  ] as const)('%s', (_, tokens, answerTokens, expected) => {
    const count = { characters: text(tokens), tokens, answerTokens };
    expect(findCut(count, 512)).toBe(expected);
    expect(mayBeCut(count, 512)).toBe(true);
  });
});

test('a run of one character, which may be a single token, counts once', () => {
  const messages = [{ content: `a${' '.repeat(500)}b` }, { content: '='.repeat(80) }, { content: 'hello\n\n' }];
  expect(countCharacters(messages)).toBe(3 + 1 + 7);
});
