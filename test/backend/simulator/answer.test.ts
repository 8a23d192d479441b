/** What the simulator says: to the letter when told, sensibly when not, and otherwise after a correction. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ModelMessage } from '../../../agent/backend/backend.ts';
import { CORRECTION_MARK } from '../../../agent/backend/correction-mark.ts';
import { planAnswer } from '../../../agent/backend/simulator/answer.ts';

const user = (content: string): ModelMessage => ({ role: 'user', content });
const assistant = (content: string): ModelMessage => ({ role: 'assistant', content });
const system = (content: string): ModelMessage => ({ role: 'system', content });
const corrected = (message: string, ...corrections: string[]) => user([message, ...corrections].join(CORRECTION_MARK));

const textOf = (...messages: ModelMessage[]) => planAnswer(messages, 1).text;

describe('told what to say', () => {
  test.each([
    ['say: hello', 'hello'],
    ['say:hello', 'hello'],
    ['say:  two spaces ', ' two spaces '],
    ['say: first\nsay: second', 'first\nsay: second'],
    ['say: ', ''],
    [`say-coded: ${Buffer.from('Grüße 😀 ERROR').toString('hex')}`, 'Grüße 😀 ERROR'],
    [`say-coded: ${Buffer.from('upper').toString('hex').toUpperCase()}\n`, 'upper'],
    ['think: hm\nsay: hello', 'hello'],
    ['Message from planner:\n\nsay: hello', 'hello'],
    ['fault: hang 2\nthink: hm\nsay: hello', 'hello'],
  ])('%j', (message, text) => {
    expect(textOf(system('be nice'), user(message))).toBe(text);
  });

  test('thinking and failing', () => {
    expect(planAnswer([user('think: one moment\nsay: hello')], 1)).toEqual({
      fault: undefined,
      isScripted: true,
      reasoning: 'one moment',
      text: 'hello',
    });
    expect(planAnswer([user('fault: truncate 7\nsay: hello')], 1).fault).toEqual({ kind: 'truncate', afterTokens: 7 });
    expect(planAnswer([user('fault: 503\nsay: hello')], 1).fault).toEqual({ kind: '503' });
  });

  test('what is no directive is a message like others', () => {
    for (const message of ['say-coded: zz', 'fault: lightning\nsay: x', 'please say: x']) {
      expect(planAnswer([user(message)], 1).fault).toBeUndefined();
      expect(textOf(user(message))).toMatch(/^\p{Lu}.*[.?]$/su);
    }
  });
});

describe('small talk', () => {
  test('is about what the message is about', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const { text } = planAnswer([user('What do you know about volcanoes?')], seed);
      expect(text.toLowerCase()).toContain('volcanoes');
      expect(text).toMatch(/^\p{Lu}.*\.$/su);
      expect(text.split(/\s+/).length).toBeLessThan(60);
    }
  });

  test('is the same for the same messages and seed, and not always the same', () => {
    const messages = [system('s'), user('tell me about rivers')];
    expect(planAnswer(messages, 5)).toEqual(planAnswer(messages, 5));
    const seeds = Array.from({ length: 40 }, (_, seed) => planAnswer(messages, seed).text);
    expect(new Set(seeds).size).toBeGreaterThan(3);
    const systems = Array.from({ length: 40 }, (_, index) =>
      textOf(system(`prompt ${index}`), user('tell me about rivers')),
    );
    expect(new Set(systems).size).toBeGreaterThan(3);
  });

  test('has something to say to nothing', () => {
    expect(textOf(user(''))).toMatch(/\w/);
    expect(planAnswer([], 1).text).toMatch(/\w/);
  });
});

describe('a correction after a cut', () => {
  const ask = user('say: The answer is ERROR today.');

  test('leaves out what it quotes, whatever the case', () => {
    expect(textOf(ask, assistant('The answer is '), user('Do not say "error".'))).toBe('The answer is today.');
    expect(textOf(ask, assistant('The answer is'), user('Leave out "ANSWER" and "error", please.'))).toBe(
      'The is today.',
    );
  });

  test('leaves out the word at the cut when it quotes nothing that is there', () => {
    expect(textOf(ask, assistant('The answer is '), user('Say it without that word.'))).toBe('The answer is today.');
    expect(textOf(ask, assistant('The answer is'), user('Say it without "that word".'))).toBe('The answer is today.');
    const twice = user('say: BAD-word is a BAD-word, well.');
    expect(textOf(twice, assistant('BAD-word is a '), user('No.'))).toBe('is a , well.');
    expect(textOf(user('say: well ... so'), assistant('well '), user('No.'))).toBe('well so');
    expect(textOf(user('say: myERROR here'), assistant('my'), user('No.'))).toBe('my here');
  });

  test('keeps double spaces that were there and leaves none behind', () => {
    expect(textOf(user('say: a  b ERROR ERROR c'), assistant('a  b '), user('not "ERROR"'))).toBe('a  b c');
    expect(textOf(user('say: ERROR first'), assistant('ERR'), user('not "ERROR"'))).toBe('first');
  });

  test('an answer of which nothing is left becomes a short sentence without it', () => {
    expect(textOf(corrected('say: ERROR', 'no "ERROR"'))).toMatch(/^\p{Lu}.*\.$/u);
    expect(textOf(corrected('say: will', 'no "will", "understood"'))).toBe('All right.');
  });

  test('without a prefix is joined to the message; several are followed in their order', () => {
    expect(textOf(corrected('say: one ERROR two', 'no "ERROR"'))).toBe('one two');
    expect(textOf(corrected('say: ERROR one two', 'not that'))).toBe('one two');
    expect(textOf(corrected('say: one two three', 'no "one"', 'nor "three"'))).toBe('two');
    expect(textOf(corrected('say: one two three', 'not that', 'not that'))).toBe('three');
  });

  test('again after the next cut, with and without a prefix', () => {
    const first = [user('say: a BAD b WORSE c'), assistant('a '), user('no "BAD"')];
    expect(textOf(...first)).toBe('a b WORSE c');
    expect(textOf(...first, assistant('a b '), user('not that'))).toBe('a b c');
    expect(textOf(user('say: a BAD b WORSE c'), assistant('a '), corrected('no "BAD"', 'no "WORSE"'))).toBe('a b c');
    expect(textOf(corrected('say: flagged a BAD b', 'no "flagged"'), assistant('a '), user('not that'))).toBe('a b');
  });

  test('of coded text and of thoughts', () => {
    const coded = `say-coded: ${Buffer.from('it is ERROR here').toString('hex')}`;
    expect(textOf(user(coded), assistant('it is'), user('no "ERROR"'))).toBe('it is here');
    const thinking = 'think: hm ERROR hm\nsay: fine ERROR';
    expect(planAnswer([corrected(thinking, 'no "error"')], 1)).toMatchObject({ reasoning: 'hm hm', text: 'fine' });
    expect(planAnswer([corrected(thinking, 'not so')], 1)).toMatchObject({ reasoning: '', text: 'fine ERROR' });
    expect(planAnswer([corrected(thinking, 'not so', 'nor so')], 1)).toMatchObject({ reasoning: '', text: 'ERROR' });
  });

  test('of small talk', () => {
    const message = user('Tell me about volcanoes');
    const said = textOf(message);
    const prefix = said.slice(0, said.indexOf('volcanoes'));
    expect(textOf(message, assistant(prefix), user('Do not mention "volcanoes".')).toLowerCase()).not.toContain(
      'volcanoes',
    );
    expect(textOf(corrected('Tell me about volcanoes', 'no "Volcanoes"')).toLowerCase()).not.toContain('volcanoes');
  });

  test('a message after a whole answer is no correction', () => {
    const before = [user('say: hello there'), assistant('hello there')];
    expect(textOf(...before, user('say: next'))).toBe('next');
    expect(textOf(...before, user('What about "there"?'))).not.toBe('hello');
    expect(textOf(user('say: hello there'), assistant('hello'), user('say: next'))).toBe('next');
  });

  test('a begun answer is continued', () => {
    expect(textOf(user('say: one two three'), assistant('one two'))).toBe(' three');
    expect(textOf(corrected('say: one BAD three', 'not that'), assistant('one'))).toBe(' three');
    expect(textOf(user('say: one'), assistant('something else'))).toBe('one');
  });
});

describe('for any text', () => {
  const words = fc.array(fc.constantFrom('alpha', 'Beta', 'ERROR', 'error-code', 'x', '42', 'e\u0301', '😀'), {
    minLength: 1,
    maxLength: 12,
  });

  test('a quoted phrase is gone after the correction, wherever the answer was cut', () => {
    fc.assert(
      fc.property(words, fc.nat(60), fc.constantFrom('error', 'ALPHA', 'x', '42', '😀'), (said, cut, phrase) => {
        const text = said.join(' ');
        const prefix = text.slice(0, cut % text.length).replace(/[\ud800-\udbff]$/, '');
        const correction = `Say it without "${phrase}".`;
        const answer =
          prefix.trim() === ''
            ? textOf(corrected(`say: ${text}`, correction))
            : textOf(user(`say: ${text}`), assistant(prefix), user(correction));
        if (text.toLowerCase().includes(phrase.toLowerCase()))
          expect(answer.toLowerCase()).not.toContain(phrase.toLowerCase());
        expect(answer).not.toBe('');
        expect(answer).not.toMatch(/ {2}/);
      }),
    );
  });
});

test('a new message after small talk that a person stopped is answered for itself', () => {
  const whole = planAnswer([user('Tell me about bridges')], 1).text;
  const stopped = { role: 'assistant' as const, content: whole.slice(0, 12) };
  const next = planAnswer([user('Tell me about bridges'), stopped, user('Tell me about tunnels')], 1).text;
  expect(next.toLowerCase()).toContain('tunnels');
  expect(next.toLowerCase()).not.toContain('bridges');
});
