/** What is refused when a policy is loaded, and with which words. */
import { describe, expect, test } from 'vitest';
import { InvalidPolicyError, MAX_PATTERN_LENGTH, MAX_PATTERNS_LENGTH } from '../../policy/check-policy.ts';
import { definePolicy } from '../../policy/define-policy.ts';
import { readPolicy } from '../../policy/read-policy.ts';

const allow = () => undefined;

class ClassPolicy {
  name = 'from-a-class';
  onMessage() {
    return undefined;
  }
}

describe('accepted as they are', () => {
  test.each<[string, object]>([
    ['one hook', { name: 'a', onText: allow }],
    ['every field', { name: 'a-1', patterns: ['x'], holdback: 5, onMessage: allow, onText: allow, onTurnEnd: allow }],
    ['the turn held back', { name: 'a', holdback: 'turn', onTurnEnd: allow }],
    ['no holdback', { name: 'a', holdback: 0, onText: allow }],
    [
      'fields without a value',
      { name: 'a', patterns: undefined, holdback: undefined, onText: allow, onMessage: undefined },
    ],
    ['an astral pattern', { name: 'a', patterns: ['\u{1F600}'], onText: allow }],
    ['the longest pattern', { name: 'a', patterns: ['x'.repeat(MAX_PATTERN_LENGTH)], onText: allow }],
    ['the same pattern twice', { name: 'a', patterns: ['x', 'x'], onText: allow }],
    ['the longest name', { name: 'a'.repeat(40), onText: allow }],
    ['a review', { name: 'a', review: allow, reviewWhen: 'after', reviewDeadlineMs: 100, reviewBackends: ['big'] }],
    ['an instance of a class', new ClassPolicy()],
    ['an async hook, found out when it is called', { name: 'a', onText: async () => undefined }],
  ])('%s', (_, policy) => {
    expect(readPolicy(policy)).toBe(policy);
  });

  test('what definePolicy returns', () => {
    const policy = { name: 'a', onText: allow };
    expect(readPolicy(definePolicy(policy))).toBe(policy);
  });
});

describe('by another name', () => {
  class Counting {
    #count = 0;
    name = 'counting';
    onMessage() {
      this.#count++;
      return { action: 'block', reason: String(this.#count) };
    }
  }

  test('an instance of a class keeps what is its own', () => {
    const policy = readPolicy(new Counting(), { name: 'other' });
    const judge = () => policy.onMessage?.({ agent: 'a', chat: 'c', run: 'r', role: 'user', content: '' });
    expect([policy.name, judge(), judge()]).toMatchObject(['other', { reason: '1' }, { reason: '2' }]);
  });

  test('all that it has is checked', () => {
    const misspelt = { name: 'a', onText: allow, holdbak: 'turn' };
    expect(() => readPolicy(misspelt, { name: 'b' })).toThrow('unknown field "holdbak"; did you mean "holdback"?');
    const inherited = Object.create({ name: 'a', onText: allow, holdback: -1 });
    expect(() => readPolicy(inherited, { name: 'b' })).toThrow('"holdback" must be');
  });
});

describe('refused', () => {
  const tooMany = Array.from({ length: MAX_PATTERNS_LENGTH / MAX_PATTERN_LENGTH + 1 }, () =>
    'x'.repeat(MAX_PATTERN_LENGTH),
  );

  test.each<[unknown, string]>([
    [undefined, 'the default export must be a policy object, it is missing'],
    [null, 'the default export must be a policy object, it is null'],
    [allow, 'the default export must be a policy object, it is a function'],
    [[], 'the default export must be a policy object, it is a list'],
    ['error-keyword', 'the default export must be a policy object, it is "error-keyword"'],
    [{}, '"name" must be text, it is missing'],
    [{ name: 7, onText: allow }, '"name" must be text, it is 7'],
    [
      { name: 'No Error', onText: allow },
      'the name "No Error" must be lower-case letters, digits and dashes (at most 40)',
    ],
    [{ name: '', onText: allow }, 'the name "" must be'],
    [{ name: 'a'.repeat(41), onText: allow }, 'must be lower-case letters, digits and dashes (at most 40)'],
    [{ name: 'person', onText: allow }, 'the name "person" is taken: it stands for people'],
    [{ name: 'a', onText: allow, agents: [] }, '"agents" is an empty list: it would judge nobody; leave it out'],
    [{ name: 'a' }, 'it has none of the hooks onMessage, onText, onTurnEnd'],
    [{ name: 'a', onText: undefined }, 'it has none of the hooks'],
    [{ name: 'a', onText: 'x' }, '"onText" must be a function, it is "x"'],
    [{ name: 'a', onText: allow, onMessage: {} }, '"onMessage" must be a function, it is an object'],
    [{ name: 'a', onText: null }, '"onText" must be a function, it is null'],
    [{ name: 'a', ontext: allow }, 'unknown field "ontext"; did you mean "onText"?'],
    [{ name: 'a', onText: allow, pattern: ['x'] }, 'unknown field "pattern"; did you mean "patterns"?'],
    [{ name: 'a', onText: allow, onTrunEnd: allow }, 'unknown field "onTrunEnd"; did you mean "onTurnEnd"?'],
    [
      { name: 'a', onText: allow, version: 1 },
      'unknown field "version"; known are name, agents, onFailure, patterns, holdback, onMessage, onText, onTurnEnd, onError, review, reviewWhen, reviewDeadlineMs, reviewBackends',
    ],
    [{ name: 'a', onText: allow, patterns: 'ERROR' }, '"patterns" must be a list, it is "ERROR"'],
    [{ name: 'a', onText: allow, patterns: [] }, '"patterns" is an empty list; leave it out'],
    [{ name: 'a', onMessage: allow, patterns: ['x'] }, '"patterns" without "onText": nobody would judge a match'],
    [{ name: 'a', onText: allow, patterns: ['x', ''] }, '"patterns[1]" is empty: it would match everywhere'],
    [
      { name: 'a', onText: allow, patterns: [/x+/] },
      '"patterns[0]" is refused, /x+/: "x+" has no greatest length; give it one, for example "x{1,40}"',
    ],
    [
      { name: 'a', onText: allow, patterns: new Array(1) },
      '"patterns[0]" must be text or a regular expression, it is missing',
    ],
    [
      { name: 'a', onText: allow, patterns: ['x\uD83D'] },
      '"patterns[0]" holds half a surrogate pair: it could never match',
    ],
    [{ name: 'a', onText: allow, patterns: ['\uDE00'] }, '"patterns[0]" holds half a surrogate pair'],
    [
      { name: 'a', onText: allow, patterns: ['x'.repeat(501)] },
      '"patterns[0]" has 501 characters, at most 500 are allowed',
    ],
    [
      { name: 'a', onText: allow, patterns: tooMany },
      '"patterns" has 100500 characters in all, at most 100000 are allowed',
    ],
    [
      { name: 'a', onText: allow, holdback: -1 },
      `"holdback" must be a whole number of characters from 0, or 'turn'; it is -1`,
    ],
    [{ name: 'a', review: 'x' }, '"review" must be a function, it is "x"'],
    [{ name: 'a', onText: allow, reviewWhen: 'after' }, '"reviewWhen" without "review"'],
    [{ name: 'a', review: allow, reviewWhen: 'then' }, `"reviewWhen" must be 'before' or 'after', it is "then"`],
    ...[99, 3_600_001, 100.5, Number.NaN, '1000', null].map((reviewDeadlineMs): [unknown, string] => [
      { name: 'a', review: allow, reviewDeadlineMs },
      `"reviewDeadlineMs" must be a whole number of milliseconds from 100 to 3600000, it is`,
    ]),
    [{ name: 'a', review: allow, reviewBackends: 'big' }, '"reviewBackends" must be a list of names, it is "big"'],
    [{ name: 'a', review: allow, reviewBackends: [7] }, '"reviewBackends" must be a list of names'],
    [{ name: 'a', onText: allow, holdback: 1.5 }, '"holdback" must be a whole number'],
    [{ name: 'a', onText: allow, holdback: Number.NaN }, '"holdback" must be a whole number'],
    [{ name: 'a', onText: allow, holdback: Number.POSITIVE_INFINITY }, '"holdback" must be a whole number'],
    [{ name: 'a', onText: allow, holdback: 'all' }, '"holdback" must be a whole number'],
    [
      { name: 'a', onMessage: allow, holdback: 5 },
      '"holdback" without "onText" or "onTurnEnd": nobody would judge what is held back',
    ],
  ])('%j: %s', (value, words) => {
    expect(() => readPolicy(value)).toThrow(InvalidPolicyError);
    expect(() => readPolicy(value)).toThrow(words);
  });
});
