/** What counts as a letter in an answer, and what does not. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readLetters } from '../../../supervisor/mailbox/letters.ts';

const CONTACTS = ['reviewer', 'tester'];

/** `name: content` for each letter. */
function letters(answer: string, contacts: readonly string[] = CONTACTS): string[] {
  return readLetters(answer, contacts).letters.map(({ to, content }) => `${to}: ${content}`);
}

test.each([
  ['a line', '@reviewer: Is this right?', ['reviewer: Is this right?']],
  ['after other text', 'Well.\n\n@reviewer: Look.', ['reviewer: Look.']],
  ['several lines, empty ones among them', '@reviewer: One\n\ntwo\nthree\n\n', ['reviewer: One\n\ntwo\nthree']],
  ['its text begins in the next line', '@reviewer:\n\n    code\nprose', ['reviewer:     code\nprose']],
  ['two', '@reviewer: A\n@tester: B', ['reviewer: A', 'tester: B']],
  ['broadcast', '@all: Hello.', ['reviewer: Hello.', 'tester: Hello.']],
  ['to one and to all: one letter each', '@tester: A\n@all: B\n@tester: C', ['tester: A\n\nB\n\nC', 'reviewer: B']],
  ['the rest is for the reader', '@reviewer: A\n@user: Now to you.', ['reviewer: A']],
  ['in bold', '**@reviewer:** A\n***@tester***: B', ['reviewer: A', 'tester: B']],
  ['a wide colon, capitals, no space', '@Reviewer：A\n@TESTER:B', ['reviewer: A', 'tester: B']],
  ['three spaces', '   @reviewer: A', ['reviewer: A']],
  ['lines that end as on Windows', '@reviewer: A\r\nB\r\n@tester: C\r\n', ['reviewer: A\nB', 'tester: C']],
  ['with a fence in it', '@reviewer: A\n```\n@tester: no\n```\nB', ['reviewer: A\n```\n@tester: no\n```\nB']],
  ['after a fence', '```js\n@tester: no\n```\n@tester: yes', ['tester: yes']],
  ['a code span is no fence', '```a``` b\n@tester: yes', ['tester: yes']],
  ['a longer fence is closed by its like', '````\n```\n@tester: no\n````\n@tester: yes', ['tester: yes']],
  ['a tilde fence is not closed by backticks', '~~~\n```\n@tester: no\n~~~\n@tester: yes', ['tester: yes']],
])('a letter: %s', (_, answer, expected) => {
  expect(letters(answer)).toEqual(expected);
});

test.each([
  ['nobody is addressed', 'I shall ask reviewer: is this right?'],
  ['in the middle of a line', 'Ask @reviewer: is this right?'],
  ['no colon', '@reviewer is this right?'],
  ['nothing in it', '@reviewer:\n \n@tester: '],
  ['a quotation', '> @reviewer: Is this right?'],
  ['a list', '- @reviewer: will look'],
  ['indented code', '    @reviewer: Is this right?'],
  ['a fence', '```\n@reviewer: Is this right?\n```'],
  ['a fence in a list, never closed', '1. so:\n   ~~~ts\n   @reviewer: Is this right?'],
  ['half in bold', '**@reviewer: A'],
  ['for the reader', '@user: Hello.'],
])('no letter: %s', (_, answer) => {
  expect(readLetters(answer, CONTACTS)).toEqual({ letters: [], strangers: [] });
});

describe('somebody who is no contact', () => {
  test('gets nothing, is named once, and ends the letter before', () => {
    const answer = '@reviewer: A\n@Boss: not for you\n@boss: nor this\n@tester: B';
    expect(readLetters(answer, CONTACTS)).toEqual({
      letters: [
        { to: 'reviewer', content: 'A' },
        { to: 'tester', content: 'B' },
      ],
      strangers: ['boss'],
    });
  });

  test('is a name with a space behind it: rules of a style sheet and ports are text', () => {
    const answer = '@reviewer: A\n@media:print\n@host:8080';
    expect(readLetters(answer, CONTACTS)).toEqual({
      letters: [{ to: 'reviewer', content: answer.slice(11) }],
      strangers: [],
    });
  });

  test('the first five are named', () => {
    const answer = Array.from({ length: 9 }, (_, index) => `@n${index}: x`).join('\n');
    expect(readLetters(answer, CONTACTS).strangers).toEqual(['n0', 'n1', 'n2', 'n3', 'n4']);
  });
});

/** Lines that a parser may stumble over, and others. */
const line = fc.oneof(
  fc.constantFrom(
    '@reviewer: a',
    '@tester:',
    '@all: b',
    '@user: c',
    '@boss: d',
    '```',
    '~~~',
    '> @tester: e',
    '',
    '  ',
  ),
  fc.string({ maxLength: 12 }),
);
const text = fc.array(line, { maxLength: 20 }).map((lines) => lines.join('\n'));

test('at most one letter for each contact, never an empty one, and nothing that the answer does not say', () => {
  fc.assert(
    fc.property(text, (answer) => {
      const read = readLetters(answer, CONTACTS).letters;
      expect(new Set(read.map(({ to }) => to)).size).toBe(read.length);
      for (const { to, content } of read) {
        expect(CONTACTS).toContain(to);
        expect(content.trim()).not.toBe('');
        for (const said of content.split(/\r?\n/)) expect(answer).toContain(said);
      }
    }),
  );
});

test('text without an @ at the beginning of a line is nobody’s, and whatever is fenced or quoted', () => {
  fc.assert(
    fc.property(text, (any) => {
      const nothing = { letters: [], strangers: [] };
      expect(readLetters(any.replaceAll('@', ''), CONTACTS)).toEqual(nothing);
      expect(readLetters(any.replace(/^/gm, '> '), CONTACTS)).toEqual(nothing);
      expect(readLetters(`\`\`\`\`\`\`\`\`\n${any.replaceAll('`', '')}\n\`\`\`\`\`\`\`\``, CONTACTS)).toEqual(nothing);
      expect(readLetters(any, []).letters).toEqual([]);
    }),
  );
});

test('what is written to a contact arrives as it is written', () => {
  const word = fc.stringMatching(/^[\p{L}\p{N} .,!]{0,20}$/u);
  const content = fc
    .array(word, { minLength: 1, maxLength: 5 })
    .map((lines) => lines.join('\n').trim())
    .filter((written) => written !== '');
  fc.assert(
    fc.property(word, content, content, (before, first, second) => {
      const answer = `${before}\n@tester: ${first}\n\n@reviewer: ${second}\n@user: ${before}`;
      expect(letters(answer)).toEqual([`tester: ${first}`, `reviewer: ${second}`]);
    }),
  );
});

test('an answer that writes to all again and again costs no time', () => {
  const everybody = Array.from({ length: 60 }, (_, index) => `a${index}`);
  const before = performance.now();
  expect(readLetters('@all: Hello.\n'.repeat(20_000), everybody).letters).toHaveLength(60);
  expect(performance.now() - before).toBeLessThan(5000);
});

test('a long line of marks costs no time', () => {
  const answer = `${'*'.repeat(200_000)}\n${' '.repeat(200_000)}\n${'`'.repeat(200_001)}\n@reviewer: A`;
  const before = performance.now();
  expect(letters(answer)).toEqual([]);
  expect(performance.now() - before).toBeLessThan(5000);
});
