/** The built-in policy `pattern`, option by option. */
import { describe, expect, test } from 'vitest';
import { pattern } from '../../policy/pattern.ts';
import { readPolicy } from '../../policy/read-policy.ts';
import { gateOf, play } from '../gate/playing.ts';

function made(options: object) {
  return readPolicy(pattern, { options });
}

const PHRASE = 'the quick brown fox jumps over the lazy dog now';
const CYRILLIC = 'слово и '.repeat(50).trim();
const MESSAGE = { agent: 'a', chat: 'c', run: 'r', role: 'user' } as const;

describe('answers', () => {
  test.each<[string, object, string, string]>([
    ['a literal', { literals: ['bad'] }, 'so bad', 'so '],
    ['a literal in other capitals is another', { literals: ['bad'] }, 'so BAD', 'so BAD'],
    ['unless they are ignored', { literals: ['bad'], ignoreCase: true }, 'so BaD', 'so '],
    ['characters between', { literals: ['bad'], ignore: ' -' }, 'so b - ad', 'so '],
    ['more of them than allowed', { literals: ['bad'], ignore: ' -', ignoreAtMost: 2 }, 'so b - ad', 'so b - ad'],
    ['a long one', { literals: ['confidential plan'], ignore: '-]^\\' }, 'a con-fid^ential\\ pl]an', 'a '],
    [
      'ẞ for ß, ſ for s, the Kelvin sign for k',
      { literals: ['straße kurs'], ignoreCase: true },
      'a STRAẞE \u212Aurſ',
      'a ',
    ],
    ['a letter with its accent apart is another', { literals: ['é'], ignoreCase: true }, 'e\u0301', 'e\u0301'],
    ['one of 47 characters, some ignored', { literals: [PHRASE], ignore: '-._' }, `a ${[...PHRASE].join('-')}`, 'a '],
    ['one of 400 Cyrillic letters', { literals: [CYRILLIC], ignoreCase: true }, `a ${CYRILLIC.toUpperCase()}`, 'a '],
    ['an expression', { expressions: ['\\bx{2,4}\\b'] }, 'axx xxx', 'axx '],
    ['with flags', { expressions: [{ source: '^bad', flags: 'mi' }] }, 'a\nBad?', 'a\n'],
    ['only messages', { literals: ['bad'], lookIn: ['messages'] }, 'so bad', 'so bad'],
  ])('%s', (_, options, text, released) => {
    const gate = gateOf([made({ action: 'cut', ...options })]);
    expect(play(gate, text.split('')).released).toBe(released);
  });
});

describe('messages', () => {
  const judge = (options: object, content: string) => made(options).onMessage?.({ ...MESSAGE, content });

  test('the leftmost match decides, and the correction names it without quoting what was found', () => {
    const options = { literals: ['worse'], expressions: ['ba[dt]'] };
    expect(judge(options, 'bat or worse')).toEqual([{ action: 'interject', text: 'Answer without /ba[dt]/.' }]);
    expect(judge(options, 'worse or bat')).toEqual([{ action: 'interject', text: 'Answer without "worse".' }]);
    const ignoring = { literals: ['so bad'], ignoreCase: true, ignore: '-' };
    expect(judge(ignoring, 'So B-ad')).toEqual([{ action: 'interject', text: 'Answer without "so bad".' }]);
    expect(judge(options, 'fine')).toEqual([]);
  });

  test.each(['cut', 'block', 'pause'])('%s, with the reason', (action) => {
    expect(judge({ literals: ['bad'], action, reason: 'No.' }, 'bad')).toEqual([{ action, reason: 'No.' }]);
    expect(judge({ literals: ['bad'], action }, 'bad')).toEqual([{ action, reason: 'it contains "bad"' }]);
  });

  test('redact: every match', () => {
    expect(judge({ literals: ['bad'], action: 'redact', mask: '***' }, 'bad bad')).toEqual([
      { action: 'redact', from: 0, to: 3, mask: '***' },
      { action: 'redact', from: 4, to: 7, mask: '***' },
    ]);
  });

  test('are not judged where only answers are', () => {
    expect(made({ literals: ['bad'], lookIn: ['answers'] }).onMessage).toBeUndefined();
  });
});

describe('options that are refused', () => {
  test.each<[object, string]>([
    [{}, 'give literals or expressions'],
    [{ literals: [''] }, 'options.literals[0]'],
    [{ expressions: ['('] }, 'options.expressions[0]'],
    [{ expressions: ['a+'] }, 'options.expressions[0]: "a+" has no greatest length'],
    [{ expressions: ['a+'], lookIn: ['messages'] }, '"a+" has no greatest length'],
    [{ literals: ['a'], action: 'terminate' }, 'options.action'],
    [{ literals: ['a'], ignore: 'x', ignoreAtMost: 11 }, 'options.ignoreAtMost'],
  ])('%j: %s', (options, reason) => {
    expect(() => made(options)).toThrow(reason);
  });
});
