/** Tokens: lossless, whole characters, words with the space before them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ModelMessage } from '../../../agent/backend/backend.ts';
import { renderPrompt } from '../../../agent/backend/simulator/chat-template.ts';
import { commonTokens, promptTokens, tokenId, tokenize } from '../../../agent/backend/simulator/tokens.ts';

const chatTokens = (...messages: ModelMessage[]) => promptTokens(renderPrompt('any', messages));

test('words come with the space before them', () => {
  expect(tokenize('over number, 12 "nights"\n\n  late')).toEqual([
    'over',
    ' number',
    ',',
    ' 12',
    ' "',
    'nights',
    '"',
    '\n',
    '\n',
    ' ',
    ' late',
  ]);
});

test('tokens joined are the text, and hold whole characters', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const tokens = tokenize(text);
      expect(tokens.join('')).toBe(text);
      for (const token of tokens) expect(token).toMatch(/^\P{Surrogate}+$/u);
    }),
  );
});

test('long words are several tokens', () => {
  expect(tokenize('a'.repeat(40)).map(({ length }) => length)).toEqual([16, 16, 8]);
});

test('a token has one number', () => {
  expect(tokenId(' agent')).toBe(tokenId(' agent'));
  expect(new Set(['the', ' agent', ' model'].map(tokenId)).size).toBe(3);
});

test('a longer chat begins with the tokens of the shorter one', () => {
  const first = chatTokens({ role: 'user', content: 'hello there' });
  const second = chatTokens(
    { role: 'user', content: 'hello there' },
    { role: 'assistant', content: 'hi' },
    { role: 'user', content: 'more' },
  );
  expect(commonTokens(first, second)).toBe(first.length);
  expect(commonTokens(second, [])).toBe(0);
});

test('control words are one token each, and the tokens joined are the prompt', () => {
  const prompt = renderPrompt('any', [{ role: 'user', content: 'hello' }]);
  expect(promptTokens(prompt)).toEqual([
    '<|im_start|>',
    'user',
    '\n',
    'hello',
    '<|im_end|>',
    '\n',
    '<|im_start|>',
    'assistant',
    '\n',
  ]);
});
